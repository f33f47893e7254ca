"""`helmert eval power`: what can a set of this size find, and how many queries does a margin need?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helmert.commands.outcome import Outcome
from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Measure, read_evalset, read_trec_run, score
from helmert.evaluation.pairing import Paired, pair
from helmert.evaluation.statistics import (
    TYPICAL_SPREADS,
    design_effect,
    detectable_difference,
    effective_queries,
    normal_quantile,
    queries_for_margin,
    queries_to_exclude_rare_losses,
    sd_of,
    weighted_mean,
)

MARGINS = (0.01, 0.02, 0.03, 0.05)
CORRELATIONS = {"siblings": 0.8, "unrelated": 0.45}
"""Of two systems' per-query recall: medians over public collections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How much differences vary between queries, by one account. Give at most one kind to `power`."""

    sd: float | None = None
    """Standard deviation of per-query differences, when it is known."""
    baseline: float | None = None
    """Recall of the system in use, one relevant document per query."""
    correlation: float | None = None
    """Of the two systems' values, with `baseline`; siblings and unrelated models when omitted."""
    pilot: tuple[Path, Path] | None = None
    """TREC runs of two systems on the evaluation set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Independent queries needed for one margin."""

    margin: float
    non_inferior: int
    """To show of equal systems that the candidate is not worse by the margin."""
    superior: int
    """To show of a candidate better by the margin that it is better."""
    enough: bool | None
    """The set has as many, for both; None when no set was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRow:
    """One kind of pair of systems."""

    pair: str
    sd: float
    detectable: float | None
    """The smallest true difference the set finds in four of five cases; None when no set was named."""
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerEstimated(Outcome):
    """What a set can find, before anything is embedded."""

    queries: int | None
    effective: float | None
    """Independent, equally weighted queries that the set is worth."""
    rows: tuple[PowerRow, ...]
    level: float
    power: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    queries: int | None
    effective: float | None
    notes: tuple[str, ...] = ()


def power(
    *,
    queries: int | None = None,
    evalset: Path | None = None,
    spread: Spread | None = None,
    margin: float | None = None,
    measure: str = "recall@10",
    level: float = 0.95,
    chance: float = 0.8,
) -> PowerEstimated:
    """Estimate what a set of queries can show. Needs no project, no model and no store.

    Args:
        queries: The number of queries, when there is no set yet.
        evalset: A set whose queries, weights and clusters count.
        spread: How much differences vary; without it the typical spreads of three kinds of pair.
        margin: One margin; without it 1, 2, 3 and 5 points.
        measure: For a pilot: which measure's differences.
        level: Of the two-sided interval, as the gate uses it.
        chance: The power: how often the answer should come.

    Raises:
        UsageError: Arguments that exclude each other or make no sense.
        NotFound: A file that does not exist.
    """
    if queries is not None and evalset is not None:
        raise UsageError("Give either a number of queries or an evaluation set.")
    given = spread or Spread()
    labelled = read_evalset(evalset) if evalset is not None else None
    size = _size(queries, labelled)
    if given.pilot is not None:
        size, spreads = _pilot(given.pilot, labelled, measure)
    else:
        spreads = _spreads(given, measure)
    margins = MARGINS if margin is None else (margin,)
    rows = tuple(_row(pair, sd, margins, size.effective, level, chance) for pair, sd in spreads)
    small = [need for row in rows for need in row.needs if need.enough is False]
    return PowerEstimated(
        queries=size.queries,
        effective=size.effective,
        rows=rows,
        level=level,
        power=chance,
        notes=size.notes,
        go=margin is None or not small,
        next_step=f"helmert evalset check {evalset}" if evalset else "helmert eval power --evalset PATH",
    )


def _size(queries: int | None, evalset: EvalSet | None) -> _Size:
    if evalset is None:
        if queries is not None and queries < 2:
            raise UsageError(f"Nothing can be found with fewer than 2 queries; got {queries}.")
        return _Size(queries=queries, effective=queries, notes=_warning(queries))
    count = len(evalset.answerable)
    if count < 2:
        raise UsageError(f"{evalset.name} has {count} queries with a relevant document; that finds nothing.")
    weights = np.ones(count) if evalset.weights is None else evalset.weights
    alike = float(weights.sum() ** 2 / np.square(weights).sum())
    notes = [] if alike > count - 0.5 else [f"Weights leave {alike:,.0f} of {count:,} queries."]
    effect = 1.0
    if evalset.clusters is not None:
        sizes = np.unique(np.array(evalset.clusters), return_counts=True)[1]
        effect = design_effect(sizes.tolist())
        notes.append(
            f"{count:,} queries stand in {sizes.size:,} clusters. Without a pilot, a design effect of {effect:.2f} is "
            "assumed: what clusters of this size had on other collections."
        )
    effective = alike / effect
    return _Size(queries=count, effective=effective, notes=(*notes, *_warning(effective)))


def _warning(effective: float | None) -> tuple[str, ...]:
    if effective is None or effective >= 30:
        return ()
    return ("With fewer than 30 independent queries neither intervals nor p-values are reliable.",)


def _spreads(given: Spread, measure: str) -> list[tuple[str, float]]:
    named = [name for name in ("sd", "baseline") if getattr(given, name) is not None]
    if len(named) > 1 or (given.correlation is not None and given.baseline is None):
        raise UsageError("Give either an sd, or a baseline with an optional correlation, or two pilot runs.")
    if given.sd is not None:
        return [("given", given.sd)]
    if given.baseline is not None:
        pairs = CORRELATIONS if given.correlation is None else {"given": given.correlation}
        return [(f"{name}, rho {rho:g}", sd_of(given.baseline, rho)) for name, rho in pairs.items()]
    asked = str(Measure.parse(measure))
    typical = [(f"{one.pair}, typical", one.middle) for one in TYPICAL_SPREADS if one.measure == asked]
    if not typical:
        known = sorted({one.measure for one in TYPICAL_SPREADS})
        raise UsageError(
            f"No typical spread is known for {asked}, only for {', '.join(known)}.",
            next_step="Give --sd, or two --pilot-runs.",
        )
    return typical


def _pilot(files: tuple[Path, Path], evalset: EvalSet | None, measure: str) -> tuple[_Size, list[tuple[str, float]]]:
    if evalset is None:
        raise UsageError("Pilot runs need the evaluation set they answer.", next_step="Give --evalset PATH.")
    chosen = Measure.parse(measure)
    one, two = (score(read_trec_run(file), evalset, [chosen]) for file in files)
    paired = pair(two, one, chosen)
    count = paired.differences.size
    if count < 2:
        raise UsageError(f"{evalset.name} has {count} queries with a relevant document; that is no pilot.")
    effective = effective_queries(paired.differences, paired.weights, paired.clusters)
    notes = [] if effective > count - 0.5 else [f"{count:,} queries are worth {effective:,.0f} independent ones."]
    sd = _pilot_spread(paired, effective)
    return (
        _Size(queries=count, effective=effective, notes=(*notes, *_warning(effective))),
        [(f"pilot, {chosen}", sd)],
    )


def _pilot_spread(paired: Paired, effective: float) -> float:
    """With the pseudo-queries of `paired_interval`: a pilot without any difference says little, not "no spread"."""
    added = (math.log(0.05) / normal_quantile(0.95)) ** 2
    d = paired.differences
    total = effective + added
    mean = effective * weighted_mean(d, paired.weights) / total
    square = (effective * weighted_mean(np.square(d), paired.weights) + added) / total
    return math.sqrt(max(square - mean * mean, 0.0))


def _row(
    pair: str, sd: float, margins: Sequence[float], effective: float | None, level: float, chance: float
) -> PowerRow:
    needs = []
    for margin in margins:
        equal = max(
            queries_for_margin(margin, sd, kind="non-inferior", level=level, power=chance, adjusted=True),
            queries_to_exclude_rare_losses(margin, level=level),
        )
        better = queries_for_margin(margin, sd, kind="superior", level=level, power=chance, adjusted=True)
        enough = None if effective is None else effective >= max(equal, better)
        needs.append(Need(margin=margin, non_inferior=equal, superior=better, enough=enough))
    found = (
        None
        if effective is None
        else detectable_difference(max(effective, 2.0), sd, level=level, power=chance, adjusted=True)
    )
    return PowerRow(pair=pair, sd=sd, detectable=found, needs=tuple(needs))

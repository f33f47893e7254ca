"""What the numbers allow to say: who is better than whom, who is best, and what may be chosen instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from helmert.evaluation import holm
from helmert.evaluation.statistics import shrink_best, split_queries
from helmert.selection import bm25
from helmert.selection.estimates import Design, contrast, differences
from helmert.selection.material import Material
from helmert.selection.scorecard import Choice, Contrast, Estimate
from helmert.selection.terms import Terms
from helmert.selection.trial import Trial

ALPHA = 0.05


def contrasts(trials: Sequence[Trial], reference: str, material: Material, terms: Terms) -> tuple[Contrast, ...]:
    """Every candidate against the reference under every measure, with Holm over all of them."""
    design = Design.of(material.evalset, terms.level)
    against = next(trial for trial in trials if trial.name == reference)
    found = [
        contrast((trial.name, reference), trial.scores, against.scores, measure, design)
        for trial in trials
        if trial.name != reference
        for measure in terms.shown
    ]
    adjusted = holm([each.p_value for each in found])
    return tuple(replace(each, adjusted_p=float(p)) for each, p in zip(found, adjusted, strict=True))


def choose(
    trials: Sequence[Trial], reference: str, material: Material, terms: Terms
) -> tuple[Choice | None, tuple[Contrast, ...]]:
    """The best dense candidate, those not shown to be worse, and whom to take; with the contrasts behind it.

    None where no model found anything relevant: then labels and documents do not belong together.

    Recommended is the cheapest candidate that is shown to lose less than the margin to the best. Not being shown to be
    worse is not enough: on few queries that is said of almost everybody.

    A candidate is shown to be worse than the best when its p-value times the number of such comparisons is at most
    0.05 (Bonferroni). Holm would be too bold here: the best was picked by the same numbers. With a holdout the best
    is chosen on one part of the queries and everything else is said on the other.
    """
    dense = [trial for trial in trials if trial.dense]
    if not any(_quality(trial, terms).value > 0.0 for trial in dense):
        return None, ()
    halves = _Halves.of(material, terms)
    best = max(dense, key=lambda trial: _mean(trial, halves.choosing, halves.on_choosing, terms))
    compared = tuple(_against_best(trials, best, halves, terms))
    worse = {each.candidate for each in compared if _standing(each) == "worse"}
    tied = [trial for trial in dense if trial is not best and trial.name not in worse]
    enough = [best, *_near(dense, best, halves, terms)]
    recommended = min(enough, key=lambda trial: (*_price(trial), -_quality(trial, terms).value, trial.name))
    observed = _mean(best, halves.choosing, halves.on_choosing, terms)
    choice = Choice(
        best=best.name,
        tied_with=tuple(trial.name for trial in tied),
        recommended=recommended.name,
        observed=observed,
        expected=_expected(dense, best, trials, halves, terms),
        confirmed=_confirmed(best, halves, terms),
    )
    told = _sentences(choice, best, compared, len(dense), halves, terms)
    return replace(choice, sentences=(*told, *_beside(choice, trials, reference, compared, terms))), compared


@dataclass(frozen=True, kw_only=True, eq=False)
class _Halves:
    """Positions of the queries that choose and of those that confirm; the same ones without a holdout."""

    choosing: np.ndarray[tuple[int], np.dtype[np.intp]]
    confirming: np.ndarray[tuple[int], np.dtype[np.intp]]
    on_choosing: Design
    on_confirming: Design
    split: bool

    @classmethod
    def of(cls, material: Material, terms: Terms) -> _Halves:
        design = Design.of(material.evalset, terms.level)
        ids = [query.id for query in material.queries]
        everything = np.arange(len(ids))
        if not terms.holdout:
            return cls(
                choosing=everything, confirming=everything, on_choosing=design, on_confirming=design, split=False
            )
        rng = np.random.default_rng(terms.seed)
        first, _ = split_queries(ids, design.clusters, terms.holdout, rng)
        chosen = np.array([query in first for query in ids])
        choosing, confirming = everything[chosen], everything[~chosen]
        return cls(
            choosing=choosing,
            confirming=confirming,
            on_choosing=design.part(choosing),
            on_confirming=design.part(confirming),
            split=True,
        )


def _mean(trial: Trial, rows: np.ndarray[tuple[int], np.dtype[np.intp]], design: Design, terms: Terms) -> float:
    return design.mean(trial.scores.of(terms.primary)[rows]).value


def _quality(trial: Trial, terms: Terms) -> Estimate:
    return trial.row.quality[str(terms.primary)]


def _price(trial: Trial) -> tuple[float, float]:
    """Money for a month, then bytes."""
    row = trial.row
    return (row.cost.total if row.cost else 0.0, float(row.storage_bytes or 0))


def _against_best(trials: Sequence[Trial], best: Trial, halves: _Halves, terms: Terms) -> Iterator[Contrast]:
    others = [trial for trial in trials if trial is not best]
    rows = halves.confirming
    for trial in others:
        ours = replace(trial.scores, values={terms.primary: trial.scores.of(terms.primary)[rows]})
        theirs = replace(best.scores, values={terms.primary: best.scores.of(terms.primary)[rows]})
        found = contrast((trial.name, best.name), ours, theirs, terms.primary, halves.on_confirming)
        yield replace(found, adjusted_p=min(1.0, found.p_value * len(others)))


def _near(dense: Sequence[Trial], best: Trial, halves: _Halves, terms: Terms) -> Iterator[Trial]:
    """Those shown to lose less than the margin, with room for there being several of them."""
    others = [trial for trial in dense if trial is not best]
    for trial in others:
        changes = differences(trial.scores, best.scores, terms.primary)[halves.confirming]
        if halves.on_confirming.difference(changes, looks=len(others)).low > -terms.margin:
            yield trial


def _standing(found: Contrast) -> Literal["better", "worse", "open"]:
    """What is shown about the first of the two."""
    if found.adjusted_p > ALPHA:
        return "open"
    return "better" if found.difference.value > 0 else "worse"


def _expected(dense: Sequence[Trial], best: Trial, trials: Sequence[Trial], halves: _Halves, terms: Terms) -> float:
    """The best's mean drawn towards that of all candidates, as far as chance explains its lead."""
    base = next((trial for trial in trials if trial.name == bm25.NAME), best)
    rows, design = halves.choosing, halves.on_choosing
    columns = [differences(trial.scores, base.scores, terms.primary)[rows] for trial in dense]
    found = shrink_best(np.stack(columns, axis=1), level=terms.level, weights=design.weights, clusters=design.clusters)
    return min(1.0, max(0.0, _mean(base, rows, design, terms) + found.adjusted))


def _confirmed(best: Trial, halves: _Halves, terms: Terms) -> Estimate | None:
    if not halves.split:
        return None
    return halves.on_confirming.mean(best.scores.of(terms.primary)[halves.confirming])


def _sentences(
    choice: Choice, best: Trial, compared: Sequence[Contrast], count: int, halves: _Halves, terms: Terms
) -> Iterator[str]:
    queries = len(halves.choosing)
    if count == 1:
        yield f"{best.name} is the only model: {terms.primary} is {choice.observed:.3f} on {queries:,} queries."
        return
    yield f"Of {count} models {best.name} has the best {terms.primary}: {choice.observed:.3f} on {queries:,} queries."
    yield (
        f"It was picked as the best of {count} by these queries, so luck took part: on others expect about "
        f"{choice.expected:.3f}, its mean drawn towards that of all models as far as chance explains its lead."
    )
    if choice.confirmed is not None:
        seen = choice.confirmed
        yield (
            f"On the {len(halves.confirming):,} queries held back from choosing it has {seen.value:.3f} "
            f"[{seen.low:.3f}, {seen.high:.3f}]."
        )
    if choice.tied_with:
        yield f"Not shown to be worse than {best.name}: {', '.join(choice.tied_with)}."
    else:
        yield f"Every other model is shown to be worse than {best.name}."
    if choice.recommended != best.name:
        lead = next(each.difference for each in compared if each.candidate == choice.recommended)
        yield (
            f"{choice.recommended} is the cheapest that is shown to lose less than {terms.margin:g} to {best.name}: "
            f"its difference is between {lead.low:+.3f} and {lead.high:+.3f}."
        )
    elif choice.tied_with:
        yield (
            f"None of them is shown to lose less than {terms.margin:g}, so a cheaper one may cost quality; more "
            "labelled queries would tell."
        )


def _beside(
    choice: Choice, trials: Sequence[Trial], reference: str, compared: Sequence[Contrast], terms: Terms
) -> Iterator[str]:
    """What must be said of BM25 and of the live model."""
    lexical = next((each for each in compared if each.candidate == bm25.NAME), None)
    if lexical is not None and _standing(lexical) != "worse":
        value = next(_quality(trial, terms).value for trial in trials if trial.name == bm25.NAME)
        how = "is better than" if _standing(lexical) == "better" else "is not shown to be worse than"
        yield (
            f"BM25, which needs no model, has {value:.3f} and {how} {choice.best}: no model here is shown to be worth "
            "its cost on its own."
        )
    if reference not in (bm25.NAME, choice.best):
        live = next(each for each in compared if each.candidate == reference)
        gain, shown = live.difference, "is" if _standing(live) == "worse" else "is not"
        yield (
            f"Against the live model {reference}, {choice.best} gains between {-gain.high:+.3f} and {-gain.low:+.3f}; "
            f"that it is better {shown} shown."
        )

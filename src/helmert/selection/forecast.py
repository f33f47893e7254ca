"""What a run will cost and what it can show, said before anything is embedded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helmert.evaluation import EvalSet, Measure
from helmert.evaluation.statistics import TYPICAL_SPREADS, TypicalSpread, design_effect, detectable_difference
from helmert.models.base import Side
from helmert.selection.candidates import Candidate
from helmert.selection.material import Material
from helmert.selection.truncation import Counts, TokenCounts
from helmert.selection.vectors import VectorCache, recipe_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What embedding with one candidate takes, for texts whose vectors are not on disk."""

    candidate: str
    texts: int
    tokens: int
    cost: float
    """Money at the model's own price; 0 for a model without one."""

    def sentence(self, currency: str) -> str:
        """For a person who may still stop it."""
        if not self.texts:
            return f"{self.candidate}: nothing to embed, its vectors are on disk or another candidate's."
        price = f"{self.cost:,.4f} {currency}" if self.cost else "no price"
        return f"{self.candidate}: {self.texts:,} texts to embed, {self.tokens:,} tokens, {price}."


def forecast(
    candidate: Candidate, tokens: TokenCounts, material: Material, cache: VectorCache, planned: set[tuple[str, str]]
) -> Forecast:
    """Count what is not on disk. Asks no model.

    `planned` holds what candidates before this one will have embedded, by model and recipe, and is added to: variants
    of a model that differ in their queries share the documents.
    """
    sides: tuple[tuple[Side, list[str], Counts], ...] = (
        ("document", list(material.corpus.texts), tokens.documents),
        ("query", [query.text for query in material.queries], tokens.queries),
    )
    texts = total = 0
    for side, asked, counts in sides:
        key = (candidate.model, recipe_key(candidate.embedder.space, side))
        if key in planned:
            continue
        planned.add(key)
        missing = set(cache.missing(candidate.embedder, side, asked))
        cost = {text: int(count) for text, count in zip(asked, counts, strict=True) if text in missing}
        texts += len(cost)
        total += sum(min(count, tokens.limit or count) for count in cost.values())
    price = candidate.embedder.limits.price_per_million
    return Forecast(candidate=candidate.name, texts=texts, tokens=total, cost=total * price / 1e6)


def power_sentence(evalset: EvalSet, measure: Measure, level: float) -> str:
    """Which differences a set of this size will not show, from the spread that differences usually have.

    Siblings differ on few queries, so smaller differences between them show.
    """
    count = len(evalset.answerable)
    sizes: Mapping[str, int] = Counter(evalset.clusters or ())
    queries = count / design_effect(sizes.values()) if sizes else float(count)
    if queries < 2:
        return "One query shows nothing about the next: label more."
    spreads = _usual_spreads(measure)
    points = sorted(
        {_points(detectable_difference(queries, spread.middle, level=level, adjusted=True)) for spread in spreads}
    )
    shown = f"about {points[0]:g}" if len(points) == 1 else f"{points[0]:g} to {points[-1]:g}"
    worth = f" (worth {queries:,.0f} independent ones)" if queries < 0.95 * count else ""
    like = spreads[0].measure
    unit = "point" if points == [1] else "points"
    basis = "" if like == str(measure) else f" That is if it varies from query to query as {like} does."
    return (
        f"With {count:,} queries{worth} a difference in {measure} below {shown} {unit} between "
        f"two models will probably not show.{basis}"
    )


def _usual_spreads(measure: Measure) -> list[TypicalSpread]:
    """Those measured for this measure, else for its family, else for recall@10."""
    same = [spread for spread in TYPICAL_SPREADS if spread.measure == str(measure)]
    family = [spread for spread in TYPICAL_SPREADS if Measure.parse(spread.measure).family is measure.family]
    return same or family or [spread for spread in TYPICAL_SPREADS if spread.measure == "recall@10"]


def _points(difference: float) -> float:
    """Hundredths, whole ones unless they are few."""
    return round(100 * difference, 1) if difference < 0.0195 else round(100 * difference)


def few_queries(evalset: EvalSet) -> Iterator[str]:
    """A warning for sets that say little whatever the numbers are."""
    count = len(evalset.answerable)
    if count < 30:
        yield f"{count} queries are too few to choose by: intervals hold from 30 on, and 250 are a fair beginning."

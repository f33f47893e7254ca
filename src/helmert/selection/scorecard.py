"""The scorecard as values: everything that was measured, with where it came from, for pages, JSON and notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from helmert.selection.measurements import (
    Basis,
    Bulk,
    Contrast,
    Estimate,
    Latency,
    MonthlyCost,
    Percentile,
    Truncation,
)

__all__ = [
    "Basis",
    "Bulk",
    "Cell",
    "Choice",
    "Contrast",
    "Estimate",
    "IndexLoss",
    "LanguageMatrix",
    "Latency",
    "MonthlyCost",
    "Percentile",
    "Prior",
    "Quantisation",
    "RankedDocument",
    "Regression",
    "Regressions",
    "Row",
    "Scorecard",
    "SliceRow",
    "Truncation",
]

Quantisation = Literal["float32", "float16", "int8", "binary", "binary+rescore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One candidate."""

    name: str
    kind: Literal["dense", "lexical"]
    model: str
    prompt: str
    dims: int | None
    space: str
    """Hash of everything its vectors depend on; empty for a lexical one."""
    quality: Mapping[str, Estimate]
    """By measure."""
    tie_range: Mapping[str, tuple[float, float]]
    """Mean under the unluckiest and the luckiest order of equal scores, for measures where they differ."""
    judged: float
    """Mean share of its ten best that anybody has judged."""
    latency: Latency | None = None
    bulk: Bulk | None = None
    cost: MonthlyCost | None = None
    storage_bytes: int | None = None
    """Of the whole corpus at the user's size, vectors alone."""
    truncation: Truncation | None = None
    pool_depth: int | None = None
    """How deep its ranking went into the pool of a pooled set; 0 when it was not in it. None for other sets."""
    corrected: Mapping[str, Estimate] = field(default_factory=dict)
    """By measure, corrected from a random sample of the documents to the whole corpus; empty for other sets."""
    failure: str = ""
    """Why there are no numbers; empty when there are. Then `quality` is empty and `judged` is 0."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One way of storing one candidate's vectors, computed from the same embedding pass."""

    candidate: str
    dims: int
    quantisation: Quantisation
    bytes_per_vector: float
    quality: Mapping[str, Estimate]
    loss: Estimate
    """Paired difference of the primary measure to the same candidate at full size in float32."""
    searched_bytes: float | None = None
    """Those of them that a search walks through, and that belong into memory; None when it is all of them."""
    on_front: bool = False
    """No cell of fewer or equal bytes is better by more than chance."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """One part of the queries under the primary measure."""

    name: str
    """`language=de`."""
    queries: int
    enough: bool
    values: Mapping[str, Estimate]
    """By candidate."""
    pooled: Mapping[str, Estimate]
    """The same, drawn towards the candidate's mean as far as the slice is small: for reading, not for deciding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageMatrix:
    """Query language by document language, for one candidate under the primary measure."""

    candidate: str
    query_languages: tuple[str, ...]
    document_languages: tuple[str, ...]
    cells: Mapping[str, Estimate]
    """By `query-language>document-language`; only pairs that labels exist for."""
    queries: Mapping[str, int]
    same_language: Mapping[str, float]
    """By query language: share of the ten best results written in the query's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLoss:
    """What an approximate index loses of what its model would find: not the model's fault."""

    candidate: str
    store: str
    index_kind: str
    """`exact` when the store builds no approximate index for so few rows."""
    rows: int
    found: Estimate
    """Share of the exact ten nearest that the index returns."""
    exact: Estimate
    """Primary measure with exact search."""
    approximate: Estimate
    """Primary measure through the index."""
    difference: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What a leaderboard says about the candidates, beside what was measured here."""

    source: str
    task: str
    scores: Mapping[str, float]
    """By candidate."""
    tau: float | None
    """Kendall's rank correlation with the measured ranking; None for fewer than three candidates."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedDocument:
    """One result beside a query that got worse."""

    id: str
    text: str
    relevant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A query on which the candidate is worse than the reference, with both result lists."""

    query: str
    text: str
    before: tuple[RankedDocument, ...]
    after: tuple[RankedDocument, ...]
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Regressions:
    """All queries that changed between the reference and one candidate."""

    candidate: str
    against: str
    measure: str
    worse: int
    better: int
    unchanged: int
    shown: tuple[Regression, ...]
    """The largest losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the numbers allow to say about the best candidate."""

    best: str
    """Highest mean of the primary measure among the dense candidates."""
    tied_with: tuple[str, ...]
    """Candidates that are not shown to be worse; among them the cheapest is as good a choice."""
    recommended: str
    """The best, or a cheaper one that is shown to lose less than the margin to it."""
    observed: float
    """Mean of the best on the queries that chose it."""
    expected: float
    """What it will probably show on other queries: the winner of many was also lucky."""
    confirmed: Estimate | None = None
    """Mean of the best on queries that were held out from choosing."""
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Candidates x evaluation set."""

    title: str
    made_at: datetime
    evalset: Mapping[str, object]
    """`EvalSet.to_dict`."""
    documents: int
    corpus_digest: str
    measures: tuple[str, ...]
    primary: str
    """The measure that orders rows and chooses."""
    level: float
    rows: tuple[Row, ...]
    """Best first."""
    contrasts: tuple[Contrast, ...]
    """Every candidate against the reference under all measures, then against the best under the primary one."""
    choice: Choice | None
    reference: str = ""
    """The candidate others are compared with: the live model where it takes part, else BM25."""
    sweep: tuple[Cell, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    languages: tuple[LanguageMatrix, ...] = ()
    index_loss: tuple[IndexLoss, ...] = ()
    priors: tuple[Prior, ...] = ()
    regressions: tuple[Regressions, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a reader must know before believing a number: few queries, sampling, holes, truncation."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Volumes, prices and rates the numbers were made for, with their sources."""

    @property
    def corrected(self) -> tuple[str, ...]:
        """Measures that were corrected from a random sample of the documents to the whole corpus."""
        return tuple(measure for measure in self.measures if any(measure in row.corrected for row in self.rows))

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, the format's version among them."""
        return {"format": 1, **asdict(self), "made_at": self.made_at.isoformat()}

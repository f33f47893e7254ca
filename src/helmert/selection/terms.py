"""What a selection is asked to do, and what it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from helmert.errors import UsageError
from helmert.evaluation import Measure
from helmert.evaluation.chunks import ChunkFields
from helmert.selection.costs import NOTHING, ONE, Given
from helmert.selection.latency import Load
from helmert.selection.leaderboard import Leaderboard
from helmert.selection.openloop import Timing
from helmert.selection.scorecard import Quantisation
from helmert.selection.vectors import VectorCache
from helmert.stores.base import VectorStore
from helmert.telemetry import Listener, silent
from helmert.types import Clock

ALL_QUANTISATIONS: tuple[Quantisation, ...] = ("float32", "float16", "int8", "binary", "binary+rescore")
JUDGED = Measure.parse("judged@10")
DEFAULT_MEASURES = tuple(Measure.parse(name) for name in ("nDCG@10", "recall@10", "MRR@10"))
INDEX_LOSS_FROM = 10_000
"""Documents below which stores compare every row, so that there is no loss to measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTerms:
    """Which ways to store the vectors of every candidate are tried."""

    dims: tuple[int, ...] = ()
    """Sizes; halves of the full size down to 32 when empty. Those a candidate does not have are left out for it."""
    quantisations: tuple[Quantisation, ...] = ALL_QUANTISATIONS
    layer_norm: Mapping[str, bool] = field(default_factory=dict)
    """By candidate or model: whether vectors are layer-normalised before truncation. What is known of the model's
    family holds for others."""
    oversample: int = 4
    """Of binary codes so many times k documents are compared again with their int8 codes."""

    def __post_init__(self) -> None:
        if min((*self.dims, self.oversample)) < 1:
            raise UsageError("Dimensions and oversampling of a sweep are at least 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Volumes and prices of the user. What is not stated is taken from this corpus, or is 0."""

    currency: str = "USD"
    queries_per_month: Given = NOTHING
    documents_changed_per_month: Given = NOTHING
    months_between_changes: Given = field(
        default_factory=lambda: Given(value=12.0, basis="estimated", source="one change of model in a year")
    )
    corpus_size: int | None = None
    """Documents in production; those of this corpus when None."""
    storage_price: Given = NOTHING
    """For a gigabyte of vectors and month."""
    replicas: Given = ONE
    serving_hour: Mapping[str, Given] = field(default_factory=dict)
    """By model: an hour of the machine that answers its queries."""
    token_price: Mapping[str, Given] = field(default_factory=dict)
    """By model: a million tokens. What the model's own settings say where it is not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is measured and how it is judged. Raises `UsageError` for what cannot be."""

    primary: Measure = DEFAULT_MEASURES[0]
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    level: float = 0.95
    min_slice: int = 30
    """A slice with fewer queries is shown and not read."""
    margin: float = 0.02
    """Loss of the primary measure that a cheaper candidate is taken with, when the loss is shown to be smaller."""
    holdout: float = 0.0
    """Share of the queries that the choice is confirmed on; 0 to choose on all of them."""
    seed: int = 0
    exclude_self: bool = False
    chunks: ChunkFields | None = None
    """Where a row of the corpus says which part of which labelled document it is; None when rows are documents."""
    sweep: SweepTerms | None = field(default_factory=SweepTerms)
    load: Load | None = None
    """How latency is measured; None to leave it out."""
    index_loss: bool | None = None
    """None for collections large enough that stores build an approximate index."""
    allow_unpooled: bool = False
    """Compare candidates that were not in the pool of a pooled set; they are labelled."""
    money: Money = field(default_factory=Money)

    def __post_init__(self) -> None:
        if not 0.0 <= self.holdout < 1.0:
            raise UsageError(f"holdout is a share of the queries from 0 to below 1; got {self.holdout}.")
        if not 0.0 <= self.margin < 1.0:
            raise UsageError(f"margin is a loss of the primary measure from 0 to below 1; got {self.margin}.")
        if not 0.5 < self.level < 1.0:
            raise UsageError(f"A confidence level lies between 0.5 and 1; got {self.level}.")

    @property
    def shown(self) -> tuple[Measure, ...]:
        """The primary measure first, then the others, each once."""
        return tuple(dict.fromkeys((self.primary, *self.measures)))

    @property
    def scored(self) -> tuple[Measure, ...]:
        """All that is computed for a candidate."""
        return tuple(dict.fromkeys((*self.shown, JUDGED)))

    @property
    def cutoff(self) -> int:
        """The deepest rank that a measure looks at, at least 10."""
        return max(10, *(measure.cutoff or 100 for measure in self.scored))


Scratch = Callable[[], AbstractContextManager[VectorStore]]
"""Opens a store for an index that is dropped when it was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What the work is done with."""

    cache: VectorCache
    clock: Clock
    timing: Timing = field(default_factory=Timing)
    """For latency under load."""
    listener: Listener = silent
    scratch: Scratch | None = None
    place: str = ""
    """The machine, for the note beside latencies."""
    leaderboards: tuple[Leaderboard, ...] = ()
    leaderboard_names: Mapping[str, str] = field(default_factory=dict)
    """Candidate to its name on a leaderboard."""

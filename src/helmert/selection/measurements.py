"""Values that a scorecard is made of: numbers with their intervals, and what a candidate takes in time and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Basis = Literal["measured", "supplied", "catalogued", "estimated"]
"""Where a number came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number measured on a sample, with its interval at the scorecard's level."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One candidate against another on the same queries."""

    candidate: str
    against: str
    measure: str
    difference: Estimate
    """Candidate minus the other."""
    p_value: float
    adjusted_p: float
    """After Holm over all contrasts with the reference; for contrasts with the best one, times how many there are."""
    effect: float
    """Standardised paired difference: mean over standard deviation of the per-query differences."""
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile:
    """A percentile of durations, with the interval that order statistics give."""

    q: float
    """0.95 for p95."""
    seconds: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long a query takes on its way through the model, and with how many at once it copes."""

    service: tuple[Percentile, ...]
    """One query at a time, the next when the last is answered."""
    offered: float | None = None
    """Queries per second of the open loop, in which queries arrive whether or not the last is answered."""
    arriving: tuple[Percentile, ...] = ()
    """From the moment a query should have been sent to its answer, at `offered`."""
    sent: int = 0
    failed: int = 0
    """Queries of the open loop that were not answered: outages, refusals, 429s."""
    budget: float | None = None
    """Seconds that the 95th percentile may take."""
    saturation: float | None = None
    """Highest tried rate whose 95th percentile stayed within the budget; None when not even the lowest did."""
    note: str = ""
    """Machine, region, workers, and whatever else the numbers depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Embedding documents in batches."""

    tokens: int
    texts: int
    seconds: float
    basis: Basis

    @property
    def tokens_per_second(self) -> float | None:
        """None when nothing was embedded now: all vectors were on disk."""
        return self.tokens / self.seconds if self.seconds > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyCost:
    """Money for a month at the user's volume, in the currency of the configuration."""

    queries: float
    documents: float
    """New and changed documents."""
    reindex: float
    """Embedding the whole corpus once, spread over the months between model changes."""
    storage: float
    serving: float
    currency: str
    basis: tuple[str, ...] = ()
    """One sentence for each input: its value, where it came from and when."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.queries + self.documents + self.reindex + self.storage + self.serving

    @property
    def configured(self) -> bool:
        """Whether a price and its volume are both known of anything; else a total of 0 says nothing."""
        return self.total > 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncation:
    """Texts longer than the model reads. What is beyond the limit is silently lost."""

    limit: int | None
    """Tokens the model reads of one text; None for no limit."""
    documents: int
    queries: int
    """How many are longer than that."""
    tokens_lost: float
    """Share of all the corpus's tokens that no vector has seen."""

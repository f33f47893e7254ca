"""How long a query takes: alone, at the rate at which users ask, and up to which rate it stays within a budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.percentiles import percentile
from helmert.models.base import Embedder
from helmert.selection.openloop import FAILURES, Arrivals, Call, Observed, Timing, arrival_times, open_loop
from helmert.selection.percentiles import percentiles, reservation
from helmert.selection.saturation import STEP, Saturation, search
from helmert.selection.scorecard import Latency

TRIAL_QUERIES = 400
"""Queries of one step of the search for saturation, where time allows: 20 of them lie beyond p95."""
SHORTEST_TRIAL = 1.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of a service while it is measured. Raises `UsageError` for numbers that are not above 0."""

    rate: float | None = None
    """Queries per second at the busiest hour; None leaves out the open loop."""
    budget: float | None = None
    """Seconds that the 95th percentile may take; None leaves out the search for saturation."""
    seconds: float = 20.0
    """Length of the open loop at `rate`."""
    search_seconds: float = 20.0
    """All steps of the search for saturation together."""
    workers: int = 8
    """Threads: the most queries that are under way at once."""
    arrivals: Arrivals = "poisson"
    warm_up: int = 10
    """First queries, whose times are thrown away: connections are made and caches filled."""
    alone: int = 300
    """Most queries asked one at a time, after the warm-up."""
    alone_seconds: float = 20.0
    """No further query is asked alone after this time."""

    def __post_init__(self) -> None:
        for name in ("rate", "budget", "seconds", "search_seconds", "workers", "alone", "alone_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{name} must be above 0 and finite; got {value}.")
        if self.warm_up < 0:
            raise UsageError(f"warm_up must not be below 0; got {self.warm_up}.")


def asking(embedder: Embedder) -> Call:
    """The query side of a model as a service: one text, one request."""
    return lambda text: embedder.embed_queries([text])


def measure_latency(
    call: Call,
    texts: Sequence[str],
    load: Load,
    *,
    rng: np.random.Generator,
    timing: Timing | None = None,
    level: float = 0.95,
    on_asked: Callable[[int], None] = lambda _: None,
) -> Latency:
    """Service time, percentiles under load and saturation of a service, on real query texts, one text in each call.

    Queries that end in `ProviderOutage`, `RateLimited` or `RejectedInput` are counted as never answered, in the open
    loop and in every percentile; other errors are raised.

    Args:
        call: The service; `asking(embedder)` for a model.
        texts: Real queries: their lengths decide how long a model takes. Drawn in random order.
        load: Rates and durations.
        rng: Source of the order of queries and the moments of arrival.
        timing: How time passes.
        level: Of the percentiles' intervals.
        on_asked: Hears how many queries each part has asked, between the parts: never while a query is timed.

    Raises `UsageError` when there are no texts.
    """
    if not texts:
        raise UsageError("Latency needs query texts and there are none.", next_step="Name an evaluation set.")
    bench = _Bench(
        call=call,
        texts=[texts[i] for i in rng.permutation(len(texts))],
        load=load,
        rng=rng,
        timing=timing or Timing(),
        on_asked=on_asked,
    )
    alone = bench.alone()
    under_load = bench.under_load(load.rate, load.seconds) if load.rate is not None else None
    saturation = bench.saturation(alone, under_load) if load.budget is not None else None
    steady = under_load.seconds if under_load is not None and not under_load.overloaded else ()
    return Latency(
        service=percentiles(alone, level=level),
        offered=load.rate,
        arriving=percentiles(steady, level=level, queued=True),
        sent=under_load.sent if under_load else 0,
        failed=under_load.failed if under_load else 0,
        budget=load.budget,
        saturation=saturation.holds if saturation else None,
        note=" ".join(_notes(bench, alone, under_load, saturation, level)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """One service on the test bench."""

    call: Call
    texts: Sequence[str]
    load: Load
    rng: np.random.Generator
    timing: Timing
    on_asked: Callable[[int], None]

    def alone(self) -> FloatArray:
        """Seconds of queries asked one after the other; infinite for those that failed. Shape (n,), n >= 1."""
        clock, warm = self.timing.clock, self.load.warm_up
        taken: list[float] = []
        begun = clock()
        for number in range(warm + self.load.alone):
            if number > warm and clock() - begun > self.load.alone_seconds:
                break
            start = clock()
            try:
                self.call(self.texts[number % len(self.texts)])
                taken.append(clock() - start)
            except FAILURES:
                taken.append(math.inf)
        self.on_asked(len(taken))
        return np.array(taken[warm:], dtype=np.float64)

    def under_load(self, rate: float, seconds: float, *, patience: float | None = None) -> Observed:
        """An open loop at a rate. By default a queue that is as long as a quarter of the loop ends it."""
        observed = open_loop(
            self.call,
            self.texts,
            arrival_times(rate, seconds, self.load.arrivals, self.rng),
            workers=self.load.workers,
            patience=seconds / 4 if patience is None else patience,
            timing=self.timing,
        )
        self.on_asked(observed.sent)
        return observed

    def saturation(self, alone: FloatArray, known: Observed | None) -> Saturation:
        """The highest rate within the budget. Nothing is tried when a query alone is already beyond it.

        The search begins at half of what as many threads could do if each query took as long as alone: high rates
        fill a percentile in less time than low ones, and a rate that is far too high ends at once.
        """
        budget, rate = self.load.budget, self.load.rate
        assert budget is not None
        if percentile(alone, 0.95) > budget:
            return Saturation(holds=None, fails=None, tried=0, complete=True)
        begun = self.timing.clock()

        def holds(tried: float) -> bool:
            return _within(self.under_load(tried, self._trial(tried), patience=max(0.25, 10 * budget)), budget)

        def may_go_on(next_rate: float) -> bool:
            return self.timing.clock() - begun + self._trial(next_rate) <= self.load.search_seconds

        capacity = 0.5 * self.load.workers / max(1e-6, float(np.median(alone)))
        if known is None or rate is None:
            return search(holds, start=capacity, may_go_on=may_go_on)
        if _within(known, budget):
            return search(holds, start=max(STEP * rate, capacity), low=rate, may_go_on=may_go_on)
        return search(holds, start=min(rate / STEP, capacity), high=rate, may_go_on=may_go_on)

    def _trial(self, rate: float) -> float:
        """Seconds of one step: long enough for a p95, short enough for the search."""
        return max(SHORTEST_TRIAL, min(TRIAL_QUERIES / rate, self.load.search_seconds / 4))


def _within(observed: Observed, budget: float) -> bool:
    return not observed.overloaded and percentile(observed.seconds, 0.95) <= budget


def _notes(
    bench: _Bench, alone: FloatArray, under_load: Observed | None, saturation: Saturation | None, level: float
) -> list[str]:
    """What the numbers depend on, in sentences."""
    load = bench.load
    broken = int(np.isinf(alone).sum())
    notes = [f"Asked alone: {reservation(alone.size, level=level) or f'{alone.size:,} queries.'}"]
    if broken:
        notes.append(f"{broken:,} of them were not answered and count as infinitely slow.")
    if under_load is not None:
        notes.extend(_load_notes(load, under_load, level))
    if saturation is not None:
        notes.append(_saturation_note(load, saturation))
    most = max(load.warm_up + alone.size, under_load.sent if under_load else 0)
    if most > len(bench.texts):
        notes.append(
            f"{len(bench.texts):,} different texts were sent again and again: a service that caches looks too fast."
        )
    return notes


def _load_notes(load: Load, observed: Observed, level: float) -> list[str]:
    kind = "at random moments" if load.arrivals == "poisson" else "evenly apart"
    said = f"At {load.rate:g} queries per second, {kind}, at most {load.workers} at once"
    if observed.overloaded:
        return [
            f"{said}: the queue grew without bound. Stopped after {observed.elapsed:.1f} s, when the next query was "
            f"{observed.late:.1f} s late; under such a load there are no percentiles."
        ]
    notes = [f"{said}: {reservation(observed.sent, level=level) or f'{observed.sent:,} queries.'}"]
    if observed.failed:
        notes.append(f"{observed.failed:,} of them were not answered and count as infinitely slow.")
    return notes


def _saturation_note(load: Load, found: Saturation) -> str:
    limit = f"{1000 * (load.budget or 0.0):g} ms"
    if not found.tried and not found.complete:
        return f"{load.search_seconds:g} s do not suffice to search for saturation."
    if not found.tried:
        return f"One query alone already takes more than {limit} at p95, so no rate was tried."
    rates = "1 rate" if found.tried == 1 else f"{found.tried} rates"
    if found.holds is None:
        return f"No tried rate stayed within {limit} at p95; the lowest was {_rate(found.fails or 0.0)} per second."
    if found.fails is None:
        return f"p95 stayed within {limit} at every one of {rates}; the true limit is higher."
    rough = "" if found.complete else " The time was up before the two were within 10%."
    return f"p95 stayed within {limit} at {_rate(found.holds)} per second and not at {_rate(found.fails)}.{rough}"


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 99.5 else f"{per_second:.3g}"

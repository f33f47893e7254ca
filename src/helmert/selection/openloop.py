"""The open loop: queries arrive when users send them, whether or not earlier ones were answered.

A closed loop sends the next query when the last is answered. When the service is slow it is asked less, so the wait
that real users would have is never seen (coordinated omission; Gil Tene, How NOT to Measure Latency, 2013). Here the
moments of arrival are drawn beforehand, and a query's time counts from the moment it should have been sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from helmert.errors import ProviderOutage, RateLimited, RejectedInput, UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.types import monotonic_seconds

Call = Callable[[str], object]
"""Asks the service one query and returns when it is answered."""

Arrivals = Literal["poisson", "constant"]

FAILURES = (ProviderOutage, RateLimited, RejectedInput)
"""What counts as a query that was not answered. Any other error ends the measurement."""


def in_threads(jobs: Sequence[Callable[[], None]]) -> None:
    """Run all jobs at the same time, each in its own thread; raise what the first of them raised."""
    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How time passes: on the machine, or in a simulation whose threads sleep in a time of their own."""

    clock: Callable[[], float] = monotonic_seconds
    """Seconds that never go backwards."""
    sleep: Callable[[float], None] = time.sleep
    crew: Callable[[Sequence[Callable[[], None]]], None] = in_threads
    """Runs jobs at the same time and returns when all have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What happened to the queries of one open loop."""

    arrived: int
    """Queries whose moment came before the end."""
    seconds: FloatArray
    """Shape (sent,), in order of arrival: from the moment a query should have been sent to its answer; infinite for
    one that failed."""
    failed: int
    elapsed: float
    """Seconds the loop ran."""
    late: float
    """Seconds by which the last query was sent too late: how long the queue was."""
    overloaded: bool
    """The loop was ended early because the queue grew without bound; the durations then mean nothing."""

    @property
    def sent(self) -> int:
        """Queries that were sent."""
        return int(self.seconds.size)


def arrival_times(rate: float, seconds: float, kind: Arrivals, rng: np.random.Generator) -> FloatArray:
    """Moments in [0, seconds) at which queries arrive, ascending; at least one.

    `poisson`: independent of each other, as queries of many users are; the gaps are exponential with mean 1 / rate.
    `constant`: evenly apart. Raises `UsageError` unless rate and seconds are positive and finite.
    """
    if not (0.0 < rate < float("inf") and 0.0 < seconds < float("inf")):
        raise UsageError(
            f"An open loop needs a rate and a duration above 0; got {rate} queries per second for {seconds} s.",
            next_step="Set the queries per second that users send at the busiest hour.",
        )
    if kind == "constant":
        return np.arange(max(1, int(rate * seconds + 1e-9))) / rate
    gaps = rng.exponential(1.0 / rate, size=int(rate * seconds + 10 * (rate * seconds) ** 0.5) + 20)
    moments: FloatArray = np.cumsum(gaps)
    within: FloatArray = moments[moments < seconds]
    return within if within.size else np.zeros(1)


def open_loop(
    call: Call,
    texts: Sequence[str],
    arrivals: FloatArray,
    *,
    workers: int,
    patience: float,
    timing: Timing | None = None,
) -> Observed:
    """Send each query at its moment, from a fixed number of threads, and see how long each takes from that moment.

    A query whose moment comes while all threads wait for answers is sent as soon as one is free; the wait counts.

    Args:
        call: The service.
        texts: Queries, sent in turn and from the first again after the last.
        arrivals: Ascending moments in seconds from the start.
        workers: Threads: the most queries that are under way at once.
        patience: A query that would be sent this many seconds too late ends the loop: the queue has outgrown it.
        timing: How time passes.
    """
    timing = timing or Timing()
    loop = _Loop(call=call, texts=texts, arrivals=arrivals, patience=patience, timing=timing, start=timing.clock())
    timing.crew([loop.work] * workers)
    return loop.observed()


@dataclass(slots=True, kw_only=True)
class _Loop:
    """One open loop under way. Threads share it; the lock guards which query is next and what was recorded."""

    call: Call
    texts: Sequence[str]
    arrivals: FloatArray
    patience: float
    timing: Timing
    start: float
    _next: int = 0
    _late: float = 0.0
    _ended: bool = False
    _overloaded: bool = False
    _seconds: list[tuple[int, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """One thread's share: take the next query, wait for its moment, ask, record."""
        try:
            while (index := self._take()) is not None:
                due = self.start + float(self.arrivals[index])
                ahead = due - self.timing.clock()
                if ahead > 0:
                    self.timing.sleep(ahead)
                answered = self._ask(self.texts[index % len(self.texts)])
                taken = self.timing.clock() - due
                with self._lock:
                    self._seconds.append((index, taken if answered else float("inf")))
        except BaseException:
            self._ended = True  # nobody would read what the other threads still measure
            raise

    def _take(self) -> int | None:
        """The next query's number, or None when the loop is over."""
        with self._lock:
            if self._ended or self._next >= self.arrivals.size:
                return None
            late = max(0.0, self.timing.clock() - self.start - float(self.arrivals[self._next]))
            if late > self.patience:
                self._ended = self._overloaded = True
            self._late = late
            if self._ended:
                return None
            self._next += 1
            return self._next - 1

    def _ask(self, text: str) -> bool:
        try:
            self.call(text)
        except FAILURES:
            return False
        return True

    def observed(self) -> Observed:
        """What was recorded, after all threads have ended."""
        elapsed = self.timing.clock() - self.start
        seconds = np.array([taken for _, taken in sorted(self._seconds)], dtype=np.float64)
        return Observed(
            arrived=int(np.searchsorted(self.arrivals, elapsed, side="right")),
            seconds=seconds,
            failed=int(np.isinf(seconds).sum()),
            elapsed=elapsed,
            late=self._late,
            overloaded=self._overloaded,
        )

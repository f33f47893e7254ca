"""A time of its own for threads: one runs at a time, and when all sleep the clock jumps to whoever wakes first."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence

from helmert.selection.openloop import Timing


class VirtualTime:
    """Deterministic threads. Sleepers wake in the order of their moments, then of falling asleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, int, threading.Event]] = []
        self._count = 0
        self._finished = threading.Event()
        self._crewed = False

    def timing(self) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, crew=self.crew)

    def sleep(self, seconds: float) -> None:
        if not self._crewed:
            self.now += seconds
            return
        woken = self._lie_down(self.now + seconds)
        self._wake_next()
        woken.wait()

    def crew(self, jobs: Sequence[Callable[[], None]]) -> None:
        errors: list[BaseException] = []

        def run(job: Callable[[], None], woken: threading.Event) -> None:
            woken.wait()
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - handed on to the caller
                errors.append(error)
            self._wake_next()

        self._finished.clear()
        self._crewed = True
        threads = [threading.Thread(target=run, args=(job, self._lie_down(self.now))) for job in jobs]
        for thread in threads:
            thread.start()
        self._wake_next()
        self._finished.wait()
        for thread in threads:
            thread.join()
        self._crewed = False
        if errors:
            raise errors[0]

    def _lie_down(self, moment: float) -> threading.Event:
        woken = threading.Event()
        self._count += 1
        heapq.heappush(self._asleep, (moment, self._count, woken))
        return woken

    def _wake_next(self) -> None:
        if not self._asleep:
            self._finished.set()
            return
        self.now, _, woken = heapq.heappop(self._asleep)
        woken.set()

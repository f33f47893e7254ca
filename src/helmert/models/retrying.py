"""Asking again after a failure that may pass: a bounded number of times, as long apart as the endpoint asks
for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from helmert.errors import RateLimited, Transient

Result = TypeVar("Result")
Sleep = Callable[[float], None]
"""Waits for a number of seconds. An argument, so that tests do not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long to wait."""

    attempts: int = 5
    """Calls in all, the first included."""
    first_wait: float = 0.5
    """Seconds before the second call; doubled before each further one."""
    longest_wait: float = 60.0
    """No wait is longer. When the endpoint asks for more, the error is raised at once and carries that time,
    so that a job can pause where it may also be stopped, not inside a request."""

    def wait_after(self, attempt: int, error: Transient) -> float:
        """Seconds to wait after the failed call number `attempt`, counted from 1."""
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after
        return min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))


def call_patiently(call: Callable[[], Result], patience: Patience, sleep: Sleep) -> Result:
    """The result of `call`, which is repeated while it raises `Transient` errors and patience lasts."""
    for attempt in range(1, patience.attempts):
        try:
            return call()
        except Transient as error:
            wait = patience.wait_after(attempt, error)
            if wait > patience.longest_wait:
                raise
        sleep(wait)
    return call()

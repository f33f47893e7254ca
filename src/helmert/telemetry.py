"""What long work tells the outside while it runs.

Rooms emit small frozen records to a `Listener`; the CLI draws progress bars from them, tests collect them,
a service may log them. The library itself never prints and never configures logging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """A stage of a migration begins, or continues after an interruption."""

    stage: str
    title: str
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """Rows finished so far in the running stage, and what they cost."""

    stage: str
    done: int
    total: int | None
    tokens: int = 0
    spent: float = 0.0
    """Money in the plan's currency; 0 for models without a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFinished:
    """A stage ended; `summary` is one sentence for people."""

    stage: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something worth a line on the screen that is not an error."""

    text: str


Event = StageStarted | StageProgress | StageFinished | Notice
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """A listener that does nothing."""
    del event

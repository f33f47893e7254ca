"""What every verb returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The common part: what to do next, and whether the answer is "go"."""

    next_step: str
    """The command that most people run after this one."""
    go: bool = True
    """False when the verb did its work and the answer is no: a gate that does not pass, a check that fails."""

    @property
    def exit_code(self) -> int:
        """0 for go, 1 for no-go."""
        return 0 if self.go else 1

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}


def plain(value: object) -> object:
    """A value made of dataclasses, enums, dates and containers as JSON knows them."""
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None  # JSON has no word for it
        case _ if hasattr(value, "to_dict"):
            return plain(value.to_dict())
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value

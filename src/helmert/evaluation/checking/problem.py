"""What is wrong with an evaluation set, as a value; and what every check has in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol

from helmert.types import Document

Severity = Literal["error", "warning", "note"]
"""An error makes scores wrong. A warning makes them mean less than they seem to. A note is worth knowing."""

EXAMPLES = 5
"""How many examples a problem carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that a check found."""

    kind: str
    """Its name, which stays the same: `dangling-documents`."""
    severity: Severity
    count: int
    """How many queries, labels or documents it concerns; the sentence says which."""
    examples: tuple[str, ...]
    sentence: str
    remedy: str


class Check(Protocol):
    """A check that looks at the documents, one after the other, and speaks when it has seen all of them."""

    def see(self, document: Document, content: str) -> None:
        """Take note of a document. `content` is its content hash."""

    def problems(self) -> Iterator[Problem]:
        """What was found."""


def some(items: Iterable[str]) -> tuple[str, ...]:
    """The first few of them, as examples."""
    return tuple(islice(items, EXAMPLES))

"""The `Source` protocol and the report of what was read and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from helmert.errors import BadInput
from helmert.types import Document

OnBad = Literal["stop", "skip"]
"""What a bad row does: end the reading with `BadInput`, or be left out and written down in the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRow:
    """A row that was left out."""

    path: str
    line: int | None
    """Where to look, from 1; for Parquet the row; None where a whole file is one row."""
    reason: str


@dataclass(slots=True, kw_only=True)
class ReadReport:
    """Filled while documents are read. Its size does not grow with the number of bad rows."""

    read: int = 0
    """Documents given out so far."""
    skipped_total: int = 0
    """Rows left out so far, also those beyond `keep`."""
    keep: int = 100
    """How many left-out rows are described one by one."""
    _kept: list[SkippedRow] = field(default_factory=list, init=False)

    @property
    def skipped(self) -> tuple[SkippedRow, ...]:
        """The first `keep` rows that were left out, in the order they were met."""
        return tuple(self._kept)

    def count_read(self) -> None:
        """One more document was given out."""
        self.read += 1

    def count_skipped(self, bad: BadInput) -> None:
        """One more row was left out, for the reason the error tells."""
        self.skipped_total += 1
        if len(self._kept) < self.keep:
            self._kept.append(SkippedRow(path=bad.path, line=bad.line, reason=bad.reason))


class Source(Protocol):
    """Text that can be read from the beginning as often as needed."""

    @property
    def name(self) -> str:
        """What people call it: its path."""

    def documents(self, report: ReadReport | None = None) -> Iterator[Document]:
        """Every document once, in the order of the source, read as the caller asks for them.

        Raises `BadInput` with file, line, value and remedy for a row that cannot be a document, unless the
        source was opened with `on_bad="skip"`: then the row goes into `report`. A source without any
        document, or a file that cannot be read at all, is `BadInput` in both cases.
        """

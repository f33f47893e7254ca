"""Files that carry a gate's decision to other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helmert.evaluation import GateDecision
from helmert.evaluation.durable import replace_file
from helmert.report.gate_formats import render_gate_junit, render_gate_markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFiles:
    """Where a decision is written, in which form; nowhere by default."""

    junit: Path | None = None
    """JUnit XML, for CI servers."""
    markdown: Path | None = None
    """Markdown, for a comment on a pull request."""

    def __bool__(self) -> bool:
        return self.junit is not None or self.markdown is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The files that are written."""
        return tuple(str(path) for path in (self.junit, self.markdown) if path is not None)

    def write(self, decision: GateDecision, *, title: str, notes: Sequence[str]) -> None:
        """Write each of them as a whole; a reader sees the old file or the new one."""
        if self.junit is not None:
            replace_file(self.junit, render_gate_junit(decision, name=title, notes=notes).encode())
        if self.markdown is not None:
            replace_file(self.markdown, render_gate_markdown(decision, title=title, notes=notes).encode())

"""A stage being run: the plan it belongs to, what it works with, and how it reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from helmert.corpus import ReadReport
from helmert.migration.context import Context
from helmert.migration.pipeline import batches_of, in_batches
from helmert.migration.plan import Plan
from helmert.stores.base import Rows
from helmert.telemetry import StageProgress

REPORT_SECONDS = 0.5
"""How often a running stage tells the registry and the screen how far it is."""

PAGE = 2048
"""Rows read from an index at a time; reading the few hundred of a batch would cost more than they are worth."""

Detail = dict[str, object]
"""What a finished stage leaves in the registry: plain values, and `summary`, a sentence for people."""


@dataclass(slots=True, kw_only=True)
class Task:
    """One stage of one migration in one process."""

    migration: str
    plan: Plan
    context: Context
    stage: str
    position: int
    override: str | None = None
    """Why a promotion goes ahead without a PASS; for the ledger."""
    read: ReadReport = field(default_factory=ReadReport)
    """What was read from the source files by this stage, and which bad rows were left out."""
    reached: Detail = field(default_factory=dict)
    """How far the stage is, also while it is too soon to tell anybody."""
    _reported: float = field(default=float("-inf"))

    def report(self, done: int, total: int | None, *, tokens: int = 0, spent: float = 0.0) -> None:
        """Tell how far the stage is; only noted in `reached` when the last report was a moment ago."""
        self.reached = {"done": done, "total": total, "tokens": tokens, "spent": spent}
        now = self.context.seconds()
        if now - self._reported < REPORT_SECONDS and done != total:
            return
        self._reported = now
        progress = StageProgress(stage=self.stage, done=done, total=total, tokens=tokens, spent=spent)
        self.context.listener(progress)
        self.context.registry.migrations.stages.update(self.migration, self.position, self.reached)

    def source_rows(self, source_index: str | None) -> Iterator[Rows]:
        """The documents to be indexed, without vectors: the live index's own texts, or the collection's files."""
        batch = self.context.policy.batch
        if source_index is None:
            source = self.context.source(self.plan.collection, self.plan.on_bad)
            return batches_of(source.documents(self.read), batch)
        record = self.context.registry.indexes.get(source_index)
        pages = self.context.store(record.store).scan(source_index, batch=max(batch, PAGE))
        return in_batches(pages, batch)

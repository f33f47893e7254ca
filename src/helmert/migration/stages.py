"""The stages of a migration as frozen values.

A stage says what will be done, never how far it got: progress lives in the registry, so a plan can be written to a
file, reviewed, and run again after a crash. Whoever acts on stages (`executor`, `explainer`) matches on the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar

from helmert.migration.reading import read


class Phase(StrEnum):
    """Which verb runs a stage."""

    APPLY = "apply"
    PROMOTE = "promote"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex:
    """Create the empty target index, and record or check the fingerprint of the target model."""

    name: ClassVar = "create"
    title: ClassVar = "Create"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "The new index is retired; nothing else was touched."
    index: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Embed every document and write it to the target. Rows that are already there are not paid again."""

    name: ClassVar = "backfill"
    title: ClassVar = "Backfill"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "The new index is retired; the money for its vectors is spent."
    index: str
    model: str
    source_index: str | None
    """The live index whose stored texts are read; None reads the collection's source files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimise:
    """Compact the target and build what makes its searches fast."""

    name: ClassVar = "optimise"
    title: ClassVar = "Optimise"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "Nothing to undo."
    index: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """Replay the writes that arrived since the backfill read its snapshot."""

    name: ClassVar = "catch_up"
    title: ClassVar = "Catch up"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "Nothing to undo."
    index: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """Compare target and source id by id: text and space of every row."""

    name: ClassVar = "prove"
    title: ClassVar = "Prove complete"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "Nothing to undo."
    index: str
    source_index: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Judge the target against the live index on labelled queries and apply the gate."""

    name: ClassVar = "evaluate"
    title: ClassVar = "Evaluate and gate"
    phase: ClassVar = Phase.APPLY
    undo: ClassVar = "Nothing to undo."
    index: str
    incumbent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """Point the alias at the target and its model, as one unit. Refused without a fresh PASS."""

    name: ClassVar = "promote"
    title: ClassVar = "Promote"
    phase: ClassVar = Phase.PROMOTE
    undo: ClassVar = "`helmert rollback` points the alias back and loses no write."
    alias: str
    index: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """End the holdover: the old index stops following writes and can no longer be rolled back to."""

    name: ClassVar = "complete"
    title: ClassVar = "Complete"
    phase: ClassVar = Phase.COMPLETE
    undo: ClassVar = "Cannot be undone; going back is a new migration."
    old_index: str


Stage = CreateIndex | Backfill | Optimise | CatchUp | Prove | Evaluate | Promote | Complete

STAGE_TYPES: Mapping[str, type[Stage]] = {
    stage.name: stage for stage in (CreateIndex, Backfill, Optimise, CatchUp, Prove, Evaluate, Promote, Complete)
}


def stage_to_dict(stage: Stage) -> dict[str, object]:
    """Plain values for JSON."""
    return {"stage": stage.name, **asdict(stage)}


def stage_from_dict(data: Mapping[str, object]) -> Stage:
    """The inverse of `stage_to_dict`."""
    fields = {key: value for key, value in data.items() if key != "stage"}
    return read(STAGE_TYPES[str(data["stage"])], fields)

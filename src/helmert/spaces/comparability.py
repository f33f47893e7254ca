"""May vectors of space A be compared with vectors of space B? A verdict with reasons, and the guard."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from helmert.errors import DifferentSpace
from helmert.spaces.space import EmbeddingSpace


class Relation(StrEnum):
    """How two spaces stand to each other."""

    SAME = "same"
    """Every field that shapes a vector or a query is equal."""
    COMPATIBLE = "compatible"
    """Stored vectors may be compared; something about queries or the metric differs and deserves a look."""
    DIFFERENT = "different"
    """Comparing them gives noise. Documents must be embedded again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """The verdict and every reason for it, as sentences for people."""

    relation: Relation
    reasons: tuple[str, ...] = ()

    @property
    def may_meet(self) -> bool:
        """True when a query of one may search vectors of the other."""
        return self.relation is not Relation.DIFFERENT


def compare(index: EmbeddingSpace, other: EmbeddingSpace) -> Comparability:
    """Compare the space of an index with the space of a query or a write, field by field.

    Equal dimensions are no evidence of anything. Absent evidence never refuses: a revision that only one side
    knows is a note, two known revisions that differ are two spaces.
    """
    blocking = _blocking(index, other)
    if blocking:
        return Comparability(relation=Relation.DIFFERENT, reasons=blocking)
    notes = _notes(index, other)
    return Comparability(relation=Relation.COMPATIBLE if notes else Relation.SAME, reasons=notes)


def require_same(index: EmbeddingSpace, other: EmbeddingSpace, *, doing: str) -> None:
    """Raise `DifferentSpace` with the reasons unless the two may meet. `doing` names the refused action."""
    verdict = compare(index, other)
    if not verdict.may_meet:
        raise DifferentSpace(
            f"Refused to {doing}: the index holds {index}, this is {other}. {' '.join(verdict.reasons)}",
            next_step="Search with the model that made the index, or build a new index: helmert plan --model NAME",
        )


def _blocking(a: EmbeddingSpace, b: EmbeddingSpace) -> tuple[str, ...]:
    reasons = []
    if (a.family or a.model) != (b.family or b.model):
        reasons.append(f"The model differs: {a.family or a.model!r} and {b.family or b.model!r}.")
    if a.revision and b.revision and a.revision != b.revision and not a.family:
        reasons.append(f"The revision differs: {a.revision!r} and {b.revision!r}.")
    if a.dims != b.dims:
        reasons.append(f"The dimensions differ: {a.dims} and {b.dims}.")
    if a.normalised != b.normalised:
        reasons.append("One is normalised to length one, the other is not.")
    if a.document_recipe != b.document_recipe:
        reasons.append(f"Documents are prepared differently: {a.document_recipe} and {b.document_recipe}.")
    return tuple(reasons)


def _notes(a: EmbeddingSpace, b: EmbeddingSpace) -> tuple[str, ...]:
    notes = []
    if bool(a.revision) != bool(b.revision) and not a.family:
        notes.append(f"The revision is known on one side only: {a.revision or b.revision!r}.")
    if a.query_recipe != b.query_recipe:
        notes.append(f"Queries are prepared differently: {a.query_recipe} and {b.query_recipe}; evaluate both.")
    if a.metric != b.metric:
        notes.append(f"The metric differs: {a.metric} and {b.metric}; Helmert always ranks by cosine.")
    return tuple(notes)

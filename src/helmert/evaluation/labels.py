"""Labels: statements that a document is, or is not, relevant for a query, and what several of them say together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from helmert.evaluation.facts import LabelFacts, Origin, Span

Grade = int | float
"""How relevant a document is. Above zero: relevant. Zero or below: judged, and not relevant."""

Pair = tuple[str, str]
"""Query id and document id."""

NOTHING_KNOWN = LabelFacts()
"""The facts of a label of which only the grade is known."""

_KEPT_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One statement about one pair of query and document."""

    query: str
    document: str
    grade: Grade
    facts: LabelFacts = NOTHING_KNOWN


@dataclass(slots=True, kw_only=True)
class Labels:
    """Statements by pair, as they are collected from a file or from another set.

    Several statements about one pair count as one label: it has the highest grade, the origin of the statement
    that gave it (a person's before a machine's, else the first), and the spans of all statements that call the
    document relevant. Where none does, it has the spans of all.
    """

    grades: dict[str, dict[str, Grade]] = field(default_factory=dict)
    """Query id to document id to grade."""
    facts: dict[Pair, LabelFacts] = field(default_factory=dict)
    """Only of labels of which more than the grade is known."""
    repeated: int = 0
    """Statements that said again what the same source had said about the same passage."""
    repeats: list[Pair] = field(default_factory=list)
    """The first pairs of which that is true."""
    _sources: dict[Pair, set[tuple[Origin, str, tuple[Span, ...]]]] = field(default_factory=dict)

    def add(self, label: Label) -> None:
        """Take one more statement."""
        pair = (label.query, label.document)
        judged = self.grades.setdefault(label.query, {})
        if label.document not in judged:
            judged[label.document] = label.grade
            if label.facts != NOTHING_KNOWN:
                self.facts[pair] = label.facts
                self._sources[pair] = {_source(label.facts)}
            return
        self._count(pair, label.facts)
        before = (judged[label.document], self.facts.get(pair, NOTHING_KNOWN))
        judged[label.document], facts = _together(before, (label.grade, label.facts))
        if facts == NOTHING_KNOWN:
            self.facts.pop(pair, None)
        else:
            self.facts[pair] = facts

    def add_all(self, labels: Iterable[Label]) -> Self:
        """Take every statement, in this order."""
        for label in labels:
            self.add(label)
        return self

    def _count(self, pair: Pair, facts: LabelFacts) -> None:
        sources = self._sources.setdefault(pair, {_source(NOTHING_KNOWN)})
        source = _source(facts)
        if source in sources:
            self.repeated += 1
            if pair not in self.repeats and len(self.repeats) < _KEPT_EXAMPLES:
                self.repeats.append(pair)
        sources.add(source)


def _source(facts: LabelFacts) -> tuple[Origin, str, tuple[Span, ...]]:
    return facts.origin, facts.by, facts.spans


def _together(first: tuple[Grade, LabelFacts], second: tuple[Grade, LabelFacts]) -> tuple[Grade, LabelFacts]:
    weight, other = ((grade, facts.origin == "human") for grade, facts in (first, second))
    grade, leading = second if other > weight else first
    speaking = [facts for grade, facts in (first, second) if grade > 0] or [first[1], second[1]]
    return grade, replace(leading, spans=tuple(span for facts in speaking for span in facts.spans))

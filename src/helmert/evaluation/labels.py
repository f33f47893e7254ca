"""Labels: statements that a document is, or is not, relevant for a query, and what several of them say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from helmert.evaluation.facts import LabelFacts, Origin, Span

Grade = int | float
"""How relevant a document is. Above zero: relevant. Zero or below: judged, and not relevant."""

Pair = tuple[str, str]
"""Query id and document id."""

NOTHING_KNOWN = LabelFacts()
"""The facts of a label of which only the grade is known."""

_KEPT_EXAMPLES = 5
_RANKS: dict[Origin, int] = {"human": 2, "judge": 1}
"""Whose word counts more; all other origins are 0."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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

    Several statements about one pair count as one label. Some overrule others:

    - a person's statement overrules those of machines and clicks, and a judge's those of clicks, of generators and of
      unknown origin;
    - a later statement overrules an earlier one of the same origin and the same `by`. One that says when is later
      than one that does not; else the moment decides, and then the order in which they were added.

    A statement about the whole document overrules those about any passage of it; one about a passage only those
    about the same passage. Statements of unknown origin, or that do not say by whom, replace nothing.

    Of what is left, as of several people, the highest grade stands. The label has the origin of the statement that
    gave it (the higher in rank, else the first), and the spans of all that call the document relevant. Where none
    does, it has the spans of all.
    """

    overruling: bool = True
    """False where what was said about several documents becomes one, as of twins or chunks: all of it stands then."""
    grades: dict[str, dict[str, Grade]] = field(default_factory=dict)
    """Query id to document id to grade."""
    facts: dict[Pair, LabelFacts] = field(default_factory=dict)
    """Only of labels of which more than the grade is known."""
    repeated: int = 0
    """Statements about a passage on which the same source had spoken before."""
    repeats: list[Pair] = field(default_factory=list)
    """The first pairs of which that is true."""
    _standing: dict[Pair, list[_Statement]] = field(default_factory=dict)
    """What is not overruled, of pairs with several statements."""
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
        before = self._standing.get(pair)
        if before is None:
            before = list(_apart(judged[label.document], self.facts.get(pair, NOTHING_KNOWN)))
        said = _apart(label.grade, label.facts)
        standing = self._standing[pair] = _with(before, said) if self.overruling else [*before, *said]
        judged[label.document], facts = _joined(standing)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """What one source says of one passage, or of the whole document."""

    grade: Grade
    facts: LabelFacts
    """With one span at most."""

    @property
    def rank(self) -> int:
        return _RANKS.get(self.facts.origin, 0)

    def overrules(self, earlier: _Statement) -> bool:
        """Whether an earlier one no longer counts; `earlier` was added before this one."""
        return self._covers(earlier) and (
            self.rank > earlier.rank or (self._same_source(earlier) and _moment(self) >= _moment(earlier))
        )

    def yields_to(self, earlier: _Statement) -> bool:
        """Whether one that was added before counts more than this one."""
        return earlier._covers(self) and (
            earlier.rank > self.rank or (self._same_source(earlier) and _moment(earlier) > _moment(self))
        )

    def _covers(self, other: _Statement) -> bool:
        return self.facts.spans in {(), other.facts.spans}

    def _same_source(self, other: _Statement) -> bool:
        ours, theirs = self.facts, other.facts
        return bool(ours.by) and ours.origin != "unknown" and (ours.origin, ours.by) == (theirs.origin, theirs.by)


def _source(facts: LabelFacts) -> tuple[Origin, str, tuple[Span, ...]]:
    return facts.origin, facts.by, facts.spans


def _apart(grade: Grade, facts: LabelFacts) -> Iterator[_Statement]:
    """A statement about several passages as one about each."""
    if len(facts.spans) < 2:
        yield _Statement(grade=grade, facts=facts)
        return
    for span in facts.spans:
        yield _Statement(grade=grade, facts=replace(facts, spans=(span,)))


def _with(standing: list[_Statement], added: Iterable[_Statement]) -> list[_Statement]:
    """What stands when more is said. Overruling is transitive, so that nothing dropped could ever count again."""
    for new in added:
        if new in standing or any(new.yields_to(before) for before in standing):
            continue
        standing = [*(before for before in standing if not new.overrules(before)), new]
    return standing


def _joined(standing: list[_Statement]) -> tuple[Grade, LabelFacts]:
    leading = max(standing, key=lambda said: (said.grade, said.rank))
    speaking = [said for said in standing if said.grade > 0] or standing
    return leading.grade, replace(leading.facts, spans=tuple(span for said in speaking for span in said.facts.spans))


def _moment(said: _Statement) -> datetime:
    if not said.facts.at:
        return _LONG_AGO
    at = datetime.fromisoformat(said.facts.at)
    return at if at.tzinfo else at.replace(tzinfo=UTC)

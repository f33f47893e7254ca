"""A person judging pairs one after the other, in a terminal or a browser."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, LabelFacts
from helmert.evaluation.labels import Label, Pair
from helmert.evaluation.writers import Appending
from helmert.labelling.undoing import remove_last_label
from helmert.selection.corpus import Corpus
from helmert.types import Clock

DESCRIBED_EVERY = 50
"""Labels after which the manifest is written in between. Readers count those behind it as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a person is asked now."""

    query_id: str
    query: str
    document_id: str
    document: str
    number: int
    """Of the pair, from 1."""
    total: int
    relevant: int
    """Answers given in this session so far."""
    not_relevant: int
    skipped: int

    @property
    def pair(self) -> Pair:
        """Query id and document id."""
        return self.query_id, self.document_id


@dataclass(slots=True, kw_only=True)
class Session:
    """Pairs in order, and the answers so far. Every answer is on the disk before the next pair is shown.

    The set is read with the first answer and kept, so that an answer costs one write however large the set is.
    Safe to use from several threads, as a browser may send an answer twice. Raises `UsageError` when the pairs name
    queries or documents that are not there.
    """

    folder: Path
    """Of the set that takes the labels."""
    pairs: Sequence[Pair]
    queries: Mapping[str, str]
    corpus: Corpus
    by: str
    """Who judges."""
    clock: Clock
    _place: int = field(default=0, init=False)
    _answers: list[Label | None] = field(default_factory=list, init=False)
    """One for each pair so far; None for one that was passed over."""
    _appending: Appending | None = field(default=None, init=False)
    _undescribed: int = field(default=0, init=False)
    """Labels since the manifest was written."""
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    def __post_init__(self) -> None:
        for query, document in self.pairs:
            if query not in self.queries or document not in self.corpus.rows:
                what = f"query {query!r}" if query not in self.queries else f"document {document!r}"
                raise UsageError(
                    f"There is no {what}, which is among the pairs to judge.",
                    next_step="Make the list of pairs for this set and these documents: helmert evalset next",
                )

    @property
    def current(self) -> Shown | None:
        """The pair to judge now; None when all have been shown."""
        with self._lock:
            if self._place >= len(self.pairs):
                return None
            query, document = self.pairs[self._place]
            relevant, not_relevant, skipped = self.counts
            return Shown(
                query_id=query,
                query=self.queries[query],
                document_id=document,
                document=self.corpus.texts[self.corpus.rows[document]],
                number=self._place + 1,
                total=len(self.pairs),
                relevant=relevant,
                not_relevant=not_relevant,
                skipped=skipped,
            )

    @property
    def counts(self) -> tuple[int, int, int]:
        """Answers of this session: relevant, not relevant, passed over."""
        grades = [None if label is None else label.grade for label in self._answers]
        return grades.count(1), grades.count(0), grades.count(None)

    def judge(self, pair: Pair, *, relevant: bool) -> bool:
        """Keep an answer and go on. False, and nothing is kept, when another pair is being shown by now."""
        with self._lock:
            if not self._shows(pair):
                return False
            facts = LabelFacts(origin="human", by=self.by, at=self.clock().isoformat())
            label = Label(query=pair[0], document=pair[1], grade=int(relevant), facts=facts)
            self._keep(label)
            self._answers.append(label)
            self._place += 1
            if self._undescribed >= DESCRIBED_EVERY:
                self.describe()
            return True

    def skip(self, pair: Pair) -> bool:
        """Go on without an answer. False when another pair is being shown by now."""
        with self._lock:
            if not self._shows(pair):
                return False
            self._answers.append(None)
            self._place += 1
            return True

    def undo(self) -> bool:
        """Go back to the pair before and take its answer back. False at the first pair.

        Raises `Refused` when somebody else has added a label since.
        """
        with self._lock:
            if not self._answers:
                return False
            label = self._answers[-1]
            if label is not None:
                remove_last_label(self.folder, label, clock=self.clock)
                self._appending, self._undescribed = None, 0
            self._answers.pop()
            self._place -= 1
            return True

    def describe(self) -> None:
        """Write the manifest of the set as it is now, if it says less: at the end of a session."""
        with self._lock:
            if self._appending is not None and self._undescribed:
                self._appending.describe()
                self._undescribed = 0

    def _keep(self, label: Label) -> None:
        if self._appending is None:
            self._appending = Appending(self.folder, clock=self.clock)
        self._appending.add([label])
        self._undescribed += 1

    def _shows(self, pair: Pair) -> bool:
        return self._place < len(self.pairs) and tuple(self.pairs[self._place]) == tuple(pair)


def second_opinions(labels: Sequence[Label], by: str, *, limit: int | None = None) -> list[Pair]:
    """Pairs that other people have judged and this one has not, spread evenly over their labels, in a fixed order.

    Raises `Refused` when there is none.
    """
    people = [label for label in labels if label.facts.origin == "human" and label.facts.by]
    mine = {(label.query, label.document) for label in people if label.facts.by == by}
    others = list(dict.fromkeys((each.query, each.document) for each in people if each.facts.by != by))
    pairs = [pair for pair in others if pair not in mine]
    if not pairs:
        raise Refused("Nobody else has judged a pair that you have not.", next_step="helmert evalset next")
    step = 1 if limit is None else max(1, len(pairs) // limit)
    return pairs[::step][:limit]


def without_judged(pairs: Sequence[Pair], evalset: EvalSet) -> list[Pair]:
    """The pairs that nobody has judged yet."""
    return [(query, document) for query, document in pairs if document not in evalset.qrels.get(query, {})]

"""Queries that were copied out of the document they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.types import Document, content_hash

SAMPLE = 1000
"""Queries that are looked at: those of the smallest hash, so that the choice is fair and always the same."""
COPIED = 0.6
"""From this share of a query on, a run of its words counts as copied."""
FEWEST_WORDS = 4
"""A shorter run is a phrase that anybody may use."""
TOLERATED = 0.2
"""How much more often relevant documents may hold a copy than others before it is a problem."""
BINS = 10

_ALONE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])[^\W_])+")
_LOOKED_AT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalOverlap:
    """How much of the queries stands word by word in their relevant documents, and in others."""

    queries: int
    """Queries that were looked at: those of at least `FEWEST_WORDS` words whose documents are in the corpus."""
    copied: float
    """Share of them that were copied out of a relevant document."""
    baseline: float
    """Share of them that a document of another query holds in the same way: what the language alone does."""
    relevant_histogram: tuple[float, ...]
    """Shares of the queries by copied share, in ten bins from 0 to 1."""
    other_histogram: tuple[float, ...]


class LexicalLeakage:
    """Queries whose words were taken over from the document that answers them, as generated queries often are.

    The copied share of a query is the length of the longest run of its words that stands verbatim in a relevant
    document, divided by its number of words. Words are compared without case; a character of a script that sets no
    spaces is a word. A query is copied when the share is at least 0.6 and the run at least 4 words. The same is
    measured against documents that are relevant for another query and not for this one. Kind `lexical-leakage` is
    a warning when the first share exceeds the second by more than 0.2: such a set favours systems that match
    words, and flatters all of them.

    Looks at up to 1,000 queries and keeps the texts of up to 5 relevant documents for each.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._evalset = evalset
        chosen = sorted(evalset.answerable, key=lambda query: content_hash(query.id))
        words = ((query.id, _words(query.text)) for query in chosen)
        self._queries = list(islice(((name, split) for name, split in words if len(split) >= FEWEST_WORDS), SAMPLE))
        self._wanted = {document for name, _ in self._queries for document in self._relevant(name)}
        self._texts: dict[str, str] = {}

    def see(self, document: Document, content: str) -> None:
        """Keep its text if it will be compared. Pieces of one document add up; no run goes from one to the next."""
        del content
        if document.id in self._wanted:
            self._texts[document.id] = self._texts.get(document.id, "") + _joined(_words(document.text))

    def overlap(self) -> LexicalOverlap | None:
        """The shares; None when no query of enough words has a relevant document in the corpus."""
        measured = self._measured
        if not measured:
            return None
        own, other = [one.own for one in measured], [one.other for one in measured]
        return LexicalOverlap(
            queries=len(measured),
            copied=sum(one.is_copy(one.own) for one in measured) / len(measured),
            baseline=sum(one.is_copy(one.other) for one in measured) / len(measured),
            relevant_histogram=_histogram(own),
            other_histogram=_histogram(other),
        )

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        overlap = self.overlap()
        if overlap is None or overlap.copied - overlap.baseline <= TOLERATED:
            return
        copies = [one.query for one in self._measured if one.is_copy(one.own)]
        yield Problem(
            kind="lexical-leakage",
            severity="warning",
            count=len(copies),
            examples=some(copies),
            sentence=f"{overlap.copied:.0%} of {overlap.queries:,} queries stand for the most part word by word in "
            f"their relevant document; in the document of another query {overlap.baseline:.0%} do.",
            remedy="Do not choose between word matching and embeddings on this set. Rewrite these queries, "
            "or replace them by what people asked.",
        )

    def _relevant(self, query: str) -> list[str]:
        grades = self._evalset.qrels[query]
        ranked = sorted((-grade, document) for document, grade in grades.items() if grade > 0)
        return [document for _, document in ranked[:_LOOKED_AT]]

    @cached_property
    def _measured(self) -> list[_Measured]:
        present = [
            (name, words, texts)
            for name, words in self._queries
            if (texts := [doc for doc in self._relevant(name) if doc in self._texts])
        ]
        found = []
        for place, (name, words, own) in enumerate(present):
            others = self._others(
                name, [present[(place + step) % len(present)][2] for step in range(1, _LOOKED_AT + 1)]
            )
            found.append(
                _Measured(
                    query=name,
                    words=len(words),
                    own=self._share(words, own),
                    other=self._share(words, others[: len(own)]),
                )
            )
        return found

    def _others(self, query: str, candidates: Sequence[Sequence[str]]) -> list[str]:
        judged = self._evalset.qrels[query]
        return [document for documents in candidates for document in documents if judged.get(document, 0) <= 0]

    def _share(self, words: Sequence[str], documents: Sequence[str]) -> float:
        return max((_longest_run(words, self._texts[document]) for document in documents), default=0) / len(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    query: str
    words: int
    own: float
    other: float

    def is_copy(self, share: float) -> bool:
        return share >= COPIED and round(share * self.words) >= FEWEST_WORDS


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _joined(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _longest_run(words: Sequence[str], text: str) -> int:
    """Words in the longest run that stands in the text. A run that starts later only counts if it is longer."""
    longest = 0
    for start in range(len(words)):
        while start + longest < len(words) and _joined(words[start : start + longest + 1]) in text:
            longest += 1
    return longest


def _histogram(shares: Sequence[float]) -> tuple[float, ...]:
    counts = [0] * BINS
    for share in shares:
        counts[min(int(share * BINS), BINS - 1)] += 1
    return tuple(count / len(shares) for count in counts)

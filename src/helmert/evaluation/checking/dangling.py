"""Judgements of documents that are not in the corpus, and of queries that are not in the set."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.overlap import likely_cause
from helmert.types import Document


class DanglingDocuments:
    """Relevant documents that nothing can find, so that they cap recall; and why the ids may not meet.

    Kinds: `dangling-documents`, with `id-mismatch` when the ids on both sides seem to be spelt differently, and
    `dangling-judged` for documents that were judged and are not relevant. Keeps the ids of all documents.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._evalset = evalset
        self._known: set[str] = set()

    def see(self, document: Document, content: str) -> None:
        """Take note of its id."""
        del content
        self._known.add(document.id)

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        wanted = self._evalset.relevant_documents
        missing = self._evalset.dangling_documents(self._known)
        if missing:
            lost = [query.id for query in self._evalset.answerable if self._is_lost(query.id)]
            yield Problem(
                kind="dangling-documents",
                severity="error",
                count=len(missing),
                examples=some(missing),
                sentence=f"{len(missing):,} of {len(wanted):,} relevant documents are not in the corpus; "
                f"{len(lost):,} of {len(self._evalset.answerable):,} queries cannot be answered for that reason.",
                remedy="Use the corpus that was labelled, or remove these labels.",
            )
            yield from self._mismatch(missing)
        judged = {document for grades in self._evalset.qrels.values() for document in grades} - wanted - self._known
        if judged:
            yield Problem(
                kind="dangling-judged",
                severity="note",
                count=len(judged),
                examples=some(sorted(judged)),
                sentence=f"{len(judged):,} documents that were judged as not relevant are not in the corpus.",
                remedy="Nothing needs to be done: they count in no measure but judged@k.",
            )

    def _mismatch(self, missing: tuple[str, ...]) -> Iterator[Problem]:
        cause = likely_cause(missing, self._known)
        if cause:
            yield Problem(
                kind="id-mismatch",
                severity="error",
                count=len(missing),
                examples=some(missing),
                sentence=cause,
                remedy="Write ids in the same way in the judgements and in the corpus.",
            )

    def _is_lost(self, query: str) -> bool:
        return not any(grade > 0 and doc in self._known for doc, grade in self._evalset.qrels[query].items())


def dangling_queries(evalset: EvalSet) -> Iterator[Problem]:
    """Judgements of queries that the file of queries does not hold. Kind: `dangling-queries`."""
    notes = evalset.notes
    if notes.dangling:
        yield Problem(
            kind="dangling-queries",
            severity="error",
            count=notes.dangling,
            examples=notes.strangers,
            sentence=f"{notes.dangling:,} judgements are about queries that are not in the set."
            + (f" {notes.cause}" if notes.cause else ""),
            remedy="Use the queries file that belongs to these judgements, with the same spelling of ids.",
        )

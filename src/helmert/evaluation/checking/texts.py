"""Texts that are empty, and rows of the corpus that make no document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.types import Document


class EmptyDocuments:
    """Documents of which nothing but white space is left; no system finds them for a reason.

    Kind: `empty-documents`, an error where one of them is relevant.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._relevant = evalset.relevant_documents
        self._empty: list[str] = []

    def see(self, document: Document, content: str) -> None:
        """Look at its text."""
        del content
        if not document.text.strip():
            self._empty.append(document.id)

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        if self._empty:
            relevant = [name for name in self._empty if name in self._relevant]
            yield Problem(
                kind="empty-documents",
                severity="error" if relevant else "warning",
                count=len(self._empty),
                examples=some(relevant or self._empty),
                sentence=f"{len(self._empty):,} documents have no text, {len(relevant):,} of them are relevant.",
                remedy="Give them their text or remove them with their labels.",
            )


def empty_queries(evalset: EvalSet) -> Iterator[Problem]:
    """Queries without a text. Kind: `empty-queries`."""
    empty = [query.id for query in evalset.queries if not query.text.strip()]
    if empty:
        yield Problem(
            kind="empty-queries",
            severity="error",
            count=len(empty),
            examples=some(empty),
            sentence=f"{len(empty):,} queries have no text.",
            remedy="Give them their text or remove them.",
        )


def unusable_rows(count: int, reasons: Sequence[str]) -> Iterator[Problem]:
    """Rows of the corpus that its reader left out: without text or id, of an id used before, or malformed.

    Kind: `unusable-rows`. A relevant document among them is `dangling-documents` too.
    """
    if count:
        yield Problem(
            kind="unusable-rows",
            severity="warning",
            count=count,
            examples=some(reasons),
            sentence=f"{count:,} rows of the corpus make no document and were left out.",
            remedy="Mend or remove them; an index would leave them out too, or stop at them.",
        )

"""Documents that are their own query: by text, and by id."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.types import Document, content_hash


class SelfRetrieval:
    """Queries that stand in the corpus.

    Kind `query-is-document`: a document has the text of a query, so that every system finds it, and scores come out
    too high where it is relevant, too low where it is not. Compared are content hashes.

    Kind `shared-ids`: a document has the id of a query. Helmert takes no notice; but BEIR's evaluation leaves out
    documents with the id of the query unless told otherwise, so that its numbers will differ, and differ by
    accident where both sides count from 1.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._ids = {query.id for query in evalset.queries}
        self._texts: dict[str, str] = {content_hash(query.text): query.id for query in reversed(evalset.queries)}
        self._evalset = evalset
        self._same_text: list[tuple[str, str]] = []
        self._same_id: list[str] = []

    def see(self, document: Document, content: str) -> None:
        """Compare it with the queries."""
        if content in self._texts:
            self._same_text.append((self._texts[content], document.id))
        if document.id in self._ids:
            self._same_id.append(document.id)

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        if self._same_text:
            yield Problem(
                kind="query-is-document",
                severity="warning",
                count=len(self._same_text),
                examples=some(f"query {query} = document {document}" for query, document in self._same_text),
                sentence=f"{len(self._same_text):,} documents have the text of a query; every system finds them.",
                remedy="Take them out of the corpus, or the queries out of the set.",
            )
        if self._same_id:
            lost = sum(self._evalset.qrels.get(name, {}).get(name, 0) > 0 for name in self._same_id)
            yield Problem(
                kind="shared-ids",
                severity="warning",
                count=len(self._same_id),
                examples=some(self._same_id),
                sentence=f"{len(self._same_id):,} documents have the id of a query, {lost:,} of them relevant for it. "
                "Helmert scores them as any other; BEIR's evaluation leaves them out by default.",
                remedy="Put a letter before the ids of one side if other tools score this set too.",
            )

"""The round trip: a query is kept when its document is found with it.

Asking one candidate would keep the queries that this candidate answers well, and drop those it fails: it would judge
itself. So the document has to be found by any of all candidates and BM25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helmert.errors import UsageError
from helmert.labelling.rankings import Ranker, distinct, top
from helmert.selection.corpus import Corpus
from helmert.types import Query, content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Asks the union of all systems. Raises `UsageError` when there would be only one, or the depth is below 1."""

    ranker: Ranker
    depth: int = 20

    def __post_init__(self) -> None:
        if len(self.ranker.systems) < 2:
            raise UsageError(
                f"A round trip through {self.ranker.systems[0]} alone keeps the queries that it answers well.",
                next_step="Name the candidates with --models, or leave the round trip out.",
            )
        if self.depth < 1:
            raise UsageError(f"The depth of a round trip is at least 1; got {self.depth}.")

    def found_by(self, corpus: Corpus, queries: Sequence[tuple[Query, str]]) -> Mapping[str, frozenset[str]]:
        """Query id to the names of the systems that return its document, or one of the same text, near the top.

        Raises what the embedders raise.
        """
        ranked = distinct(corpus)
        runs = self.ranker.rank(ranked, [query for query, _ in queries], self.depth)
        stands_for = {content_hash(text): document for document, text in ranked.pairs()}
        names = {document: stands_for[content_hash(corpus.texts[corpus.rows[document]])] for _, document in queries}
        return {
            query.id: frozenset(
                system for system, run in runs.items() if names[document] in top(run, query.id, self.depth)
            )
            for query, document in queries
        }

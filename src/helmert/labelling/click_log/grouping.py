"""Which queries of a log are one query, and which are so alike that they are no independent evidence."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from helmert.selection.bm25 import words
from helmert.types import content_hash

ALIKE = 0.6
"""Share of common words from which two queries with a common document are paraphrases."""

_MOST_COMPARED = 200
_EDGES = re.compile(r"^[\s\W_]+|[\s\W_]+$")


def normal_form(text: str) -> str:
    """The text by which equal queries are found: case, white space and punctuation at its ends do not count.

    >>> normal_form("  How do I  REFUND?")
    'how do i refund'
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _EDGES.sub("", folded) or folded


def query_name(form: str) -> str:
    """An id for a query without one: the same for the same text in every log."""
    return f"q-{content_hash(form)[:16]}"


def near_duplicates(queries: Mapping[str, str], documents: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Cluster of each query that has near-duplicates: the first of their ids.

    Near-duplicates have the same words in any order, or a common relevant document and most of their words in
    common. What is near a near-duplicate belongs to the same cluster.

    Args:
        queries: Query id to normal form.
        documents: Query id to its relevant documents.
    """
    bags = {query: frozenset(words(text)) or frozenset({text}) for query, text in queries.items()}
    clusters = _Clusters(queries)
    for group in _grouped((bags[query], query) for query in queries):
        clusters.join(group)
    by_document = _grouped((document, query) for query in queries for document in documents.get(query, ()))
    for group in by_document:
        compared = group[:_MOST_COMPARED]
        for place, query in enumerate(compared):
            clusters.join([query, *(other for other in compared[:place] if _alike(bags[query], bags[other]))])
    return clusters.named()


def _alike(first: frozenset[str], second: frozenset[str]) -> bool:
    return len(first & second) >= ALIKE * len(first | second)


def _grouped(pairs: Iterable[tuple[object, str]]) -> list[list[str]]:
    groups: defaultdict[object, list[str]] = defaultdict(list)
    for key, query in pairs:
        groups[key].append(query)
    return list(groups.values())


class _Clusters:
    """Disjoint sets of queries."""

    def __init__(self, queries: Iterable[str]) -> None:
        self._above = {query: query for query in queries}

    def join(self, group: Sequence[str]) -> None:
        root = self._root(group[0])
        for query in group[1:]:
            self._above[self._root(query)] = root

    def named(self) -> dict[str, str]:
        members: defaultdict[str, list[str]] = defaultdict(list)
        for query in self._above:
            members[self._root(query)].append(query)
        return {query: min(group) for group in members.values() if len(group) > 1 for query in group}

    def _root(self, query: str) -> str:
        while self._above[query] != query:
            self._above[query] = query = self._above[self._above[query]]
        return query

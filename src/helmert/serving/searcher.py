"""Search through an alias."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.errors import NotFound, UsageError
from helmert.serving.resolver import Resolved, Resolver
from helmert.stores.base import Filter
from helmert.types import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hits, and which index at which generation of the alias they come from."""

    hits: tuple[Hit, ...]
    alias: str
    index: str
    model: str
    generation: int


class Searcher:
    """Answers texts with the index and the model an alias points at now."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def search(self, alias: str, text: str, k: int = 10, *, filter: Filter | None = None) -> Answer:  # noqa: A002
        """The k documents nearest to the text, by cosine similarity.

        The query is embedded after the alias was resolved, by the model that belongs to the index. When the index
        vanished between the two (dropped after a swap), the alias is resolved once more.
        """
        if k < 1:
            raise UsageError(f"k must be at least 1; got {k}.")
        if not text.strip():
            raise UsageError("There is nothing to search for: the text is blank.")
        resolved = self._resolver.resolve(alias)
        try:
            return self._ask(resolved, text, k, filter)
        except NotFound:
            self._resolver.forget(alias)
            again = self._resolver.resolve(alias)
            if again.generation == resolved.generation:
                raise
            return self._ask(again, text, k, filter)

    @staticmethod
    def _ask(resolved: Resolved, text: str, k: int, filter_: Filter | None) -> Answer:
        vectors = resolved.embedder.embed_queries([text]).vectors
        (hits,) = resolved.store.search(resolved.index, vectors, k, space=resolved.space.vector_hash, filter=filter_)
        return Answer(
            hits=tuple(hits),
            alias=resolved.alias,
            index=resolved.index,
            model=resolved.model,
            generation=resolved.generation,
        )

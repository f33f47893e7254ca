"""`resolve(alias)`: index and query embedder as one unit.

A swap changes which model must embed the query. Whoever caches the model while the alias moves sends queries of
the wrong space, so the two are only ever handed out together, and checked against each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from helmert.models.base import Embedder
from helmert.registry import AliasRecord, Registry
from helmert.spaces import EmbeddingSpace, require_same
from helmert.stores.base import VectorStore

FRESH_SECONDS = 0.25
"""How long a resolved alias is used before the registry is asked again; a swap is seen within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What an alias means at one generation."""

    alias: str
    collection: str
    generation: int
    index: str
    model: str
    space: EmbeddingSpace
    """The space of the index."""
    store: VectorStore
    embedder: Embedder


class Resolver:
    """Resolves aliases, asking the registry at most once per `FRESH_SECONDS` and alias. Thread-safe."""

    def __init__(
        self,
        registry: Registry,
        *,
        store: Callable[[str], VectorStore],
        embedder: Callable[[str], Embedder],
        seconds: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._store = store
        self._embedder = embedder
        self._seconds = seconds
        self._known: dict[str, tuple[float, Resolved]] = {}
        self._lock = threading.Lock()

    def resolve(self, alias: str) -> Resolved:
        """Index, store and query embedder of an alias.

        Raises `NotFound` for an unknown alias and `DifferentSpace` when the configured model does not make
        vectors of the index's space any more.
        """
        fresh = self._fresh(alias)
        if fresh is not None:
            return fresh
        with self._lock:
            fresh = self._fresh(alias)  # another thread may have asked while this one waited
            if fresh is not None:
                return fresh
            now = self._seconds()
            record = self._registry.aliases.get(alias)
            known = self._known.get(alias)
            if known is None or known[1].generation != record.generation:
                known = (now, self._build(record))
            self._known[alias] = (now, known[1])
            return known[1]

    def forget(self, alias: str) -> None:
        """Ask the registry at the next call; used by whoever has just swapped the alias."""
        with self._lock:
            self._known.pop(alias, None)

    def _fresh(self, alias: str) -> Resolved | None:
        known = self._known.get(alias)
        return known[1] if known is not None and self._seconds() - known[0] < FRESH_SECONDS else None

    def _build(self, record: AliasRecord) -> Resolved:
        index = self._registry.indexes.get(record.index)
        space = self._registry.spaces.get(index.space)
        embedder = self._embedder(record.model)
        require_same(space, embedder.space, doing=f"search {record.index} with model {record.model!r}")
        return Resolved(
            alias=record.alias,
            collection=record.collection,
            generation=record.generation,
            index=record.index,
            model=record.model,
            space=space,
            store=self._store(index.store),
            embedder=embedder,
        )

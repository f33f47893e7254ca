"""Texts that are longer than a model reads. Their end is in no vector, and no provider says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmert.models.base import Embedder
from helmert.selection.scorecard import Truncation

Counts = NDArray[np.int64]
"""Shape (texts,): tokens of each text with its prefix, uncut."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TokenCounts:
    """Tokens of all documents and queries by the model's own tokeniser, or by its estimate where it has none."""

    documents: Counts
    queries: Counts
    limit: int | None

    @property
    def total(self) -> int:
        """Tokens that would be billed for all texts: no more of each than the model reads."""
        return int(self._read(self.documents).sum() + self._read(self.queries).sum())

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Shape (documents,): true for those whose end is lost."""
        return self.documents > self.limit if self.limit is not None else np.zeros(len(self.documents), dtype=np.bool_)

    def truncation(self) -> Truncation:
        """How many texts are cut, and the share of the corpus's tokens that is lost with their ends."""
        whole = int(self.documents.sum())
        lost = whole - int(self._read(self.documents).sum())
        return Truncation(
            limit=self.limit,
            documents=int(self.beyond.sum()),
            queries=int((self.queries > self.limit).sum()) if self.limit is not None else 0,
            tokens_lost=lost / whole if whole else 0.0,
        )

    def _read(self, counts: Counts) -> Counts:
        return counts if self.limit is None else np.minimum(counts, self.limit)


def count_tokens(embedder: Embedder, documents: Sequence[str], queries: Sequence[str]) -> TokenCounts:
    """Tokens of every text with the prefix of its side, as the model would see it."""
    space = embedder.space

    def counted(texts: Sequence[str], prefix: str) -> Counts:
        return np.fromiter((embedder.count_tokens(prefix + text) for text in texts), dtype=np.int64, count=len(texts))

    return TokenCounts(
        documents=counted(documents, space.document_recipe.prefix),
        queries=counted(queries, space.query_recipe.prefix),
        limit=embedder.limits.text_tokens,
    )


def truncation_warnings(name: str, found: Truncation) -> Iterator[str]:
    """One sentence when anything is cut."""
    if found.documents or found.queries:
        yield (
            f"{name} reads {found.limit:,} tokens of a text: {found.documents:,} documents and {found.queries:,} "
            f"queries are longer, and {100 * found.tokens_lost:.1f}% of the corpus's tokens are in no vector."
        )

"""A text with a known vector beside every batch that is written, so that a bad batch is refused in time.

No check of a batch by itself can see vectors that changed places, or a model that was replaced behind its name
and kept its dimensions. One more word per request shows both, except when only other rows changed places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmert.errors import GarbageVectors
from helmert.models.base import Embedder, EmbeddingBatch, Limits
from helmert.registry import IndexRecord, Registry
from helmert.spaces import EmbeddingSpace, require_same
from helmert.spaces.probes import PROBE_SET, PROBES
from helmert.types import Vectors

CANARY = PROBES[0]
TOLERANCE = 0.05
"""Cosine distance. What a batch's other texts change, also in quantised models, stays well below; another text or
another model is well above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedEmbedder:
    """An `Embedder` whose document side sends the canary along and looks at what becomes of it."""

    inner: Embedder
    expected: Vectors
    """The canary's vector when the fingerprint was taken, shape (dims,)."""
    tolerance: float

    @property
    def space(self) -> EmbeddingSpace:
        """The space of the inner embedder."""
        return self.inner.space

    @property
    def limits(self) -> Limits:
        """The limits of the inner embedder."""
        return self.inner.limits

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, as the inner embedder counts them."""
        return self.inner.count_tokens(text)

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries, which are not watched."""
        return self.inner.embed_queries(texts)

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents. Raises `GarbageVectors` when the canary came back as something else.

        The canary stands last in each request that the inner embedder will make of the texts.
        """
        size = max(self.limits.batch_texts - 1, 1)
        sent: list[str] = []
        watched: list[int] = []
        for start in range(0, len(texts), size):
            sent += [*texts[start : start + size], CANARY]
            watched.append(len(sent) - 1)
        batch = self.inner.embed_documents(sent)
        self._look(batch.vectors[watched], len(texts))
        return replace(batch, vectors=np.delete(batch.vectors, watched, axis=0))

    def _look(self, found: Vectors, texts: int) -> None:
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(self.expected)
        distances = 1.0 - (found @ self.expected) / lengths
        worst = float(distances.max(initial=0.0))
        if worst > self.tolerance:
            raise GarbageVectors(
                f"Model {self.space.model!r}: in a batch of {texts} texts the known text {CANARY!r} came back at "
                f"cosine distance {worst:.2g} from its fingerprint. The vectors are in another order, or another "
                "model made them; none of the batch was written.",
                next_step="Find out what answers there. When it is mended: helmert apply",
            )


def filling(index: IndexRecord, registry: Registry, embedder: Embedder) -> Embedder:
    """The model that may fill an index, with a canary where the index's space has a fingerprint.

    Raises `DifferentSpace` when the model, as it is configured now, does not make the vectors of the index.
    """
    require_same(registry.spaces.get(index.space), embedder.space, doing=f"fill {index.name} with {index.model!r}")
    known = registry.spaces.known_fingerprint(index.vector_hash, PROBE_SET)
    if known is None:
        return embedder
    tolerance = max(TOLERANCE, 4.0 * float(known.noise[0]))
    return WatchedEmbedder(inner=embedder, expected=known.vectors[0], tolerance=tolerance)

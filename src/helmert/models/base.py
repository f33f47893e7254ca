"""The protocol of something that turns texts into vectors of one space.

How to write a provider
-----------------------
1. One file with a class that has the members of `Embedder`, and a function
   `open_embedder(options: Mapping[str, object], base: Path) -> Embedder`, registered in the entry-point group
   `helmert.embedders`. `options` is the table `[models.<name>]` of `helmert.toml` without `provider`; `base`
   is the folder relative paths start from. Unknown options are a `ConfigError`.
2. `embed_documents` and `embed_queries` take any number of texts and split them into requests themselves.
3. Errors are from the tree in `helmert.errors`: `ProviderOutage`, `RateLimited`, `RejectedInput`,
   `ProviderMisconfigured`, `GarbageVectors`.
4. A test of three lines that runs `helmert.testing.models.EmbedderContract`.

`helmert.models.discovery.open_embedder` wraps every provider in `CheckedEmbedder`, so a provider need not
check its own vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from helmert.spaces.space import EmbeddingSpace
from helmert.types import Vectors

Side = Literal["query", "document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingBatch:
    """Vectors and where they came from."""

    vectors: Vectors
    """Shape (n, dims), float32; row i belongs to text i."""
    side: Side
    requested_model: str
    reported_model: str | None
    """What the endpoint says answered; None when it does not say."""
    tokens: int | None
    """Tokens billed; None when the provider does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much fits into one request, and what a text costs."""

    batch_texts: int
    """Texts in one request."""
    batch_tokens: int | None = None
    """Tokens in one request; None for no limit."""
    text_tokens: int | None = None
    """Tokens of one text beyond which the model truncates or refuses; None for no limit."""
    price_per_million: float = 0.0
    """Money for a million input tokens, in the currency of the user's configuration."""


class Embedder(Protocol):
    """A model that makes vectors of one space."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space its vectors belong to."""

    @property
    def limits(self) -> Limits:
        """Request sizes and price."""

    def count_tokens(self, text: str) -> int:
        """Tokens of a text; an estimate where the provider's tokeniser is not on this machine."""

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of texts that will be stored."""

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of texts that somebody searches with."""

"""Who makes vectors: the `Embedder` protocol, checks on every batch, batching, and one file per provider.

May import `spaces`, `types`, `errors`. A provider imports heavy packages only when it is opened.
"""

from helmert.models.base import Embedder, EmbeddingBatch, Limits, Side
from helmert.models.checked import CheckedEmbedder
from helmert.models.discovery import open_embedder

__all__ = ["CheckedEmbedder", "Embedder", "EmbeddingBatch", "Limits", "Side", "open_embedder"]

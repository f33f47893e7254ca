"""Embed documents so that a refusal names the document: a batch that fails as a whole helps nobody to mend it."""

from __future__ import annotations

from collections.abc import Sequence

from helmert.errors import RejectedInput
from helmert.models.base import Embedder, EmbeddingBatch


def embed_documents(embedder: Embedder, ids: Sequence[str], texts: Sequence[str]) -> EmbeddingBatch:
    """Vectors of documents.

    When the model refuses the batch, halves of it are tried until one text is left; that costs at most as many texts
    again. Raises `RejectedInput` with the id of that document, or the model's own error when each text alone is fine.
    """
    try:
        return embedder.embed_documents(texts)
    except RejectedInput as error:
        found = _refused(embedder, texts)
        if found is None:
            raise
        raise RejectedInput(
            f"The model refuses document {ids[found]!r}: {error.message}",
            next_step="write that document with another text, or delete it; then run the same command again",
        ) from error


def _refused(embedder: Embedder, texts: Sequence[str]) -> int | None:
    """The place of a text that the model refuses also when it is alone."""
    start, end = 0, len(texts)
    while end - start > 1:
        middle = (start + end) // 2
        if _accepted(embedder, texts[start:middle]):
            start = middle
        else:
            end = middle
    return None if _accepted(embedder, texts[start:end]) else start


def _accepted(embedder: Embedder, texts: Sequence[str]) -> bool:
    try:
        embedder.embed_documents(texts)
    except RejectedInput:
        return False
    return True

"""`CheckedEmbedder`: no batch leaves a provider before its vectors were looked at.

A provider can answer with success and still be wrong: a gateway that decodes numbers badly, a server that
loses a row, a model that was replaced behind its name. Stored once, such vectors are found months later by
their absence from search results. The checks are vectorised and cost about a millisecond for 2,048 vectors of
1,536 dimensions.

What no check of a single batch can see is two rows that changed places; probes with known vectors see that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from helmert.errors import GarbageVectors, RejectedInput
from helmert.models.base import Embedder, EmbeddingBatch, Limits, Side
from helmert.spaces.space import EmbeddingSpace
from helmert.types import Vectors

NORM_TOLERANCE = 1e-3
"""How far from one the length of a normalised vector may be. Arithmetic in float16 stays below it."""


@runtime_checkable
class Closable(Protocol):
    """A provider that holds connections or threads."""

    def close(self) -> None:
        """Release them."""


class CheckedEmbedder:
    """An `Embedder` that checks what goes into another one and what comes out.

    Texts that are empty, only white space, or not valid Unicode are refused with `RejectedInput` before the
    provider is called. A batch with the wrong side, count, type or shape, with a value that is not finite, a
    zero vector, a length other than one where the space promises it, or from another model than the batches
    before it raises `GarbageVectors`. An empty list gives an empty batch without a call.
    """

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self._first_reported: str | None = None
        self._lock = threading.Lock()

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

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Checked vectors of texts to store. Raises `RejectedInput` or `GarbageVectors`."""
        return self._checked(self.inner.embed_documents, texts, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Checked vectors of texts to search with. Raises `RejectedInput` or `GarbageVectors`."""
        return self._checked(self.inner.embed_queries, texts, "query")

    def close(self) -> None:
        """Release the connections or threads of the provider, where it holds any."""
        if isinstance(self.inner, Closable):
            self.inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _checked(
        self, embed: Callable[[Sequence[str]], EmbeddingBatch], texts: Sequence[str], side: Side
    ) -> EmbeddingBatch:
        space = self.space
        if len(texts) == 0:
            return empty_batch(space, side)
        check_texts(texts, model=space.model)
        batch = embed(texts)
        check_batch(batch, space=space, side=side, count=len(texts))
        self._check_reported(batch.reported_model)
        return batch

    def _check_reported(self, reported: str | None) -> None:
        if reported is None:
            return
        with self._lock:
            if self._first_reported is None:
                self._first_reported = reported
            first = self._first_reported
        if reported != first:
            raise GarbageVectors(
                f"Model {self.space.model!r}: the endpoint answered as {first!r} before and answers as "
                f"{reported!r} now. The model was changed while it was in use.",
                next_step="Find out what is served there; a changed model needs a new index: helmert plan",
            )


def empty_batch(space: EmbeddingSpace, side: Side) -> EmbeddingBatch:
    """The answer to an empty list: shape (0, dims), no tokens, nothing reported."""
    return EmbeddingBatch(
        vectors=np.empty((0, space.dims), dtype=np.float32),
        side=side,
        requested_model=space.model,
        reported_model=None,
        tokens=0,
    )


def check_texts(texts: Sequence[str], *, model: str) -> None:
    """Raise `RejectedInput` for the first text that no model can embed, naming its position."""
    for position, text in enumerate(texts):
        if not text or text.isspace():
            raise RejectedInput(
                f"Text {position} of {len(texts)} for model {model!r} is empty: {text[:20]!r}.",
                next_step="Leave documents without text out of the collection.",
            )
        if not text.isascii():
            _check_unicode(text, position, len(texts), model)


def check_batch(batch: EmbeddingBatch, *, space: EmbeddingSpace, side: Side, count: int) -> None:
    """Raise `GarbageVectors` unless the batch is what `count` texts on this side must give in this space."""
    if batch.side != side:
        raise _garbage(space, f"answered for the {batch.side} side, asked was the {side} side")
    _check_form(batch.vectors, space=space, count=count)
    # Squares of values above about 1e19 overflow float32; a vector with such a value counts as not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", batch.vectors, batch.vectors))
    _check_finite(batch.vectors, norms, space)
    _check_lengths(norms, space)


def _check_unicode(text: str, position: int, count: int, model: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RejectedInput(
            f"Text {position} of {count} for model {model!r} is not valid Unicode: character {error.start} "
            f"is the lone surrogate U+{ord(text[error.start]):04X}.",
            next_step="Repair the text where it was decoded; UTF-8 cannot carry it.",
        ) from error


def _check_form(vectors: Vectors, *, space: EmbeddingSpace, count: int) -> None:
    if vectors.dtype != np.float32:
        raise _garbage(space, f"answered with {vectors.dtype} values, not float32")
    if vectors.ndim != 2 or vectors.shape[0] != count:
        raise _garbage(space, f"answered with shape {vectors.shape} for {count} texts of {space.dims} dimensions")
    if vectors.shape[1] != space.dims:
        raise _garbage(
            space,
            f"answered with {vectors.shape[1]} dimensions, its space has {space.dims}",
            next_step="Compare `dims` in helmert.toml with what the endpoint serves.",
        )


def _check_finite(vectors: Vectors, norms: NDArray[np.float32], space: EmbeddingSpace) -> None:
    finite = np.isfinite(norms)
    if not finite.all():
        row = int(np.argmin(finite))
        column = int(np.argmax(np.where(np.isnan(vectors[row]), np.inf, np.abs(vectors[row]))))
        raise _garbage(
            space, f"row {row} of {len(norms)} is not finite: value {vectors[row, column]} in column {column}"
        )


def _check_lengths(norms: NDArray[np.float32], space: EmbeddingSpace) -> None:
    if not norms.all():
        raise _garbage(space, f"row {int(np.argmin(norms))} of {len(norms)} is a zero vector")
    if not space.normalised:
        return
    off = np.abs(norms - 1.0)
    row = int(np.argmax(off))
    if off[row] > NORM_TOLERANCE:
        raise _garbage(
            space,
            f"row {row} of {len(norms)} has length {norms[row]:.6g}, its space promises length 1",
            next_step="Let Helmert scale the vectors, where the provider has the option `normalise`.",
        )


def _garbage(space: EmbeddingSpace, what: str, *, next_step: str | None = None) -> GarbageVectors:
    return GarbageVectors(f"Model {space.model!r}: {what}.", next_step=next_step)

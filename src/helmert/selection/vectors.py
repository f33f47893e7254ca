"""Vectors on disk, so that a text is paid for once, however often candidates are tried or a run is killed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helmert.models.base import Embedder, Side
from helmert.types import Vectors

BLOCK = 512
"""Texts embedded and kept together: what an interruption can cost twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Vectors of some texts, and what they cost this time."""

    vectors: Vectors
    """Shape (texts, dims)."""
    computed: int
    """Texts that were embedded now; the others were on disk."""
    tokens: int
    """Tokens the provider counted for those."""
    seconds: float
    """Time inside the embedder for those."""


class VectorCache:
    """Blocks of vectors under one folder, named by the digest of recipe, side and texts."""

    def __init__(self, folder: Path, *, seconds: Callable[[], float]) -> None:
        self._folder = folder
        self._seconds = seconds

    def embed(
        self,
        embedder: Embedder,
        side: Side,
        texts: Sequence[str],
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> Embedded:
        """Vectors of all texts, block by block; blocks that are on disk are read and not paid again.

        `on_progress` hears how many texts are done. Raises what the embedder raises; what was embedded before
        is kept.
        """
        vectors = np.empty((len(texts), embedder.space.dims), dtype=np.float32)
        computed = tokens = 0
        spent = 0.0
        folder = self._folder / _recipe(embedder, side)
        for start, block in _blocks(texts):
            path = folder / f"{_digest(block)}.npy"
            known = _read(path, (len(block), embedder.space.dims))
            if known is None:
                began = self._seconds()
                batch = embedder.embed_documents(block) if side == "document" else embedder.embed_queries(block)
                spent += self._seconds() - began
                known, computed, tokens = batch.vectors, computed + len(block), tokens + (batch.tokens or 0)
                _write(path, known)
            vectors[start : start + len(block)] = known
            on_progress(start + len(block))
        return Embedded(vectors=vectors, computed=computed, tokens=tokens, seconds=spent)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(texts), BLOCK):
        yield start, texts[start : start + BLOCK]


def _recipe(embedder: Embedder, side: Side) -> str:
    """What the vectors of this side depend on. Query prompts do not change how documents are embedded."""
    space = embedder.space
    return f"{side}-{space.vector_hash if side == 'document' else space.record_hash}"


def _digest(texts: Iterable[str]) -> str:
    state = hashlib.blake2b(digest_size=16)
    for text in texts:
        raw = text.encode()
        state.update(len(raw).to_bytes(8, "little"))
        state.update(raw)
    return state.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> Vectors | None:
    """The block on disk, or None when there is none or it is damaged."""
    try:
        vectors: Vectors = np.load(path, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float32 else None


def _write(path: Path, vectors: Vectors) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as stream:
        np.save(stream, vectors)
    unfinished.replace(path)

"""One folder of vectors on disk, in blocks that are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helmert.types import Vectors

Keys = NDArray[np.uint8]
"""Shape (rows, 16): one key for each vector."""


class Shelf:
    """Vectors of one model and one side, found by key. Damaged blocks are as good as missing ones."""

    def __init__(self, folder: Path, dims: int) -> None:
        self.folder = folder
        self._dims = dims
        self._places: dict[bytes, tuple[Path, int]] = {}
        for path in sorted(folder.glob("*.npz")):
            self._learn(path)

    @property
    def keys(self) -> set[bytes]:
        """The keys of all vectors that are there."""
        return set(self._places)

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def add(self, keys: Sequence[bytes], vectors: Vectors, *, name: str = "") -> Path:
        """Keep a block, under a name made of its keys when none is given. A killed writer leaves nothing half."""
        path = self.folder / f"{name or hashlib.blake2b(b''.join(keys), digest_size=16).hexdigest()}.npz"
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        with unfinished.open("wb") as stream:
            np.savez(stream, keys=np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 16), vectors=vectors)
        unfinished.replace(path)
        self._places |= {key: (path, row) for row, key in enumerate(keys)}
        return path

    def take(self, keys: Sequence[bytes]) -> Vectors:
        """The vectors of these keys, in their order. Raises `KeyError` for one that is not there."""
        vectors = np.empty((len(keys), self._dims), dtype=np.float32)
        by_block: dict[Path, list[tuple[int, int]]] = {}
        for row, key in enumerate(keys):
            path, place = self._places[key]
            by_block.setdefault(path, []).append((row, place))
        for path, places in by_block.items():
            found = self.read(path)
            if found is None:
                raise KeyError(str(path))
            rows, wanted = zip(*places, strict=True)
            vectors[list(rows)] = found[1][list(wanted)]
        return vectors

    @staticmethod
    def read(path: Path) -> tuple[Keys, Vectors] | None:
        """Keys and vectors of a block, or None when it is missing or damaged."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as block:
                keys, vectors = block["keys"], block["vectors"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        fits = keys.dtype == np.uint8 and keys.ndim == 2 and keys.shape[1] == 16
        fits = fits and vectors.dtype == np.float32 and vectors.ndim == 2 and len(keys) == len(vectors)
        return (keys, vectors) if fits else None

    def _learn(self, path: Path) -> None:
        found = self.read(path)
        if found is not None and found[1].shape[1] == self._dims:
            self._places |= {key.tobytes(): (path, row) for row, key in enumerate(found[0])}

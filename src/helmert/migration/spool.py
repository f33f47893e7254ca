"""Vectors that are paid for and not yet in the store, kept on disk so that a crash does not cost them.

Between the model and the store a few batches are always on their way. Each is put into a file of its own as soon as
the model has answered, and the file is removed when the store has the rows. After a crash the next run takes the
vectors from here, so that only what the model was working on at that moment is paid twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import orjson

from helmert.stores.base import Rows
from helmert.types import Vectors

Key = tuple[str, str]
"""Id and content hash of a row."""


class Spool:
    """A folder of embedded batches for one index and one space. One process uses it at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def recover(self) -> dict[Key, Vectors]:
        """What an earlier run left: the vector of each row, shape (dims,). Damaged files are left out.

        The files stay until `clear`, in case this run dies too.
        """
        found: dict[Key, Vectors] = {}
        paths = sorted(self._folder.glob("*.npz"))
        for path in paths:
            found.update(_read(path))
        self._numbers = count(int(paths[-1].stem) + 1 if paths else 0)
        return found

    def keep(self, rows: Rows) -> Path:
        """Put a batch with vectors on disk; returns what `drop` wants. The file is whole or not there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{next(self._numbers):08d}.npz"
        partial = path.with_suffix(".partial")
        keys = orjson.dumps(list(zip(rows.ids, rows.hashes, strict=True)))
        with partial.open("wb") as file:
            np.savez(file, keys=np.frombuffer(keys, dtype=np.uint8), vectors=np.asarray(rows.vectors))
        partial.replace(path)
        return path

    def drop(self, paths: Sequence[Path]) -> None:
        """Forget batches that the store has."""
        for path in paths:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything, once the store has all of it."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> Iterable[tuple[Key, Vectors]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            keys, vectors = orjson.loads(data["keys"].tobytes()), data["vectors"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, orjson.JSONDecodeError):
        return ()
    return zip(((id_, hash_) for id_, hash_ in keys), vectors, strict=False)

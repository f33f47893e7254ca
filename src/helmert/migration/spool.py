"""Vectors that are paid for and not yet in the store, kept on disk so that a crash does not cost them.

Between the model and the store a few batches are always on their way. Each is put into a file of its own as soon as
the model has answered, and the file is removed when the store has the rows. After a crash the next run takes the
vectors from here, so that only what the model was working on at that moment is paid twice.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from zlib import crc32

import numpy as np
import orjson

from helmert.stores.base import Rows
from helmert.types import Vectors

Key = tuple[str, str]
"""Id and content hash of a row."""

_HEAD = struct.Struct("<II")
"""Checksum of what follows, and the length of the keys. After them stand the vectors as float32, row by row."""


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
        paths = sorted(self._folder.glob("*.batch"))
        for path in paths:
            found.update(_read(path))
        self._numbers = count(int(paths[-1].stem) + 1 if paths else 0)
        return found

    def keep(self, rows: Rows) -> Path:
        """Put a batch with vectors on disk; returns what `drop` wants."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{next(self._numbers):08d}.batch"
        keys = orjson.dumps(list(zip(rows.ids, rows.hashes, strict=True)))
        vectors = np.ascontiguousarray(rows.vectors, dtype="<f4").data
        with path.open("wb") as file:
            file.write(_HEAD.pack(crc32(vectors, crc32(keys)), len(keys)) + keys)
            file.write(vectors)
        return path

    def drop(self, paths: Sequence[Path]) -> None:
        """Forget batches that the store has."""
        for path in paths:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything, once the store has all of it."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> Iterable[tuple[Key, Vectors]]:
    content = path.read_bytes()
    head, body = content[: _HEAD.size], content[_HEAD.size :]
    if len(head) < _HEAD.size or _HEAD.unpack(head)[0] != crc32(body):
        return ()
    end = _HEAD.unpack(head)[1]
    keys = orjson.loads(body[:end])
    vectors = np.frombuffer(body[end:], dtype="<f4").reshape(len(keys), -1)
    return zip(((id_, hash_) for id_, hash_ in keys), vectors, strict=True)

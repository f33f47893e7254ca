"""The documents that candidates are tried on, held in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from helmert.errors import UsageError
from helmert.types import Document, Metadata


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """Documents as columns. Raises `UsageError` when it is empty or holds an id twice."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    metadata: tuple[Metadata, ...]

    def __post_init__(self) -> None:
        if not self.ids:
            raise UsageError("There are no documents to try candidates on.", next_step="Check `source`.")
        if len(self.rows) != len(self.ids):
            raise UsageError(
                f"{len(self.ids) - len(self.rows)} document ids are used more than once.",
                next_step="Give every document an id of its own.",
            )

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Self:
        """The documents in the order given."""
        held = list(documents)
        return cls(
            ids=tuple(document.id for document in held),
            texts=tuple(document.text for document in held),
            metadata=tuple(document.metadata for document in held),
        )

    @cached_property
    def rows(self) -> dict[str, int]:
        """Position of each document id."""
        return {document: row for row, document in enumerate(self.ids)}

    @cached_property
    def digest(self) -> str:
        """32 hex characters over ids and texts, whatever their order."""
        each = [hashlib.blake2b(f"{i}\0{t}".encode(), digest_size=16).digest() for i, t in self.pairs()]
        return hashlib.blake2b(b"".join(sorted(each)), digest_size=16).hexdigest()

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Ids with their texts."""
        return zip(self.ids, self.texts, strict=True)

    def take(self, ids: Iterable[str]) -> Corpus:
        """The documents of these ids, in the order of this corpus. Ids it does not hold are left out."""
        wanted = np.array(sorted({self.rows[document] for document in ids if document in self.rows}), dtype=np.intp)
        return Corpus(
            ids=tuple(self.ids[row] for row in wanted),
            texts=tuple(self.texts[row] for row in wanted),
            metadata=tuple(self.metadata[row] for row in wanted),
        )

    def __len__(self) -> int:
        return len(self.ids)

"""Documents and labelled queries made of invented words, the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helmert.types import Document

SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")
LANGUAGES = ("en", "de", "fr")
VOCABULARY = 700
LENGTH = 24
"""Words in a document."""
ASKED = 5
"""Words of a document that its query repeats."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A query and the one document that answers it."""

    id: str
    text: str
    relevant: str


class Author:
    """Writes documents and queries about them."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        spelt = {"".join(self._rng.choice(SYLLABLES, size=3)) for _ in range(3 * VOCABULARY)}
        self._words = sorted(spelt)[:VOCABULARY]
        frequency = 1.0 / np.arange(2, len(self._words) + 2)
        self._frequency = frequency / frequency.sum()

    def text(self) -> str:
        """Words by Zipf's law, so that common ones tell little."""
        return " ".join(self._rng.choice(self._words, size=LENGTH, p=self._frequency))

    def document(self, id_: str) -> Document:
        """A new document under an id."""
        lang = str(self._rng.choice(LANGUAGES))
        return Document(id=id_, text=self.text(), metadata={"lang": lang, "edition": int(self._rng.integers(9))})

    def documents(self, count: int, prefix: str = "d") -> list[Document]:
        """New documents `d000`, `d001`, ..."""
        return [self.document(f"{prefix}{number:03d}") for number in range(count)]

    def queries(self, documents: Sequence[Document], count: int) -> list[Labelled]:
        """Queries that repeat some words of a document each."""
        chosen = self._rng.choice(len(documents), size=count, replace=False)
        return [
            Labelled(
                id=f"q{number:03d}",
                text=" ".join(self._rng.choice(documents[row].text.split(), size=ASKED, replace=False)),
                relevant=documents[row].id,
            )
            for number, row in enumerate(chosen)
        ]


def write_corpus(path: Path, documents: Sequence[Document]) -> None:
    """A JSONL file of documents."""
    lines = [json.dumps({"id": d.id, "text": d.text, **d.metadata}) for d in documents]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_queries(path: Path, queries: Sequence[Labelled]) -> None:
    """A JSONL file of labelled queries."""
    lines = [json.dumps({"id": q.id, "text": q.text, "relevant": [q.relevant]}) for q in queries]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

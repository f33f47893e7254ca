"""Index names: `docs__minilm_v2__2026-03-01`, and the same name in each store's alphabet.

A name says collection, space, version and date, so that a person who sees only the database knows what it is.
Parsing gives back exactly what was put in, in every alphabet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from helmert.errors import BadName

_PART = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
_COLLECTION = re.compile(_PART)
_CANONICAL = re.compile(rf"({_PART})__({_PART})_v(\d+)__(\d{{4}})-(\d{{2}})-(\d{{2}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alphabet:
    """Which names a store accepts, and how a canonical name is spelt in it."""

    max_length: int
    underscore: str = "_"
    """What stands for the underscore; "-" where the store has none."""
    date_separator: str = "-"
    """What stands between year, month and day."""
    capital: bool = False
    """The first letter must be upper case."""

    def spell(self, canonical: str) -> str:
        """The canonical name in this alphabet. Raises `BadName` when it is too long."""
        head, _, day = canonical.rpartition("__")
        spelt = (head + "__").replace("_", self.underscore) + day.replace("-", self.date_separator)
        if len(spelt) > self.max_length:
            raise BadName(
                f"Index name {spelt!r} has {len(spelt)} characters; this store allows {self.max_length}.",
                next_step="Shorten the collection's name, or give the model a short label in helmert.toml.",
            )
        return spelt[0].upper() + spelt[1:] if self.capital else spelt

    def read(self, spelt: str) -> str:
        """The canonical name behind a name in this alphabet, the inverse of `spell`."""
        plain = spelt[0].lower() + spelt[1:] if self.capital and spelt else spelt
        width = 8 + 2 * len(self.date_separator)
        head, day = plain[:-width], plain[-width:]
        if self.date_separator == "":
            day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        elif self.date_separator != "-":
            day = day.replace(self.date_separator, "-")
        return head.replace(self.underscore, "_") + day


LANCEDB = Alphabet(max_length=255)
POSTGRES = Alphabet(max_length=63)
QDRANT = Alphabet(max_length=255)
MILVUS = Alphabet(max_length=255, date_separator="_")
WEAVIATE = Alphabet(max_length=230, date_separator="_", capital=True)
PINECONE = Alphabet(max_length=45, underscore="-", date_separator="")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexName:
    """The four parts of an index name."""

    collection: str
    slug: str
    version: int
    day: date

    def __post_init__(self) -> None:
        check_collection(self.collection)
        if not _COLLECTION.fullmatch(self.slug):
            raise BadName(f"Space name {self.slug!r} must match {_PART} (see EmbeddingSpace.slug).")
        if self.version < 1:
            raise BadName(f"Index versions start at 1; got {self.version}.")

    def __str__(self) -> str:
        return f"{self.collection}__{self.slug}_v{self.version}__{self.day.isoformat()}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """The parts of a canonical name. Raises `BadName` for a name that Helmert did not give."""
        match = _CANONICAL.fullmatch(name)
        if match is None:
            raise BadName(f"{name!r} is not of the form collection__space_vN__YYYY-MM-DD.")
        collection, slug, version, year, month, day = match.groups()
        try:
            when = date(int(year), int(month), int(day))
        except ValueError as error:
            raise BadName(f"{name!r} ends in a date that does not exist: {error}.") from error
        return cls(collection=collection, slug=slug, version=int(version), day=when)


def check_collection(name: str) -> str:
    """The name itself, or `BadName`: lower-case letters, digits, single underscores, at most 22 characters."""
    if len(name) > 22 or not _COLLECTION.fullmatch(name):
        raise BadName(
            f"Collection name {name!r} must start with a lower-case letter, use only a-z, 0-9 and single "
            "underscores, and have at most 22 characters, so that every store can carry it."
        )
    return name

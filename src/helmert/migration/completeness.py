"""The completeness proof: every id of the source is in the target with the same text, in the right space.

Counts prove nothing: a missing row and an orphan cancel out. The comparison is a join over (id, content hash,
space) in a temporary SQLite file, so memory stays flat for any number of rows.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Self

from helmert.stores.base import Rows

EXAMPLES = 10
"""Ids shown per kind of difference."""

_QUERIES: Mapping[str, str] = {
    "missing": "SELECT id FROM expected WHERE id NOT IN (SELECT id FROM found)",
    "stale": "SELECT DISTINCT id FROM expected JOIN found USING (id) WHERE expected.hash != found.hash",
    "orphan": "SELECT DISTINCT id FROM found WHERE id NOT IN (SELECT id FROM expected)",
    "duplicate": "SELECT id FROM found GROUP BY id HAVING count(*) > 1",
    "foreign": "SELECT DISTINCT id FROM found WHERE space != ?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The outcome. `differences` holds a count of ids per kind, `examples` the first of each."""

    expected: int
    found: int
    differences: Mapping[str, int]
    """missing: not in the target. stale: made from another text. orphan: not in the source. duplicate: stored
    twice. foreign: vector of another space."""
    examples: Mapping[str, tuple[str, ...]]
    digest: str
    """Content of the target, independent of order: equal digests mean equal ids, texts and spaces."""

    @property
    def complete(self) -> bool:
        """True when nothing differs."""
        return not any(self.differences.values())

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "complete": self.complete,
            "expected": self.expected,
            "found": self.found,
            "differences": dict(self.differences),
            "examples": {kind: list(ids) for kind, ids in self.examples.items()},
            "digest": self.digest,
        }

    def summary(self) -> str:
        """Counts and first ids of the differences: `2 stale ('a', 'b'), 1 orphan ('x')`."""
        return ", ".join(
            f"{count:,} {kind} ({', '.join(map(repr, self.examples[kind][:3]))}{', …' if count > 3 else ''})"
            for kind, count in self.differences.items()
            if count
        )

    def __str__(self) -> str:
        if self.complete:
            return f"{self.found:,} rows, each with the text and the space it should have."
        return f"{self.expected:,} documents expected, {self.found:,} rows found: {self.summary()}."


class Comparison:
    """Both sides laid beside each other in a temporary file; a context manager that removes it."""

    def __init__(
        self,
        expected: Iterable[Rows],
        found: Iterable[Rows],
        *,
        space: str,
        moving: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """Read both sides once.

        `space` is the vector hash every found row must carry. `moving` is asked after both scans which ids were
        written meanwhile; those are left out, since the two scans did not see the same moment of them.
        """
        self._space = space
        self._db = sqlite3.connect("")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("CREATE TABLE expected (id TEXT PRIMARY KEY, hash TEXT) WITHOUT ROWID")
        self._db.execute("CREATE TABLE found (id TEXT, hash TEXT, space TEXT)")
        self._db.executemany("INSERT OR REPLACE INTO expected VALUES (?, ?)", _pairs(expected))
        digest = _Digest()
        self._db.executemany("INSERT INTO found VALUES (?, ?, ?)", digest.watch(_triples(found)))
        self._db.execute("CREATE INDEX found_id ON found (id)")
        for table in ("expected", "found"):
            self._db.executemany(f"DELETE FROM {table} WHERE id = ?", ((id_,) for id_ in moving()))
        self._digest = digest.value

    @property
    def proof(self) -> Proof:
        """Counts and first ids of every kind of difference."""
        differences = {kind: self._count(f"SELECT id FROM ({query})", kind) for kind, query in _QUERIES.items()}
        return Proof(
            expected=self._count("SELECT id FROM expected"),
            found=self._count("SELECT id FROM found"),
            differences=differences,
            examples={kind: tuple(islice(self.ids(kind), EXAMPLES)) for kind in _QUERIES},
            digest=self._digest,
        )

    def ids(self, kind: str) -> Iterator[str]:
        """All ids of one kind of difference, sorted."""
        rows = self._db.execute(f"SELECT id FROM ({_QUERIES[kind]}) ORDER BY id", self._bound(kind))
        return (id_ for (id_,) in rows)

    def _count(self, query: str, kind: str = "") -> int:
        (count,) = self._db.execute(f"SELECT count(*) FROM ({query})", self._bound(kind)).fetchone()
        return int(count)

    def _bound(self, kind: str) -> tuple[str, ...]:
        return (self._space,) if kind == "foreign" else ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._db.close()


def _pairs(batches: Iterable[Rows]) -> Iterator[tuple[str, str]]:
    for rows in batches:
        yield from zip(rows.ids, rows.hashes, strict=True)


def _triples(batches: Iterable[Rows]) -> Iterator[tuple[str, str, str]]:
    for rows in batches:
        spaces = rows.spaces if rows.spaces is not None else [""] * len(rows)
        yield from zip(rows.ids, rows.hashes, spaces, strict=True)


class _Digest:
    """A digest of a set of rows that does not depend on their order: the sum of the rows' digests."""

    def __init__(self) -> None:
        self._sum = 0

    def watch(self, triples: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
        """Pass rows through and add them up."""
        for triple in triples:
            row = hashlib.blake2b("\x00".join(triple).encode(), digest_size=16).digest()
            self._sum += int.from_bytes(row, "big")
            yield triple

    @property
    def value(self) -> str:
        """32 hex characters."""
        return f"{self._sum % (1 << 128):032x}"

"""An index in memory, as it was at one moment: what searches run on until the next change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmert.stores.drivers.sqlite.tables import Entry, unpacked
from helmert.stores.exact import ExactRanking
from helmert.types import Scalar

_ABSENT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One declared field of all rows: each distinct value has a number, each row the number of its value."""

    numbers: Mapping[Scalar, int]
    column: NDArray[np.int32]

    @classmethod
    def of(cls, values: Iterable[Scalar | None]) -> Facet:
        """The facet of a column; None stands for rows that lack the field."""
        numbers: dict[Scalar, int] = {}
        column = [_ABSENT if value is None else numbers.setdefault(value, len(numbers)) for value in values]
        return cls(numbers=numbers, column=np.asarray(column, dtype=np.int32))

    def among(self, wanted: Sequence[Scalar]) -> NDArray[np.bool_]:
        """Which rows have one of the values."""
        return np.isin(self.column, [self.numbers[value] for value in wanted if value in self.numbers])


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All vectors of an index in the order of their ids, and its declared fields."""

    entry: Entry
    ids: Sequence[str]
    rows: Sequence[int]
    """Row numbers in the table, where text and metadata are read from."""
    ranking: ExactRanking
    facets: Mapping[str, Facet]

    def is_current(self, entry: Entry) -> bool:
        """Whether the index has not changed, nor been dropped and made again, since."""
        return (self.entry.number, self.entry.changes) == (entry.number, entry.changes)

    def allowed(self, conditions: Mapping[str, Sequence[Scalar]]) -> NDArray[np.bool_] | None:
        """Rows that fulfil all conditions, or None for all rows."""
        masks = [self.facets[name].among(wanted) for name, wanted in conditions.items()]
        return np.logical_and.reduce(masks) if masks else None


def load(connection: sqlite3.Connection, entry: Entry) -> Snapshot:
    """Read the whole index within the connection's transaction."""
    found = connection.execute(f"SELECT id, row, vector, length FROM {entry.rows} ORDER BY id").fetchall()
    return Snapshot(
        entry=entry,
        ids=[row[0] for row in found],
        rows=[row[1] for row in found],
        ranking=ExactRanking(
            vectors=unpacked((row[2] for row in found), entry.spec.dims),
            lengths=np.array([row[3] for row in found], dtype=np.float64),
        ),
        facets=_facets(connection, entry) if entry.spec.fields else {},
    )


def _facets(connection: sqlite3.Connection, entry: Entry) -> dict[str, Facet]:
    parsed = [
        json.loads(metadata) for (metadata,) in connection.execute(f"SELECT metadata FROM {entry.rows} ORDER BY id")
    ]
    return {name: Facet.of(row.get(name) for row in parsed) for name in entry.spec.fields}

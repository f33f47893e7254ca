"""When a Lance table gets which approximate index, how it is searched, and how it is kept fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from helmert.stores.drivers.lancedb.failures import committed
from helmert.stores.drivers.lancedb.layout import ann_kind, ann_update

if TYPE_CHECKING:
    from lancedb import AsyncTable
    from lancedb.query import AsyncVectorQuery

AnnKind = Literal["IvfFlat", "IvfRq"]

PROBES = 20
"""Partitions that every search looks into. A search that has not found k rows by then, as with a narrow
filter, goes on through all of them; with a fixed number it would return too few rows or none."""

FEWEST_BITS = 128
"""Dimensions below which codes of one bit each say too little."""

REFINE = 10
"""Of a quantised index this many times k candidates are compared again with their full vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From how many rows on an index is approximate. Below, comparing every row is fast enough and exact."""

    approximate_from: int = 10_000
    quantised_from: int = 200_000
    """Up to here partitions hold full vectors (IVF_FLAT), beyond they hold RaBitQ codes (IVF_RQ)."""

    def kind(self, rows: int, dims: int) -> AnnKind | None:
        """The index that a table of this size should have.

        RaBitQ keeps one bit per dimension, packed into whole bytes. Measured on clustered vectors with the
        refinement below, it finds 99% of the ten nearest from 128 dimensions on, and less than 96% of them
        with fewer, where full vectors need little room anyway.
        """
        if rows < self.approximate_from:
            return None
        quantisable = dims >= FEWEST_BITS and dims % 8 == 0
        return "IvfRq" if rows >= self.quantised_from and quantisable else "IvfFlat"


def tuned(query: AsyncVectorQuery, *, kind: str, exact: bool) -> AsyncVectorQuery:
    """The query with the settings that suit the index's kind."""
    if exact:
        return query.bypass_vector_index()
    query = query.minimum_nprobes(PROBES).maximum_nprobes(0)
    return query.refine_factor(REFINE) if kind == "IvfRq" else query


async def optimise(table: AsyncTable, dims: int, thresholds: Thresholds) -> None:
    """Compact fragments, bring indexes up to date, and build those that the table's size asks for.

    Old versions are left to LanceDB's own retention: a shorter one would break readers that still hold them.
    """
    await committed(table.optimize)
    rows = await table.count_rows()
    if rows and "BTree" not in await index_types(table, "id"):
        await committed(lambda: _build_lookup(table))
    kind = thresholds.kind(rows, dims)
    if kind is not None and kind not in await index_types(table, "vector"):
        await _build_ann(table, kind)


async def index_types(table: AsyncTable, column: str) -> set[str]:
    """Types of the indexes on a column."""
    return {index.index_type for index in await table.list_indices() if index.columns == [column]}


async def _build_lookup(table: AsyncTable) -> None:
    from lancedb.index import BTree

    await table.create_index("id", config=BTree(), replace=True)


async def _build_ann(table: AsyncTable, kind: AnnKind) -> None:
    """The kind is recorded before the index exists: a crash in between leaves searches exact."""
    from lancedb.index import IvfFlat, IvfRq

    config = IvfFlat(distance_type="cosine") if kind == "IvfFlat" else IvfRq(distance_type="cosine")
    if ann_kind(await table.schema()) != kind:
        await committed(lambda: table.update_field_metadata(ann_update(kind)))
    await committed(lambda: table.create_index("vector", config=config, replace=True))

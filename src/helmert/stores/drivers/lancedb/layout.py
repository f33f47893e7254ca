"""How an index is laid out as a Lance table, and rows as Arrow columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helmert.errors import StoreFailure
from helmert.stores.base import FieldType, IndexSpec, Rows
from helmert.types import Hit, Metadata

if TYPE_CHECKING:
    import pyarrow as pa

FIELD_PREFIX = "f_"
"""Put before a declared field's name, so that it cannot clash with our own columns."""

COLUMNS = ("id", "text", "hash", "space", "metadata")

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
"""Metadata as it is written. `json.dumps` would make an encoder for every row."""

_SPEC = b"helmert"
"""Key in the table's schema metadata: the part of the spec that never changes."""

_FACT = b"helmert:"
"""Prefix of keys in the metadata of column `id`: the index's own metadata. LanceDB merges these natively."""

_ANN = b"helmert:ann"
"""Key in the metadata of column `vector`: the kind of approximate index."""

_UNENFORCED_KEY = "lance-schema:unenforced-primary-key"
"""Tells Lance that `id` identifies a row. Without it, two writers that insert the same new id at the same
time both succeed and leave two rows."""


def arrow_schema(spec: IndexSpec) -> pa.Schema:
    """The schema of a new table, which carries the whole spec."""
    import pyarrow as pa

    facts = {_FACT.decode() + key: value for key, value in spec.metadata.items()}
    fixed = {"name": spec.name, "dims": spec.dims, "space": spec.space, "fields": dict(spec.fields)}
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False, metadata={_UNENFORCED_KEY: "true", **facts}),
            pa.field("vector", pa.list_(pa.float32(), spec.dims), nullable=False),
            *(pa.field(name, pa.string(), nullable=False) for name in COLUMNS[1:]),
            *(pa.field(FIELD_PREFIX + name, _arrow_type(kind)) for name, kind in spec.fields.items()),
        ],
        metadata={_SPEC: json.dumps(fixed).encode()},
    )


def is_ours(schema: pa.Schema) -> bool:
    """Whether a table was made by this driver."""
    return _SPEC in (schema.metadata or {})


def read_spec(name: str, schema: pa.Schema) -> IndexSpec:
    """The spec that a table's schema carries. Raises `StoreFailure` for a table that Helmert did not make."""
    if not is_ours(schema):
        raise StoreFailure(
            f"Table {name!r} in this LanceDB folder was not made by Helmert and does not say which space it holds.",
            next_step="Build an index of your documents beside it: helmert plan",
        )
    fixed = json.loads(schema.metadata[_SPEC])
    facts = schema.field("id").metadata or {}
    metadata = {
        key.removeprefix(_FACT).decode(): value.decode() for key, value in facts.items() if key.startswith(_FACT)
    }
    return IndexSpec(name=name, dims=fixed["dims"], space=fixed["space"], fields=fixed["fields"], metadata=metadata)


def fact_update(patch: Mapping[str, str]) -> dict[str, object]:
    """The change of column metadata that merges facts into an index's own."""
    return {"path": "id", "metadata": {_FACT.decode() + key: value for key, value in patch.items()}}


def ann_kind(schema: pa.Schema) -> str:
    """The kind of approximate index that was last built, or an empty string."""
    kind: bytes = (schema.field("vector").metadata or {}).get(_ANN, b"")
    return kind.decode()


def ann_update(kind: str) -> dict[str, object]:
    """The change of column metadata that records the kind of approximate index."""
    return {"path": "vector", "metadata": {_ANN.decode(): kind}}


def to_arrow(spec: IndexSpec, rows: Rows, *, space: str) -> pa.Table:
    """Verified rows as the columns of the table."""
    import pyarrow as pa

    schema = arrow_schema(spec).remove_metadata()
    assert rows.vectors is not None
    flat = pa.array(rows.vectors.reshape(-1), pa.float32())
    return pa.table(
        [
            pa.array(rows.ids, pa.string()),
            pa.FixedSizeListArray.from_arrays(flat, spec.dims),
            pa.array(rows.texts, pa.string()),
            pa.array(rows.hashes, pa.string()),
            pa.array([space] * len(rows), pa.string()),
            pa.array([_ENCODE(dict(metadata)) for metadata in rows.metadata], pa.string()),
            *(
                pa.array([metadata.get(name) for metadata in rows.metadata], _arrow_type(kind))
                for name, kind in spec.fields.items()
            ),
        ],
        schema=schema,
    )


def from_arrow(batch: pa.RecordBatch | pa.Table, spec: IndexSpec, *, with_vectors: bool) -> Rows:
    """Rows read with `columns`."""
    return Rows(
        ids=batch["id"].to_pylist(),
        vectors=_vectors(batch, spec.dims) if with_vectors else None,
        texts=batch["text"].to_pylist(),
        hashes=batch["hash"].to_pylist(),
        metadata=_metadata(batch),
        spaces=batch["space"].to_pylist(),
    )


def in_order(found: pa.Table, ids: Sequence[str]) -> pa.Table:
    """Of rows with distinct ids those among `ids`, in their order."""
    import pyarrow as pa

    places = {id_: place for place, id_ in enumerate(found["id"].to_pylist())}
    return found.take(pa.array([places[id_] for id_ in ids if id_ in places], pa.int64()))


def columns(*, with_vectors: bool) -> list[str]:
    """What to select for `from_arrow`."""
    return [*COLUMNS, "vector"] if with_vectors else [*COLUMNS]


HIT_COLUMNS = ["id", "text", "metadata", "_distance"]
"""What to select for `hits`."""


def hits(found: pa.Table, queries: int) -> list[list[Hit]]:
    """The hits of each query, best first, ties by id. LanceDB's distance is one minus the cosine."""
    owners = found["query_index"].to_pylist() if "query_index" in found.column_names else [0] * found.num_rows
    ranked: list[list[Hit]] = [[] for _ in range(queries)]
    for owner, id_, text, metadata, distance in zip(
        owners,
        found["id"].to_pylist(),
        found["text"].to_pylist(),
        _metadata(found),
        found["_distance"].to_pylist(),
        strict=True,
    ):
        score = max(-1.0, min(1.0, 1.0 - distance))
        ranked[owner].append(Hit(id=id_, score=score, text=text, metadata=metadata))
    for one in ranked:
        one.sort(key=lambda hit: (-hit.score, hit.id))
    return ranked


def _metadata(batch: pa.RecordBatch | pa.Table) -> Sequence[Metadata]:
    """One JSON text for the column is parsed several times as fast as one for each row."""
    parsed: list[Metadata] = json.loads(f"[{','.join(batch['metadata'].to_pylist())}]")
    return parsed


def _vectors(batch: pa.RecordBatch | pa.Table, dims: int) -> np.ndarray:
    column = batch["vector"]
    chunks = getattr(column, "chunks", [column])
    parts = [chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, dims) for chunk in chunks]
    return np.concatenate(parts) if parts else np.empty((0, dims), dtype=np.float32)


def _arrow_type(kind: FieldType) -> pa.DataType:
    import pyarrow as pa

    types = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    return types[kind]

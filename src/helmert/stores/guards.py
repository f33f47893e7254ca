"""The checks that every driver makes before it touches data, written once so that all stores refuse alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from helmert.errors import BadName, DifferentSpace, GarbageVectors, NotFound, StoreFailure, UsageError
from helmert.spaces.naming import Alphabet
from helmert.stores.base import FieldType, Filter, IndexSpec, Rows
from helmert.types import Metadata, Scalar, Vectors

SHORTEST, LONGEST = 1e-12, 1e12
"""Lengths a vector may have. Beyond them the squares that stores sum in single precision vanish or overflow,
and the row would silently disappear from cosine results, as a zero vector does."""

LARGEST_INT = 2**63 - 1
"""Largest magnitude of a declared integer field: 64 bits, without the one value that has no positive twin."""

_INDEX_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def check_spec(spec: IndexSpec, alphabet: Alphabet) -> None:
    """Raise `BadName` for a name or field that stores cannot carry, `UsageError` for no dimensions."""
    if not _INDEX_NAME.fullmatch(spec.name) or len(spec.name) > alphabet.max_length:
        raise BadName(
            f"Index name {spec.name!r} must consist of letters, digits, '_' and '-', start with a letter "
            f"or digit and have at most {alphabet.max_length} characters."
        )
    for name in spec.fields:
        if not _FIELD_NAME.fullmatch(name):
            raise BadName(
                f"Field {name!r} of index {spec.name!r} must consist of letters, digits and '_', not start "
                "with a digit and have at most 63 characters, so that every store can filter on it."
            )
    if spec.dims < 1:
        raise UsageError(f"Index {spec.name!r} needs at least one dimension; the spec says {spec.dims}.")


def missing_index(name: str, known: Sequence[str]) -> NotFound:
    """The error for an index that does not exist; it lists those that do."""
    listed = ", ".join(known) or "none"
    return NotFound(f"No index {name!r} in this store. Existing: {listed}.", next_step="helmert status")


def name_taken(name: str) -> StoreFailure:
    """The error for creating an index a second time."""
    return StoreFailure(
        f"Index {name!r} exists already.",
        next_step="Choose the next version number, or drop the index first.",
    )


def require_space(spec: IndexSpec, space: str, *, doing: str) -> None:
    """Raise `DifferentSpace` unless `space` is the index's. `doing` completes "Refused to ..."."""
    if space != spec.space:
        raise DifferentSpace(
            f"Refused to {doing} index {spec.name!r}: it holds vectors of space {spec.space}, these are of "
            f"space {space}. Both having {spec.dims} dimensions would prove nothing.",
            next_step=("Embed with the model that made the index, or build a new index: helmert plan --model NAME"),
        )


def require_positive(value: int, *, what: str) -> None:
    """Raise `UsageError` for a count below one."""
    if value < 1:
        raise UsageError(f"{what} must be at least 1; got {value}.")


def checked_rows(spec: IndexSpec, rows: Rows, *, space: str) -> Rows:
    """The rows as they may be written: verified, and the last one only for an id given twice.

    Raises `DifferentSpace`, `GarbageVectors` or `StoreFailure` as `VectorStore.upsert` promises.
    """
    require_space(spec, space, doing="write into")
    _same_origin(spec, rows)
    vectors = _checked_columns(spec, rows)
    _check_strings(spec, rows)
    for id_, metadata in zip(rows.ids, rows.metadata, strict=True):
        _check_metadata(spec, id_, metadata)
    position = {id_: row for row, id_ in enumerate(rows.ids)}
    kept = list(position.values())
    if len(kept) == len(rows):
        return replace(rows, vectors=vectors)
    return Rows(
        ids=list(position),
        vectors=np.ascontiguousarray(vectors[kept]),
        texts=[rows.texts[row] for row in kept],
        hashes=[rows.hashes[row] for row in kept],
        metadata=[rows.metadata[row] for row in kept],
    )


def checked_queries(spec: IndexSpec, vectors: Vectors, *, space: str) -> Vectors:
    """Query vectors of shape (n, dims), verified. Raises `DifferentSpace` or `GarbageVectors`."""
    require_space(spec, space, doing="search")
    return _checked_vectors(spec, vectors, what="Query vectors")


def checked_filter(spec: IndexSpec, requested: Filter | None) -> Mapping[str, tuple[Scalar, ...]]:
    """The filter with every condition as a tuple of allowed values, in the types of the declared fields.

    An empty tuple matches nothing. Raises `StoreFailure` for an undeclared field or a value of another type.
    """
    conditions: dict[str, tuple[Scalar, ...]] = {}
    for name, wanted in (requested or {}).items():
        declared = spec.fields.get(name)
        if declared is None:
            raise StoreFailure(
                f"Field {name!r} is not declared on index {spec.name!r}. Declared: {', '.join(spec.fields) or 'none'}.",
                next_step=("Declare the field when the index is created: helmert plan builds one with your fields."),
            )
        values = (wanted,) if isinstance(wanted, str | int | float | bool) else tuple(wanted)
        for value in values:
            if not has_type(value, declared):
                raise StoreFailure(
                    f"Filter on field {name!r} of index {spec.name!r} wants {value!r}; the field is {declared}."
                )
        conditions[name] = values
    return conditions


def has_type(value: Scalar, declared: FieldType) -> bool:
    """Whether a value may stand in a field of the declared type. True and 1 are not the same value."""
    match declared:
        case "text":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INT
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case other:
            assert_never(other)


def _same_origin(spec: IndexSpec, rows: Rows) -> None:
    for other in set(rows.spaces or ()) - {spec.space}:
        raise DifferentSpace(
            f"Refused to write into index {spec.name!r}: the batch has rows that were read as space "
            f"{other}; the index holds {spec.space}.",
            next_step="Embed their texts again, and leave Rows.spaces at None for the new vectors.",
        )


def _checked_columns(spec: IndexSpec, rows: Rows) -> Vectors:
    """The vectors of a batch whose columns all have the same length."""
    if rows.vectors is None:
        raise GarbageVectors(f"Rows for index {spec.name!r} have no vectors.")
    lengths = {
        "ids": len(rows.ids),
        "vectors": len(rows.vectors),
        "texts": len(rows.texts),
        "hashes": len(rows.hashes),
        "metadata": len(rows.metadata),
    }
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise GarbageVectors(f"Columns of a batch for index {spec.name!r} differ in length: {counted}.")
    return _checked_vectors(spec, rows.vectors, what="Vectors", names=rows.ids)


def _checked_vectors(spec: IndexSpec, vectors: Vectors, *, what: str, names: Sequence[str] | None = None) -> Vectors:
    """C-contiguous vectors after all checks. Lengths are in double precision, so that none overflows."""
    if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != spec.dims:
        raise GarbageVectors(
            f"{what} for index {spec.name!r} must be float32 of shape (n, {spec.dims}); got "
            f"{vectors.dtype} of shape {vectors.shape}."
        )
    vectors = np.ascontiguousarray(vectors)
    lengths = lengths_of(vectors)
    bad = np.flatnonzero(~((lengths >= SHORTEST) & (lengths <= LONGEST)))
    if bad.size:
        row = int(bad[0])
        name = f"row {row}" if names is None else f"id {names[row]!r}"
        raise GarbageVectors(
            f"{what} for index {spec.name!r}: {bad.size} of {len(vectors)} cannot be compared by cosine; "
            f"the first, {name}, has length {lengths[row]:g}."
        )
    return vectors


def lengths_of(vectors: Vectors) -> NDArray[np.float64]:
    """Euclidean length of each row, in double precision; NaN or infinity when the row has one."""
    lengths: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return lengths


def _check_strings(spec: IndexSpec, rows: Rows) -> None:
    """Refuse lone surrogates, which no store can write as UTF-8."""
    for column, values in (("id", rows.ids), ("text", rows.texts), ("hash", rows.hashes)):
        _check_encodable("".join(values), f"A {column} in a batch for index {spec.name!r}")


def _check_encodable(text: str, where: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise StoreFailure(f"{where} contains a lone surrogate and is not text: {error.reason}.") from error


def _check_metadata(spec: IndexSpec, id_: str, metadata: Metadata) -> None:
    for name, value in metadata.items():
        declared = spec.fields.get(name)
        if declared is not None and not has_type(value, declared):
            raise StoreFailure(
                f"Field {name!r} of row {id_!r} is {value!r}; index {spec.name!r} declares it as {declared}."
            )
        if not isinstance(value, str | int | float | bool) or (isinstance(value, float) and not math.isfinite(value)):
            raise StoreFailure(
                f"Metadata {name!r} of row {id_!r} is {value!r}; only text, whole numbers, finite numbers "
                "and true or false can be kept."
            )
        if not name.isascii():
            _check_encodable(name, f"A metadata key of row {id_!r}")
        if isinstance(value, str) and not value.isascii():
            _check_encodable(value, f"Metadata {name!r} of row {id_!r}")


def unique(ids: Iterable[str]) -> list[str]:
    """Each id once, in the order of first appearance."""
    return list(dict.fromkeys(ids))

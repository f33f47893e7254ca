"""SQL conditions in the dialect that LanceDB's filters are written in. It has no bound parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helmert.stores.drivers.lancedb.layout import FIELD_PREFIX
from helmert.types import Scalar

_IDS_AT_ONCE = 500

NOTHING = "false"


def literal(value: Scalar) -> str:
    """A value as SQL. In strings only the quote is special; line breaks too stand for themselves."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return repr(value)


def where(conditions: Mapping[str, Sequence[Scalar]]) -> str | None:
    """The condition for a verified filter, or None for no condition."""
    parts = [
        f"`{FIELD_PREFIX}{name}` IN ({', '.join(map(literal, values))})" if values else NOTHING
        for name, values in conditions.items()
    ]
    return " AND ".join(parts) or None


def with_ids(ids: Sequence[str]) -> Iterator[str]:
    """Conditions that together select these ids, each short enough for one statement."""
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield f"id IN ({', '.join(map(literal, ids[start : start + _IDS_AT_ONCE]))})"

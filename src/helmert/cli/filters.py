"""`--where lang=en` to a filter, typed by what the collection declares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from helmert.errors import UsageError
from helmert.stores.base import FieldType, Filter
from helmert.types import Scalar


def parse_filter(conditions: Sequence[str], fields: Mapping[str, FieldType]) -> Filter:
    """FIELD=VALUE pairs as a filter; a field given several times may have any of the values."""
    chosen: dict[str, list[Scalar]] = {}
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals or name not in fields:
            declared = ", ".join(sorted(fields)) or "none"
            raise UsageError(
                f"--where {condition!r} is not FIELD=VALUE with a declared field. Declared: {declared}.",
                next_step='declare it: fields = { NAME = "text" } in [collections.<name>], then build a new index',
            )
        chosen.setdefault(name, []).append(_typed(name, value, fields[name]))
    return {name: values[0] if len(values) == 1 else values for name, values in chosen.items()}


def _typed(name: str, value: str, kind: FieldType) -> Scalar:
    try:
        match kind:
            case "int":
                return int(value)
            case "float":
                return _finite(float(value))
            case "bool":
                return {"true": True, "false": False}[value.lower()]
            case "text":
                return value
    except (ValueError, KeyError):
        raise UsageError(f"--where {name}={value!r}: the field is declared as {kind}.") from None


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number

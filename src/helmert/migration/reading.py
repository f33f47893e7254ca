"""Dataclasses from JSON: no field missing, none unknown, each of its declared type."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Read = TypeVar("Read")


def read(kind: type[Read], fields: Mapping[str, object]) -> Read:
    """An instance of a dataclass whose fields are plain values, tuples, or instances that were read before.

    Fields with a default may be missing, as they are in files that an earlier version wrote. Raises `TypeError` for
    any other missing field, for an unknown one, and for a value that is not of the declared type.
    """
    instance = kind(**fields)
    declared = get_type_hints(kind)
    for name, value in fields.items():
        if not _fits(value, declared[name]):
            raise TypeError(f"{name} is {value!r}")
    return instance


def _fits(value: object, declared: Any) -> bool:  # noqa: ANN401 - a type hint has no type of its own
    parts = get_args(declared)
    match get_origin(declared):
        case origin if origin is UnionType:
            return any(_fits(value, part) for part in parts)
        case origin if origin is Literal:
            return value in parts
        case origin if origin is tuple:
            return isinstance(value, tuple) and all(_fits(item, parts[0]) for item in value)
        case _ if isinstance(value, bool):
            return declared is bool
        case _ if declared is float:
            return isinstance(value, int | float)
        case _:
            return isinstance(value, declared)

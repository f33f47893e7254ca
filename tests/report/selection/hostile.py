"""The same scorecard with one text in front of every text that may come from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from helmert.selection.scorecard import LanguageMatrix

Value = TypeVar("Value")

OURS = {"kind", "quantisation", "basis", "currency"}
"""Fields whose texts Helmert chooses."""


def with_text(value: Value, text: str) -> Value:
    """The value with `text` in front of every text in it, keys included, so that names still meet."""
    changed: Any = value
    match value:
        case str():
            changed = text + value
        case LanguageMatrix():
            changed = replace(
                value,
                candidate=text + value.candidate,
                query_languages=with_text(value.query_languages, text),
                document_languages=with_text(value.document_languages, text),
                cells={_pair(key, text): cell for key, cell in value.cells.items()},
                queries={_pair(key, text): count for key, count in value.queries.items()},
                same_language=with_text(value.same_language, text),
            )
        case Mapping():
            changed = {with_text(key, text): with_text(entry, text) for key, entry in value.items()}
        case tuple():
            changed = tuple(with_text(entry, text) for entry in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            entries = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in OURS}
            changed = replace(value, **{name: with_text(entry, text) for name, entry in entries.items()})
    return changed  # type: ignore[no-any-return]


def _pair(key: str, text: str) -> str:
    query, document = key.split(">")
    return f"{text}{query}>{text}{document}"

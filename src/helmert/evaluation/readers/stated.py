"""What a row states about a query or a label beside ids, text and grade. The names are the same in every format."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from helmert.errors import UsageError
from helmert.evaluation.facts import ORIGINS, LabelFacts, QueryFacts, Span
from helmert.evaluation.labels import NOTHING_KNOWN
from helmert.evaluation.readers.lines import Place, shorten

LABEL_COLUMNS = ("origin", "by", "at", "start", "end")
"""What may be stated about a label."""

SLICE_PREFIX = "slices."
"""Columns of a table that name a slice: `slices.kind`."""

_LANGUAGE = ("language", "lang")
"""Short for `slices.language`."""

_WHOLE = re.compile(r"\d{1,18}(\.0+)?", re.ASCII)
_PLAIN = QueryFacts()

Made = TypeVar("Made")


def query_facts(row: Mapping[str, object], place: Place) -> QueryFacts | None:
    """Cluster, weight and slices of a query, from the row or from BEIR's `metadata` in it; None without any.

    Raises `BadInput` for a value that cannot be what its name says.
    """
    inner = row.get("metadata")
    fields = {**inner, **row} if isinstance(inner, Mapping) else row
    cluster = _text(fields.get("cluster"), "cluster", place)
    weight, slices = _weight(fields.get("weight"), place), _slices(fields, place)
    facts = _made(lambda: QueryFacts(cluster=cluster, weight=weight, slices=slices), place)
    return None if facts == _PLAIN else facts


def label_facts(fields: Mapping[str, object], place: Place) -> LabelFacts:
    """Origin, author, moment and span of a label. Raises `BadInput` for a value that cannot be what its name says."""
    stated = {name: fields[name] for name in LABEL_COLUMNS if name in fields and not absent(fields[name])}
    if not stated:
        return NOTHING_KNOWN
    origin = _text(stated.get("origin"), "origin", place) or "unknown"
    known = next((name for name in ORIGINS if name == origin), None)
    if known is None:
        raise place.error(
            f"the origin {shorten(origin)} is not one of {', '.join(ORIGINS)}.",
            next_step="Write where the label came from with one of these words, or leave it out.",
        )
    by, at = _text(stated.get("by"), "by", place), _text(stated.get("at"), "at", place)
    spans = _spans(stated, place)
    return _made(lambda: LabelFacts(origin=known, by=by, at=at, spans=spans), place)


def absent(value: object) -> bool:
    """Whether a cell says nothing: no value, empty text, or the NaN that data frames put into gaps."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _spans(stated: Mapping[str, object], place: Place) -> tuple[Span, ...]:
    if "start" not in stated and "end" not in stated:
        return ()
    ends = [_position(stated.get(name), name, place) for name in ("start", "end")]
    return (_made(lambda: Span(start=ends[0], end=ends[1]), place),)


def _position(value: object, name: str, place: Place) -> int:
    if isinstance(value, (int, str, float)) and not isinstance(value, bool) and _WHOLE.fullmatch(str(value)):
        return int(float(value)) if isinstance(value, float) else int(str(value).partition(".")[0])
    raise place.error(
        f"the {name} of a span must be a whole number from 0; got {shorten(value)}.",
        next_step="Write start and end as positions of characters in the document's text, or neither of them.",
    )


def _text(value: object, name: str, place: Place) -> str:
    if absent(value):
        return ""
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
        case date():
            return value.isoformat()
    raise place.error(f"{name!r} must be a text; got {shorten(value)}.", next_step="Write it as one text.")


def _weight(value: object, place: Place) -> float:
    if absent(value):
        return 1.0
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise place.error(
        f"the weight {shorten(value)} is not a number.",
        next_step="Write weights as numbers above 0, or leave them out.",
    )


def _slices(fields: Mapping[str, object], place: Place) -> dict[str, str]:
    given = fields.get("slices")
    if not absent(given) and not isinstance(given, Mapping):
        raise place.error(
            f'"slices" must be an object; got {shorten(given)}.', next_step='Write {"kind": "code", "language": "de"}.'
        )
    values = dict(given) if isinstance(given, Mapping) else {}
    for name, value in fields.items():
        if name.startswith(SLICE_PREFIX):
            values[name.removeprefix(SLICE_PREFIX)] = value
    slices = {str(name): _text(value, f"slices.{name}", place) for name, value in values.items() if not absent(value)}
    for name in _LANGUAGE:
        language = _text(fields.get(name), name, place)
        if language and slices.setdefault("language", language) != language:
            raise place.error(
                f"{name!r} says {language!r} and the slice language says {slices['language']!r}.",
                next_step="Keep one of the two.",
            )
    return slices


def _made(make: Callable[[], Made], place: Place) -> Made:
    """What `make` makes; its refusal of a value gets the place the value was read at."""
    try:
        return make()
    except UsageError as error:
        raise place.error(error.message, next_step="Mend the value, or leave it out.") from error

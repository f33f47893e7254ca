"""Column types that mean the same in every database: moments in UTC, JSON, numbers that count up."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

BigNumber = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite counts up by itself only in columns that are called INTEGER."""


class Moment(TypeDecorator[datetime]):
    """A moment with a time zone goes in, the same moment in UTC comes out, in every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC, refusing a moment without a time zone."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, with the time zone said."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def dump_json(value: object) -> str:
    """JSON text of plain values."""
    return orjson.dumps(value).decode()


def load_json(text: str | bytes) -> object:
    """The value of JSON text."""
    return orjson.loads(text)

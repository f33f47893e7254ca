"""The ledger grows and never changes."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from helmert.registry import Registry
from tests.registry.staging import START, SteppingClock


def test_events_are_read_in_order_and_filtered(registry: Registry, clock: SteppingClock) -> None:
    written = []
    for kind, subject in [("moved", "a"), ("dropped", "a"), ("moved", "b"), ("moved", "a")]:
        detail = {"nested": {"n": [1, 2]}}
        written.append(registry.ledger.append(kind=kind, subject=subject, who="ops", why="test", detail=detail))
        clock.forward(1)

    assert registry.ledger.read() == tuple(written)
    assert registry.ledger.read(kind="moved", subject="a") == (written[0], written[3])
    assert registry.ledger.read(after_seq=written[1].seq) == tuple(written[2:])
    assert registry.ledger.read(limit=2) == tuple(written[:2])
    assert written[0].at == START
    assert written[0].detail == {"nested": {"n": [1, 2]}}


FORGED = "INSERT OR REPLACE INTO ledger SELECT seq, at, 'forged', kind, subject, why, detail FROM ledger"


@pytest.mark.parametrize("statement", ["UPDATE ledger SET why = 'other'", "DELETE FROM ledger", FORGED])
def test_not_even_sql_changes_the_ledger(registry: Registry, url: str, statement: str) -> None:
    event = registry.ledger.append(kind="moved", subject="a", who="ops", why="test")
    engine = create_engine(url)
    if statement == FORGED and engine.dialect.name != "sqlite":
        statement = "TRUNCATE ledger"

    with pytest.raises(DBAPIError, match="the ledger is append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()

    assert registry.ledger.read() == (event,)

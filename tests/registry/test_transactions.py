"""Several writes as one; what others see meanwhile; what happens when the database is not to be had."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import create_engine, make_url, text

from helmert.errors import Refused, StoreBusy, StoreFailure
from helmert.registry import JournalEntry, Registry
from tests.registry.staging import AddIndex, RunTogether

WRITE = [JournalEntry(op="upsert", id="a", text="x")]


class Interrupted(Exception):
    """Stands for whatever may go wrong in the middle."""


def impatient(url: str) -> str:
    """The same registry, opened by somebody who does not wait for locks."""
    return make_url(url).update_query_dict({"timeout": "0.05"}).render_as_string(hide_password=False)


def note(registry: Registry) -> None:
    registry.ledger.append(kind="noted", subject="docs", who="test", why="because")


def test_an_exception_undoes_everything_inside(registry: Registry, add_index: AddIndex) -> None:
    def write_and_fail() -> None:
        with registry.transaction():
            registry.journal.append_many("docs", WRITE)
            add_index()
            note(registry)
            raise Interrupted

    with pytest.raises(Interrupted):
        write_and_fail()

    assert registry.journal.head("docs") == 0
    assert registry.indexes.list() == ()
    assert registry.ledger.read() == ()


def test_a_part_may_fail_and_the_rest_be_kept(registry: Registry, add_index: AddIndex) -> None:
    def note_and_fail() -> None:
        with registry.transaction():
            note(registry)
            raise Interrupted

    with registry.transaction():
        first = add_index()
        with pytest.raises(Refused, match="in the registry already"):
            registry.indexes.add(
                name=first.name,
                collection="docs",
                store="main",
                model="small",
                space=registry.spaces.get(first.space),
                version=2,
            )
        with pytest.raises(Interrupted):
            note_and_fail()
        registry.journal.append_many("docs", WRITE)

    assert registry.indexes.list() == (first,)
    assert registry.journal.head("docs") == 1
    assert registry.ledger.read() == ()


def test_the_writer_sees_its_own_writes_and_nobody_else_does(registry: Registry) -> None:
    with registry.transaction():
        registry.journal.append_many("docs", WRITE)
        assert registry.journal.head("docs") == 1
        with ThreadPoolExecutor(1) as other:
            assert other.submit(registry.journal.head, "docs").result() == 0
    with ThreadPoolExecutor(1) as other:
        assert other.submit(registry.journal.head, "docs").result() == 1


def test_a_killed_process_leaves_all_or_nothing(url: str, run_together: RunTogether) -> None:
    Registry.open(url).close()

    run_together("die_half_way", [(url,)], returncode=-signal.SIGKILL)

    with Registry.open(url) as registry:
        assert [line.entry.id for line in registry.journal.read("docs", 0, 10)] == ["whole"]
        assert registry.ledger.read() == ()
        assert registry.journal.append_many("docs", WRITE) == 2


def test_threads_share_a_registry(registry: Registry) -> None:
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(5):
            with registry.transaction():
                note(registry)
                registry.journal.append_many("docs", WRITE)

    with ThreadPoolExecutor(8) as pool:
        for running in [pool.submit(work) for _ in range(8)]:
            running.result()

    assert len(registry.ledger.read()) == registry.journal.head("docs") == 40


def test_who_read_before_writing_does_not_fail_for_the_write_of_another(registry: Registry) -> None:
    with ThreadPoolExecutor(1) as other:
        with registry.transaction():
            assert registry.journal.head("docs") == 0
            waiting = other.submit(registry.ledger.append, kind="noted", subject="docs", who="b", why="test")
            wait([waiting], timeout=0.2)
            registry.journal.append_many("docs", WRITE)
        assert waiting.result().who == "b"
    assert registry.journal.head("docs") == 1


def test_a_reader_who_takes_long_holds_up_no_writer(url: str) -> None:
    with Registry.open(impatient(url)) as registry:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")  # the driver for SQLite leaves it out before a SELECT
            assert connection.execute(text("SELECT count(*) FROM ledger")).scalar() == 0
            note(registry)
        engine.dispose()
        assert len(registry.ledger.read()) == 1


def test_a_locked_registry_is_busy_and_can_be_tried_again(url: str) -> None:
    with Registry.open(impatient(url)) as registry:
        registry.journal.append_many("docs", WRITE)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE journal_heads SET head = head"))
            with pytest.raises(StoreBusy, match="is locked") as caught:
                registry.journal.append_many("docs", WRITE)
            assert registry.journal.head("docs") == 1
        engine.dispose()

        assert caught.value.next_step
        assert registry.journal.append_many("docs", WRITE) == 2


def test_documents_do_not_leak_into_error_messages(registry: Registry) -> None:
    entry = JournalEntry(op="replace", id="a", text="confidential")  # type: ignore[arg-type]

    with pytest.raises(StoreFailure, match="refused a statement") as caught:
        registry.journal.append_many("docs", [entry])

    assert "confidential" not in caught.value.message
    assert registry.journal.head("docs") == 0

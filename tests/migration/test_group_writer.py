"""Batches are written in groups when they come faster than the store takes them, and at once when they do not."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import StoreBusy
from helmert.migration.group_writer import GROUP_BATCHES, GROUP_ROWS, REST, GroupWriter
from helmert.stores.base import Rows
from tests.migration.world import Clocks

HANG_SECONDS = 30


def batch(first: int, rows: int = 1) -> Rows:
    numbers = range(first, first + rows)
    return Rows(
        ids=[f"{number}" for number in numbers],
        vectors=np.array([[number] for number in numbers], dtype=np.float32).reshape(-1, 1),
        texts=[f"text {number}" for number in numbers],
        hashes=[f"hash {number}" for number in numbers],
        metadata=[{"number": number} for number in numbers],
    )


class Shelf:
    """Where the groups go, and what the caller hears of them."""

    def __init__(self) -> None:
        self.groups: list[Rows] = []
        self.heard: list[tuple[int, int]] = []
        self.batches = 0

    def write(self, rows: Rows) -> None:
        self.groups.append(rows)

    def hear(self, batches: int, rows: int, tokens: int) -> None:
        self.batches += batches
        self.heard.append((rows, tokens))

    @property
    def sizes(self) -> list[int]:
        return [len(rows) for rows in self.groups]


def writer(shelf: Shelf, write: Callable[[Rows], None], clocks: Clocks) -> GroupWriter:
    return GroupWriter(write, on_written=shelf.hear, seconds=clocks.seconds)


@given(st.lists(st.integers(min_value=1, max_value=9), max_size=40))
def test_every_row_is_written_once_and_in_order(sizes: list[int]) -> None:
    shelf, clocks = Shelf(), Clocks()
    with writer(shelf, shelf.write, clocks) as groups:
        first = 0
        for size in sizes:
            groups.add(batch(first, size), tokens=10 * size)
            first += size
        groups.finish()
    assert [id_ for rows in shelf.groups for id_ in rows.ids] == [f"{number}" for number in range(sum(sizes))]
    for rows in shelf.groups:
        assert rows.vectors is not None
        assert rows.vectors[:, 0].tolist() == [float(id_) for id_ in rows.ids]
        assert list(rows.texts) == [f"text {id_}" for id_ in rows.ids]
        assert list(rows.hashes) == [f"hash {id_}" for id_ in rows.ids]
        assert list(rows.metadata) == [{"number": int(id_)} for id_ in rows.ids]
    assert shelf.heard == [(size, 10 * size) for size in shelf.sizes]
    assert shelf.batches == len(sizes)


def test_batches_gather_while_the_store_is_busy() -> None:
    shelf, clocks, busy = Shelf(), Clocks(), threading.Event()

    def slow(rows: Rows) -> None:
        assert busy.wait(HANG_SECONDS)
        shelf.write(rows)

    with writer(shelf, slow, clocks) as groups:
        for number in range(6):
            groups.add(batch(number), tokens=1)
        busy.set()
        groups.finish()
    assert shelf.sizes == [1, 5]


def test_after_a_write_the_store_rests_and_a_later_batch_goes_at_once() -> None:
    shelf, clocks = Shelf(), Clocks()

    def takes_a_second(rows: Rows) -> None:
        clocks.forward(1.0)
        shelf.write(rows)

    with writer(shelf, takes_a_second, clocks) as groups:
        groups.add(batch(0), tokens=1)
        groups.finish()
        clocks.forward(REST - 0.1)
        groups.add(batch(1), tokens=1)
        assert shelf.sizes == [1]
        clocks.forward(0.2)
        groups.add(batch(2), tokens=1)
        groups.finish()
        clocks.forward(REST)
        groups.add(batch(3), tokens=1)
        groups.finish()
    assert shelf.sizes == [1, 2, 1]


@pytest.mark.parametrize(("rows", "batches"), [(1, GROUP_BATCHES), (GROUP_ROWS // 2, 2)])
def test_a_full_group_does_not_wait(rows: int, batches: int) -> None:
    shelf, clocks = Shelf(), Clocks()

    def takes_a_second(group: Rows) -> None:
        clocks.forward(1.0)
        shelf.write(group)

    with writer(shelf, takes_a_second, clocks) as groups:
        groups.add(batch(0), tokens=1)
        groups.finish()
        for number in range(batches):
            groups.add(batch(1 + number * rows, rows), tokens=1)
        groups.finish()
    assert shelf.sizes == [1, rows * batches]


def test_an_error_is_raised_once_and_what_was_taken_is_still_written() -> None:
    shelf, clocks, fails = Shelf(), Clocks(), [True, False]

    def fails_first(rows: Rows) -> None:
        if fails.pop(0):
            raise StoreBusy("somebody else is writing")
        shelf.write(rows)

    def work() -> None:
        with writer(shelf, fails_first, clocks) as groups:
            groups.add(batch(0), tokens=1)
            groups.keep(batch(1), tokens=1)
            groups.finish()

    with pytest.raises(StoreBusy):
        work()
    assert [list(rows.ids) for rows in shelf.groups] == [["1"]]
    assert shelf.heard == []

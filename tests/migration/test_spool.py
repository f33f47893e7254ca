"""Paid vectors survive a crash: what was kept comes back exactly, what is damaged is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.migration.spool import Spool
from helmert.stores.base import Rows


def rows(first: int, count: int, dims: int = 4) -> Rows:
    numbers = range(first, first + count)
    return Rows(
        ids=[f"d{number}" for number in numbers],
        vectors=np.array([[number + 0.5] * dims for number in numbers], dtype=np.float32).reshape(-1, dims),
        texts=[""] * count,
        hashes=[f"h{number}" for number in numbers],
        metadata=[{}] * count,
    )


def recovered(folder: Path) -> dict[str, float]:
    return {id_: float(vector[0]) for (id_, _), vector in Spool(folder).recover().items()}


def test_what_was_kept_comes_back_and_what_was_dropped_does_not(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    written = spool.keep(rows(0, 3))
    spool.keep(rows(3, 2))
    spool.drop([written])
    assert recovered(tmp_path) == {"d3": 3.5, "d4": 4.5}


def test_a_later_run_overwrites_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    earlier = Spool(tmp_path)
    first = earlier.keep(rows(0, 1))
    earlier.keep(rows(1, 1))
    earlier.drop([first])
    later = Spool(tmp_path)
    assert set(later.recover()) == {("d1", "h1")}
    later.keep(rows(2, 1))
    assert set(recovered(tmp_path)) == {"d1", "d2"}


@given(cut=st.integers(1, 60))
def test_a_torn_file_is_left_out(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    spool = Spool(folder)
    torn = spool.keep(rows(0, 2))
    spool.keep(rows(2, 1))
    torn.write_bytes(torn.read_bytes()[:-cut])
    assert recovered(folder) == {"d2": 2.5}


def test_odd_ids_come_back(tmp_path: Path) -> None:
    odd = Rows(
        ids=["a\x00", "ü\n'\"", " "],
        vectors=np.eye(3, dtype=np.float32),
        texts=["", "", ""],
        hashes=["1", "2", "3"],
        metadata=[{}, {}, {}],
    )
    Spool(tmp_path).keep(odd)
    assert list(Spool(tmp_path).recover()) == [("a\x00", "1"), ("ü\n'\"", "2"), (" ", "3")]


def test_clearing_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "index")
    spool.keep(rows(0, 2))
    spool.clear()
    assert not (tmp_path / "index").exists()
    assert Spool(tmp_path / "index").recover() == {}

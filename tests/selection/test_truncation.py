"""Texts longer than a model reads are counted, and never cut in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.models.base import Limits
from helmert.selection.truncation import count_tokens, truncation_warnings
from tests.selection.worlds import candidate, evalset_of, selected, texts, toy

TEN = Limits(batch_texts=256, text_tokens=10)


def test_texts_beyond_the_limit_are_counted_with_what_is_lost() -> None:
    counts = count_tokens(toy(limits=TEN), ["one two", "x " * 30, "y " * 10], ["z " * 11, "short"])
    found = counts.truncation()
    assert (found.limit, found.documents, found.queries) == (10, 1, 1)
    assert found.tokens_lost == pytest.approx(20 / 42)
    assert counts.beyond.tolist() == [False, True, False]
    assert counts.total == 2 + 10 + 10 + 10 + 1


def test_the_prefix_takes_room_too() -> None:
    counts = count_tokens(toy(limits=TEN, prefixes=("search document ", "")), ["y " * 9], ["y " * 9])
    assert counts.truncation().documents == 1
    assert counts.truncation().queries == 0


def test_a_model_without_limit_loses_nothing() -> None:
    found = count_tokens(toy(), ["x " * 9999], ["q"]).truncation()
    assert (found.limit, found.documents, found.tokens_lost) == (None, 0, 0.0)
    assert list(truncation_warnings("toy", found)) == []


def test_cut_texts_are_in_the_row_in_the_warnings_and_in_slices_of_length(tmp_path: Path) -> None:
    held = [*texts(20, length=8), *texts(20, seed=1, length=16)]
    card = selected(tmp_path, [candidate(toy(limits=TEN))], held, evalset=evalset_of(held))
    row = next(row for row in card.rows if row.name == "toy")
    assert row.truncation is not None
    assert row.truncation.documents == 20
    assert any(warning.startswith("toy reads 10 tokens of a text: 20 documents") for warning in card.warnings)
    lengths = {part.name: part.queries for part in card.slices}
    assert lengths == {"length (toy, 10 tokens)=beyond limit": 20, "length (toy, 10 tokens)=within": 20}

"""Every outcome there is can be shown, and tables line up."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert import commands, demo
from helmert.cli.rendering import lines, table
from helmert.cli.rendering.gates import judgement_lines
from helmert.commands.outcome import Outcome


def outcomes(parent: type[Outcome] = Outcome) -> Iterator[type[Outcome]]:
    for package in (commands, demo):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for child in parent.__subclasses__():
        # A dataclass with slots is made anew by its decorator; the class that was written down may live on a while.
        lives = vars(sys.modules[child.__module__]).get(child.__name__) is child
        if lives and child.__module__.startswith("helmert."):
            yield child
            yield from outcomes(child)


def test_every_outcome_has_a_rendering() -> None:
    found = set(outcomes())
    assert len(found) >= 10
    assert found - set(lines.registry) == set()


def test_an_outcome_without_a_rendering_is_a_defect() -> None:
    with pytest.raises(NotImplementedError, match="Outcome"):
        lines(Outcome(next_step=""))


cells = st.text(st.characters(categories=["L", "Nd"]), max_size=6)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), max_size=5)))
def test_columns_line_up(rows: list[list[str]]) -> None:
    shown = list(table(rows))
    assert len(shown) == len(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row, line in zip(rows, shown, strict=True):
        assert line == line.rstrip()
        start = 2
        for cell, width in zip(row, widths, strict=True):
            assert line[start : start + width].strip() == cell
            start += width + 2


def test_a_judgement_without_scores_is_its_verdict() -> None:
    judgement = {"scores": [], "decision": {"verdict": "INCONCLUSIVE"}, "sentences": ["Nothing to compare."]}
    assert list(judgement_lines(judgement)) == [
        "  measure  index  mean  interval  queries",
        "Gate: INCONCLUSIVE",
        "  Nothing to compare.",
    ]
    assert list(judgement_lines({})) == []


def test_a_measure_of_no_queries_has_no_number() -> None:
    row = {"measure": "recall@10", "index": "docs", "mean": None, "low": 0.0, "high": 1.0, "queries": 0}
    (_, shown) = judgement_lines({"scores": [row]})
    measure, index, mean, interval, queries = shown.split()
    assert (measure, index, queries) == ("recall@10", "docs", "0")
    assert mean == interval
    assert not any(character.isdigit() for character in mean)

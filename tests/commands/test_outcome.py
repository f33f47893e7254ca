"""Every outcome becomes plain JSON, says go or no-go, and says what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert import commands
from helmert.commands.outcome import Outcome, plain
from tests.commands.projects import Project


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    numbers: tuple[float, ...]
    when: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Outcome):
    inner: Inner
    colour: Colour
    counts: dict[Colour, int]


class Written:
    def to_dict(self) -> dict[str, object]:
        return {"share": float("nan"), "when": date(2026, 3, 1)}


def test_an_outcome_is_told_in_plain_values() -> None:
    outcome = Example(
        next_step="go on",
        go=False,
        inner=Inner(numbers=(1.5, float("inf")), when=date(2026, 3, 1)),
        colour=Colour.RED,
        counts={Colour.RED: 2},
    )
    assert outcome.exit_code == 1
    assert outcome.to_dict() == {
        "next_step": "go on",
        "go": False,
        "inner": {"numbers": [1.5, None], "when": "2026-03-01"},
        "colour": "red",
        "counts": {"red": 2},
    }
    assert Example(next_step="", inner=outcome.inner, colour=Colour.RED, counts={}).exit_code == 0


def test_what_tells_itself_is_made_plain_too() -> None:
    assert plain(Written()) == {"share": None, "when": "2026-03-01"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00+00:00"),
        (frozenset({1}), [1]),
        (None, None),
        (True, True),
        ({1: (2, 3)}, {"1": [2, 3]}),
    ],
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates()
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


@given(values)
def test_whatever_it_holds_json_can_carry_it(value: object) -> None:
    text = json.dumps(plain(value), allow_nan=False)
    assert plain(json.loads(text)) == json.loads(text)


def test_the_outcome_of_every_verb_is_strict_json(ready: Project) -> None:
    with ready.open() as workspace:
        outcomes: list[Outcome] = [
            commands.doctor(workspace),
            commands.status(workspace),
            commands.search(workspace, "harbour"),
            commands.evaluate(workspace),
            commands.apply(workspace),
            commands.promote(workspace),
            commands.rollback(workspace),
            commands.plan(workspace, model="large"),
        ]
    for outcome in outcomes:
        assert json.loads(json.dumps(outcome.to_dict(), allow_nan=False))["next_step"], type(outcome).__name__


def test_every_verb_of_the_room_is_a_function_with_a_docstring() -> None:
    for name in commands.__all__:
        assert getattr(commands, name).__doc__, name
    modules = {path.stem for path in Path(commands.__file__).parent.glob("*.py")}
    assert {getattr(commands, name).__module__.rpartition(".")[2] for name in commands.__all__} <= modules

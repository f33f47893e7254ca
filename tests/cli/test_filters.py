"""`--where` becomes a filter in the types that the fields are declared with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.cli.filters import parse_filter
from helmert.errors import UsageError
from helmert.stores.base import FieldType
from helmert.types import Scalar
from tests.cli.conftest import Helmert
from tests.commands.projects import Project

FIELDS: dict[str, FieldType] = {"lang": "text", "year": "int", "score": "float", "draft": "bool"}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], {}),
        (["lang=en"], {"lang": "en"}),
        (["lang="], {"lang": ""}),
        (["lang=a=b"], {"lang": "a=b"}),
        (["year=2026", "lang=en"], {"year": 2026, "lang": "en"}),
        (["year=-3"], {"year": -3}),
        (["score=1e3"], {"score": 1000.0}),
        (["draft=true", "draft=FALSE"], {"draft": [True, False]}),
        (["lang=en", "lang=de", "lang=fr"], {"lang": ["en", "de", "fr"]}),
    ],
)
def test_conditions_are_read(conditions: list[str], expected: dict[str, object]) -> None:
    found = parse_filter(conditions, FIELDS)
    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


@pytest.mark.parametrize("condition", ["lang", "=en", "", "Lang=en", "colour=red"])
def test_what_is_no_condition_is_told_with_the_declared_fields(condition: str) -> None:
    with pytest.raises(UsageError, match="Declared: draft, lang, score, year") as caught:
        parse_filter([condition], FIELDS)
    assert caught.value.next_step


def test_without_declared_fields_there_is_nothing_to_filter_on() -> None:
    with pytest.raises(UsageError, match="Declared: none"):
        parse_filter(["lang=en"], {})


@pytest.mark.parametrize(
    "condition", ["year=many", "year=2.5", "year=", "score=high", "score=nan", "score=inf", "draft=yes", "draft="]
)
def test_a_value_of_another_type_is_told_with_the_declared_one(condition: str) -> None:
    name = condition.partition("=")[0]
    with pytest.raises(UsageError, match=f"declared as {FIELDS[name]}"):
        parse_filter([condition], FIELDS)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.lists(st.integers(-9, 9), min_size=1, max_size=4)))
def test_every_value_that_was_given_is_in_the_filter(wanted: dict[str, list[int]]) -> None:
    written: dict[str, Callable[[int], Scalar]] = {
        "lang": str,
        "year": int,
        "score": float,
        "draft": lambda number: number % 2 == 0,
    }
    values = {name: [written[name](number) for number in numbers] for name, numbers in wanted.items()}
    conditions = [f"{name}={value}" for name, typed in values.items() for value in typed]
    found = parse_filter(conditions, FIELDS)
    assert {name: value if isinstance(value, list) else [value] for name, value in found.items()} == values


def test_a_filter_reaches_the_index(helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(live.folder)
    arguments = ["search", "harbour", "-k", "30", "--where", "lang=en", "--where", "year=2002", "--where", "year=2005"]
    hits = helmert(*arguments, "--json").body["hits"]
    assert [hit["id"] for hit in hits] == ["d002"]

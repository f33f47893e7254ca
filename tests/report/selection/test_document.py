"""The scorecard as JSON: everything that was measured, what is computed from it, and nothing that is no number."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest

from helmert.report import scorecard_json
from helmert.selection.scorecard import Scorecard


def refuse(constant: str) -> NoReturn:
    raise AssertionError(constant)


def plain(card: Scorecard) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(scorecard_json(card), parse_constant=refuse)
    return content


def test_every_field_is_there_with_the_version_of_the_form(card: Scorecard) -> None:
    content = plain(card)
    assert set(content) == {"format", *Scorecard.__dataclass_fields__}
    assert content["format"] == 1
    assert content["made_at"] == "2026-11-22T16:05:00+00:00"
    assert [row["name"] for row in content["rows"]] == [row.name for row in card.rows]


def test_computed_values_are_there(card: Scorecard) -> None:
    for row, original in zip(plain(card)["rows"], card.rows, strict=True):
        if original.cost is None:
            assert row["cost"] is None
        else:
            parts = ("queries", "documents", "reindex", "storage", "serving")
            assert row["cost"]["total"] == pytest.approx(sum(row["cost"][part] for part in parts))
        if original.bulk is not None:
            assert row["bulk"]["tokens_per_second"] == original.bulk.tokens_per_second


def test_what_is_infinite_is_null(card: Scorecard) -> None:
    service = plain(card)["rows"][0]["latency"]["service"]
    assert service[-1]["high"] is None
    assert service[0]["high"] is not None


def test_equal_cards_are_equal_bytes(card: Scorecard, bare: Scorecard) -> None:
    assert scorecard_json(card) == scorecard_json(card)
    assert plain(bare)["choice"] is None

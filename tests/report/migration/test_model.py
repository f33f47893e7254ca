"""The values of a report."""

from __future__ import annotations

import json
import math

import pytest

from helmert.errors import UsageError
from helmert.report import Estimate, GateResult, MigrationReport


@pytest.mark.parametrize(
    ("value", "low", "high", "message"),
    [
        (math.nan, None, None, "finite"),
        (0.5, -math.inf, 0.6, "finite"),
        (0.5, 0.4, None, "both ends"),
        (0.5, 0.6, 0.4, "wrong way round"),
    ],
)
def test_impossible_estimates_are_refused(value: float, low: float | None, high: float | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Estimate(value=value, low=low, high=high)


def test_ends_of_an_estimate_without_interval_are_its_value() -> None:
    assert Estimate(value=0.5).ends == (0.5, 0.5)
    assert Estimate(value=0.5, low=0.4, high=0.7).ends == (0.4, 0.7)


def test_verdicts_have_colours_and_words() -> None:
    badges = [GateResult(verdict=verdict).badge for verdict in ("PASS", "FAIL", "INCONCLUSIVE")]
    assert [(badge.text, badge.tone) for badge in badges] == [
        ("PASS", "good"),
        ("FAIL", "bad"),
        ("INCONCLUSIVE", "caution"),
    ]


def test_to_dict_survives_json(report: MigrationReport) -> None:
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["generated_at"] == "2026-11-22T13:24:00+00:00"
    assert plain["comparison"][0]["difference"] == {"value": 0.109, "low": 0.098, "high": 0.121}
    assert plain["regressions"][0]["rank_after"] is None
    assert set(plain) == set(MigrationReport.__dataclass_fields__)

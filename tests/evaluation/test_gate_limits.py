"""Limits: the far end of the interval decides, and what nobody measured never passes."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import (
    LIMITS,
    Evidence,
    Finding,
    GatePolicy,
    Interval,
    Limit,
    Measurement,
    Verdict,
    decide,
    percentile_measurement,
    share_measurement,
)


def found(name: str, bound: float, measurement: Measurement | None) -> Finding:
    measurements = {} if measurement is None else {name: measurement}
    (finding,) = decide(
        Evidence(measurements=measurements), GatePolicy(rules=(Limit(name=name, bound=bound),))
    ).findings
    return finding


def between(low: float, high: float, value: float) -> Measurement:
    return Measurement(value=value, samples=100, how="in a test", interval=Interval(low=low, high=high, level=0.95))


@pytest.mark.parametrize(
    ("name", "bound", "verdict"),
    [
        ("latency_p95_ms", 30.0, Verdict.PASS),
        ("latency_p95_ms", 29.9, Verdict.INCONCLUSIVE),
        ("latency_p95_ms", 20.0, Verdict.INCONCLUSIVE),
        ("latency_p95_ms", 9.9, Verdict.FAIL),
    ],
)
def test_a_latency_passes_by_the_upper_end_of_its_interval(name: str, bound: float, verdict: Verdict) -> None:
    assert found(name, bound, between(10.0, 30.0, 20.0)).verdict is verdict


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [(0.9, Verdict.PASS), (0.95, Verdict.INCONCLUSIVE), (0.98, Verdict.INCONCLUSIVE), (0.995, Verdict.FAIL)],
)
def test_a_share_passes_by_the_lower_end_of_its_interval(bound: float, verdict: Verdict) -> None:
    assert found("index_recall", bound, between(0.9, 0.99, 0.97)).verdict is verdict


@pytest.mark.parametrize(("value", "verdict"), [(1.0, Verdict.PASS), (0.999, Verdict.FAIL)])
def test_a_count_is_exact(value: float, verdict: Verdict) -> None:
    assert found("completeness", 1.0, Measurement(value=value, samples=1000, how="counted")).verdict is verdict


@pytest.mark.parametrize("name", LIMITS)
def test_what_was_not_measured_never_passes(name: str) -> None:
    finding = found(name, 0.5, None)
    assert (finding.verdict, finding.evidence, finding.queries_needed) == (Verdict.INCONCLUSIVE, None, None)
    assert "was not measured" in finding.sentence


def test_a_sentence_holds_value_sample_and_interval() -> None:
    assert found("latency_p95_ms", 50.0, between(10.0, 30.0, 20.0)).sentence == (
        "Latency (95th percentile) is 20.0 ms, as it must be (at most 50 ms). Measured on 100 queries, in a test. The "
        "true value is between 10.0 and 30.0 ms with 95% confidence."
    )
    assert found("index_recall", 0.98, between(0.9, 0.99, 0.97)).sentence == (
        "Index recall (share of the exact first hits that the index finds) is 0.970, and whether it is at least 0.98 "
        "is not shown. Measured on 100 queries, in a test. The true value is between 0.900 and 0.990 with 95% "
        "confidence."
    )


def test_few_queries_say_nothing_about_a_high_percentile_and_how_many_would() -> None:
    measurement = percentile_measurement([5.0] * 30, 0.95, level=0.95, how="in a test")
    finding = found("latency_p95_ms", 50.0, measurement)
    assert (finding.verdict, finding.queries_needed) == (Verdict.INCONCLUSIVE, 72)
    assert "So few cannot say how high it may be with 95% confidence." in finding.sentence
    assert finding.evidence is not None
    assert finding.evidence["high"] is None
    json.dumps(finding.to_dict(), allow_nan=False)
    enough = percentile_measurement([5.0] * 72, 0.95, level=0.95, how="in a test")
    assert found("latency_p95_ms", 50.0, enough).verdict is Verdict.PASS


def test_a_slow_system_is_known_to_be_slow_from_few_queries() -> None:
    measurement = percentile_measurement([80.0] * 30, 0.95, level=0.95, how="in a test")
    assert found("latency_p95_ms", 50.0, measurement).verdict is Verdict.FAIL


def test_the_estimate_is_a_sample_that_decides() -> None:
    few = share_measurement([1.0] * 30, level=0.95, how="in a test")
    finding = found("index_recall", 0.95, few)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.queries_needed is not None
    more = share_measurement([1.0] * (finding.queries_needed * 2), level=0.95, how="in a test")
    assert found("index_recall", 0.95, more).verdict is Verdict.PASS


def test_nothing_measured_is_no_measurement() -> None:
    assert percentile_measurement([], 0.95, level=0.95, how="") is None
    assert share_measurement([], level=0.95, how="") is None


@given(values=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=200), bound=st.floats(0.1, 1e4))
def test_a_pass_is_never_above_the_bound(values: list[float], bound: float) -> None:
    measurement = percentile_measurement(values, 0.5, level=0.95, how="in a test")
    assert measurement is not None
    verdict = found("latency_p50_ms", bound, measurement).verdict
    if verdict is Verdict.PASS:
        assert measurement.value <= bound
    if verdict is Verdict.FAIL:
        assert measurement.value > bound


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match=r"no limit 'latency'; known: latency_p50_ms, .*, completeness"):
        Limit(name="latency", bound=1.0)
    for bound in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(UsageError, match="must be above 0"):
            Limit(name="latency_p95_ms", bound=bound)
    with pytest.raises(UsageError, match=r"at most 1; got 1\.5"):
        Limit(name="index_recall", bound=1.5)
    with pytest.raises(UsageError, match="finite"):
        Measurement(value=math.nan, samples=1, how="")

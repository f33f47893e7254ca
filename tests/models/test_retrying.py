"""Calls are repeated only after errors that may pass, only so often, and as late as the endpoint asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import GarbageVectors, HelmertError, ProviderOutage, RateLimited, RejectedInput
from helmert.models.retrying import Patience, call_patiently


def failing(*errors: HelmertError) -> Callable[[], str]:
    waiting = list(errors)

    def call() -> str:
        if waiting:
            raise waiting.pop(0)
        return "answer"

    return call


def waits(call: Callable[[], str], patience: Patience) -> tuple[str | HelmertError, list[float]]:
    seconds: list[float] = []
    try:
        return call_patiently(call, patience, seconds.append), seconds
    except HelmertError as error:
        return error, seconds


def test_waits_double() -> None:
    outages = [ProviderOutage("down") for _ in range(4)]
    assert waits(failing(*outages), Patience(attempts=5, first_wait=0.5)) == ("answer", [0.5, 1.0, 2.0, 4.0])


def test_the_endpoint_knows_best_how_long() -> None:
    refusals = (
        RateLimited("slow", retry_after=7.0),
        RateLimited("slow"),
        RateLimited("slow", retry_after=0.0),
    )
    assert waits(failing(*refusals), Patience(first_wait=0.5)) == ("answer", [7.0, 1.0, 0.0])


def test_the_last_error_is_raised() -> None:
    errors = [ProviderOutage(f"down {number}") for number in range(3)]
    assert waits(failing(*errors), Patience(attempts=3)) == (errors[2], [0.5, 1.0])


def test_one_attempt_is_one_call() -> None:
    error = ProviderOutage("down")
    assert waits(failing(error), Patience(attempts=1)) == (error, [])


@pytest.mark.parametrize("error", [RejectedInput("no"), GarbageVectors("nan")])
def test_what_will_not_pass_is_not_repeated(error: HelmertError) -> None:
    assert waits(failing(error), Patience()) == (error, [])


def test_a_wait_longer_than_patience_is_left_to_the_job() -> None:
    error = RateLimited("come back tomorrow", retry_after=86_400.0)
    assert waits(failing(error), Patience(longest_wait=60.0)) == (error, [])


@given(attempts=st.integers(1, 12), longest=st.floats(0.1, 100.0))
def test_patience_is_bounded(attempts: int, longest: float) -> None:
    endless = failing(*(ProviderOutage("down") for _ in range(100)))
    result, seconds = waits(endless, Patience(attempts=attempts, longest_wait=longest))
    assert isinstance(result, ProviderOutage)
    assert len(seconds) == attempts - 1
    assert all(0 < wait <= longest for wait in seconds)

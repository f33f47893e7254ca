"""Latency in a time of its own: simulated services, whose waits queueing theory knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import GarbageVectors, ProviderOutage, RateLimited, RejectedInput, UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.selection.latency import Load, asking, measure_latency
from helmert.selection.openloop import Arrivals, Call, Observed, arrival_times, open_loop
from helmert.selection.scorecard import Latency
from helmert.testing.embedder import ToyEmbedder
from tests.selection.virtual_time import VirtualTime

TEXTS = [f"query {number}" for number in range(5000)]


def service(time: VirtualTime, seconds: Callable[[np.random.Generator], float], seed: int = 7) -> Call:
    rng = np.random.default_rng(seed)
    return lambda _: time.sleep(seconds(rng))


def steady(rng: np.random.Generator) -> float:
    return 0.02


def stumbling(rng: np.random.Generator) -> float:
    return 0.2 if rng.random() < 0.05 else 0.02


def measured(seconds: Callable[[np.random.Generator], float], load: Load, seed: int = 3) -> Latency:
    time = VirtualTime()
    rng = np.random.default_rng(seed)
    return measure_latency(service(time, seconds), TEXTS, load, rng=rng, timing=time.timing())


def looped(
    seconds: Callable[[np.random.Generator], float], rate: float, *, duration: float = 2000.0, workers: int = 1
) -> Observed:
    time = VirtualTime()
    arrivals = arrival_times(rate, duration, "poisson", np.random.default_rng(5))
    return open_loop(
        service(time, seconds), TEXTS, arrivals, workers=workers, patience=duration / 4, timing=time.timing()
    )


def by_recursion(arrivals: FloatArray, services: list[float], workers: int) -> list[float]:
    """Lindley's recursion for one queue and several servers."""
    free = [0.0] * workers
    taken = []
    for arrival, seconds in zip(arrivals.tolist(), services, strict=True):
        begin = max(min(free), arrival)
        free[free.index(min(free))] = begin + seconds
        taken.append(begin + seconds - arrival)
    return taken


class TestOpenLoop:
    @pytest.mark.parametrize("rate", [10.0, 25.0, 40.0])
    def test_mean_time_at_a_steady_service_is_that_of_the_queue_m_d_1(self, rate: float) -> None:
        rho = 0.02 * rate
        expected = 0.02 + 0.02 * rho / (2 * (1 - rho))
        assert looped(steady, rate).seconds.mean() == pytest.approx(expected, rel=0.05)

    def test_mean_time_at_a_stumbling_service_is_that_of_pollaczek_and_khinchine(self) -> None:
        mean, square = 0.95 * 0.02 + 0.05 * 0.2, 0.95 * 0.02**2 + 0.05 * 0.2**2
        expected = mean + 20 * square / (2 * (1 - 20 * mean))
        assert looped(stumbling, 20.0).seconds.mean() == pytest.approx(expected, rel=0.05)

    @settings(max_examples=30)
    @given(
        gaps=st.lists(st.floats(min_value=0.001, max_value=0.1), min_size=1, max_size=60),
        workers=st.integers(min_value=1, max_value=4),
        seed=st.integers(min_value=0, max_value=99),
    )
    def test_every_time_is_what_a_queue_in_order_of_arrival_gives(
        self, gaps: list[float], workers: int, seed: int
    ) -> None:
        arrivals = np.cumsum(gaps)
        services = np.random.default_rng(seed).uniform(0.01, 0.1, size=len(gaps)).tolist()
        time, upcoming = VirtualTime(), iter(services)
        observed = open_loop(
            lambda _: time.sleep(next(upcoming)),
            TEXTS,
            arrivals,
            workers=workers,
            patience=math.inf,
            timing=time.timing(),
        )
        expected = by_recursion(arrivals, services, workers)
        np.testing.assert_allclose(np.sort(observed.seconds), np.sort(expected), atol=1e-9)

    def test_more_threads_wait_less(self) -> None:
        assert looped(stumbling, 20.0, workers=4).seconds.mean() < looped(stumbling, 20.0).seconds.mean()

    def test_a_queue_that_outgrows_its_patience_ends_the_loop_and_says_so(self) -> None:
        observed = looped(steady, 100.0, duration=40.0)
        assert observed.overloaded
        assert observed.late > 10.0
        assert observed.sent < observed.arrived < 4000
        assert observed.elapsed == pytest.approx(20.0, rel=0.1)

    @given(rate=st.floats(min_value=1.0, max_value=200.0), kind=st.sampled_from(["poisson", "constant"]))
    def test_arrivals_come_in_order_within_the_time_and_at_the_rate(self, rate: float, kind: Arrivals) -> None:
        moments = arrival_times(rate, 50.0, kind, np.random.default_rng(1))
        assert 0.0 <= moments[0] <= moments[-1] < 50.0
        assert np.all(np.diff(moments) >= 0)
        assert abs(moments.size - 50 * rate) <= 5 * math.sqrt(50 * rate) + 1

    @pytest.mark.parametrize(("rate", "seconds"), [(0.0, 1.0), (-1.0, 1.0), (math.inf, 1.0), (1.0, 0.0)])
    def test_impossible_loads_are_refused(self, rate: float, seconds: float) -> None:
        with pytest.raises(UsageError, match="above 0"):
            arrival_times(rate, seconds, "poisson", np.random.default_rng(1))


class TestCoordinatedOmission:
    def test_what_a_closed_loop_hides_the_open_loop_shows(self) -> None:
        latency = measured(stumbling, Load(rate=20.0, seconds=600.0, workers=1, alone=2000, alone_seconds=1e3))
        alone = {p.q: p.seconds for p in latency.service}
        arriving = {p.q: p.seconds for p in latency.arriving}
        assert alone[0.5] == pytest.approx(0.02)
        assert arriving[0.5] > 1.3 * alone[0.5]
        assert arriving[0.95] > 10 * alone[0.5]
        assert arriving[0.99] > 2 * alone[0.99]
        assert latency.sent == pytest.approx(12_000, rel=0.05)


class TestFailures:
    @pytest.mark.parametrize(
        "failure", [ProviderOutage("down"), RateLimited("slower", retry_after=1.0), RejectedInput("too long")]
    )
    def test_queries_without_an_answer_are_counted_and_count_as_infinitely_slow(self, failure: Exception) -> None:
        time, asked = VirtualTime(), 0

        def call(text: str) -> None:
            nonlocal asked
            number = asked = asked + 1
            time.sleep(0.01)
            if number % 20 == 0:
                raise failure

        load = Load(rate=10.0, seconds=100.0, workers=2, warm_up=0, alone=200)
        latency = measure_latency(call, TEXTS, load, rng=np.random.default_rng(1), timing=time.timing())
        assert latency.failed == pytest.approx(latency.sent / 20, abs=1)
        assert latency.arriving[-1].seconds == math.inf
        assert latency.service[-1].seconds == math.inf
        assert latency.service[0].seconds == pytest.approx(0.01)
        assert f"{latency.failed:,} of them were not answered" in latency.note

    def test_other_errors_end_the_measurement(self) -> None:
        time, asked = VirtualTime(), 0

        def call(text: str) -> None:
            nonlocal asked
            asked += 1
            time.sleep(0.01)
            if asked > 40:
                raise GarbageVectors("not finite")

        load = Load(rate=50.0, seconds=100.0, workers=3, alone=20)
        with pytest.raises(GarbageVectors):
            measure_latency(call, TEXTS, load, rng=np.random.default_rng(1), timing=time.timing())
        assert asked < 60


class TestSaturation:
    def test_a_steady_service_saturates_where_theory_says(self) -> None:
        # M/D/1 with service D: P(wait > 4 D) is about (1 - r) / (r e^u - 1) e^(-4 u) where e^u - 1 = u / r, which is
        # 0.05 at a load r of 0.69.
        found = measured(steady, Load(budget=0.1, workers=1, search_seconds=4000.0)).saturation
        assert found == pytest.approx(0.69 / 0.02, rel=0.15)

    def test_more_time_than_a_single_query_needs_is_no_budget_at_all(self) -> None:
        latency = measured(steady, Load(budget=0.01, workers=4))
        assert latency.saturation is None
        assert "no rate was tried" in latency.note

    def test_the_rate_of_the_open_loop_is_not_measured_twice(self) -> None:
        time, calls = VirtualTime(), 0

        def call(text: str) -> None:
            nonlocal calls
            calls += 1
            time.sleep(0.02)

        load = Load(rate=10.0, seconds=50.0, budget=0.1, workers=1, search_seconds=0.1, alone=50, warm_up=0)
        latency = measure_latency(call, TEXTS, load, rng=np.random.default_rng(1), timing=time.timing())
        assert latency.saturation == 10.0
        assert calls == latency.sent + 50

    def test_too_little_time_for_a_single_rate_is_said(self) -> None:
        latency = measured(steady, Load(budget=0.1, search_seconds=0.5))
        assert latency.saturation is None
        assert "0.5 s do not suffice" in latency.note

    def test_the_search_takes_no_longer_than_it_may(self) -> None:
        time = VirtualTime()
        load = Load(budget=0.1, workers=2, search_seconds=30.0, warm_up=0, alone=10)
        measure_latency(service(time, steady), TEXTS, load, rng=np.random.default_rng(1), timing=time.timing())
        assert time.now <= 10 * 0.02 + 30.0 + 2.0

    @pytest.mark.parametrize("seconds", [0.001, 0.01])
    def test_what_fast_models_stand_is_found_in_half_a_minute_by_default(self, seconds: float) -> None:
        time = VirtualTime()
        load = Load(rate=20.0, budget=0.05)
        call = service(time, lambda _: seconds)
        latency = measure_latency(call, TEXTS, load, rng=np.random.default_rng(1), timing=time.timing())
        assert time.now < 35.0
        assert latency.saturation is not None
        assert 0.8 * load.workers / seconds < latency.saturation <= 1.2 * load.workers / seconds
        assert "and not at" in latency.note
        assert "before the two were within" not in latency.note

    def test_a_rate_that_is_too_high_already_is_searched_below(self) -> None:
        latency = measured(steady, Load(rate=80.0, budget=0.1, seconds=30.0, workers=1, search_seconds=4000.0))
        assert latency.arriving == ()
        assert latency.saturation == pytest.approx(0.69 / 0.02, rel=0.15)


class TestWholeMeasurement:
    def test_all_queries_are_told_of_between_the_parts(self) -> None:
        time, calls = VirtualTime(), 0
        heard: list[int] = []

        def call(text: str) -> None:
            nonlocal calls
            calls += 1
            time.sleep(0.02)

        measure_latency(
            call,
            TEXTS,
            Load(rate=10.0, budget=0.1, workers=1),
            rng=np.random.default_rng(1),
            timing=time.timing(),
            on_asked=heard.append,
        )
        assert sum(heard) == calls
        assert len(heard) > 3

    def test_equal_input_gives_equal_output(self) -> None:
        load = Load(rate=15.0, budget=0.3, seconds=30.0, workers=2)
        assert measured(stumbling, load) == measured(stumbling, load)

    def test_first_queries_are_left_out(self) -> None:
        time, asked = VirtualTime(), 0

        def call(text: str) -> None:
            nonlocal asked
            asked += 1
            time.sleep(5.0 if asked <= 10 else 0.01)

        latency = measure_latency(call, TEXTS, Load(), rng=np.random.default_rng(1), timing=time.timing())
        assert all(p.seconds == pytest.approx(0.01) for p in latency.service)
        assert latency.offered is None
        assert (latency.arriving, latency.sent, latency.saturation) == ((), 0, None)

    def test_an_overloaded_service_has_no_percentiles_and_a_reason(self) -> None:
        latency = measured(steady, Load(rate=100.0, seconds=20.0, workers=1))
        assert latency.arriving == ()
        assert latency.sent > 0
        assert "the queue grew without bound" in latency.note

    def test_a_slow_service_is_not_asked_alone_for_ever(self) -> None:
        latency = measured(lambda _: 10.0, Load(alone=300, alone_seconds=60.0, warm_up=2))
        assert "Asked alone: 6 queries" in latency.note or "Asked alone: 5 queries" in latency.note

    def test_few_texts_are_named_as_a_gift_to_caches(self) -> None:
        time = VirtualTime()
        latency = measure_latency(
            service(time, steady), TEXTS[:5], Load(), rng=np.random.default_rng(1), timing=time.timing()
        )
        assert latency.note.startswith("Asked alone: 300 queries")
        assert "5 different texts were sent again and again" in latency.note

    def test_real_threads_and_a_real_model(self) -> None:
        load = Load(rate=200.0, budget=5.0, seconds=0.2, search_seconds=2.0, alone=20, workers=2)
        latency = measure_latency(asking(ToyEmbedder()), TEXTS, load, rng=np.random.default_rng(1))
        assert latency.sent > 0
        assert latency.failed == 0
        assert all(0 < p.seconds < math.inf for p in (*latency.service, *latency.arriving))
        assert latency.saturation is not None

    def test_no_texts_are_refused(self) -> None:
        with pytest.raises(UsageError, match="query texts"):
            measure_latency(lambda _: None, [], Load(), rng=np.random.default_rng(1))

    @pytest.mark.parametrize(
        "wrong", [{"rate": 0.0}, {"budget": -1.0}, {"seconds": math.inf}, {"workers": 0}, {"warm_up": -1}]
    )
    def test_impossible_loads_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(UsageError, match=next(iter(wrong))):
            replace(Load(), **wrong)  # type: ignore[arg-type]

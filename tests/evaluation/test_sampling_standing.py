"""Pitfall 11: who was in the pool may be compared with whom, and random samples carry their warning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helmert.errors import Refused
from helmert.evaluation import Sampling
from helmert.evaluation.sampling import pool_standing, require_comparable
from tests.evaluation.worlds import set_of

WHOLE = set_of({"q": {"d": 1}})
POOLED = replace(WHOLE, sampling=Sampling(method="pooled", corpus=900, sampled=90, pool={"small": 50, "BM25": 20}))
RANDOM = replace(WHOLE, sampling=Sampling(method="random", corpus=900, sampled=90))


def test_a_whole_corpus_bounds_nobody() -> None:
    assert pool_standing(WHOLE, "anything", 100).standing == "exact"
    assert require_comparable(WHOLE, ["a", "b"], 100) == ()


def test_systems_pooled_at_least_as_deep_as_the_cut_off_are_exact() -> None:
    assert require_comparable(POOLED, ["small", "BM25"], 20) == ()
    assert [pool_standing(POOLED, name, 10).depth for name in ("small", "BM25", "large")] == [50, 20, 0]


@pytest.mark.parametrize(
    ("systems", "cutoff", "named"), [(["small", "large"], 10, "large"), (["small", "BM25"], 30, "BM25")]
)
def test_a_pooled_and_an_unpooled_system_are_not_compared(systems: list[str], cutoff: int, named: str) -> None:
    with pytest.raises(Refused, match=f"{named} cannot be compared with small") as caught:
        require_comparable(POOLED, systems, cutoff)
    assert "helmert evalset sample" in str(caught.value.next_step)
    (sentence,) = require_comparable(POOLED, systems, cutoff, allow=True)
    assert named in sentence
    assert "upper bound" in sentence


def test_unpooled_systems_among_themselves_are_compared_and_labelled() -> None:
    assert len(require_comparable(POOLED, ["large", "huge"], 10)) == 2


@pytest.mark.parametrize("allow", [True, False])
def test_raw_numbers_of_a_random_sample_carry_a_warning(allow: Any) -> None:
    sentences = require_comparable(RANDOM, ["a", "b"], 10, allow=allow)
    assert len(sentences) == 2
    assert all("random sample" in sentence for sentence in sentences)

"""A plan is data: it survives a file, its digest says what it is, and a damaged file is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.migration.plan import FORMAT, Estimate, Plan, stamp
from helmert.migration.stages import (
    STAGE_TYPES,
    Backfill,
    CatchUp,
    Complete,
    CreateIndex,
    Evaluate,
    Optimise,
    Phase,
    Promote,
    Prove,
    Stage,
    stage_from_dict,
    stage_to_dict,
)
from tests.migration.world import START

names = st.text(min_size=1, max_size=12)
maybe_names = st.none() | names
counts = st.integers(min_value=0, max_value=10**12)
amounts = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def stages() -> st.SearchStrategy[Stage]:
    return st.one_of(
        st.builds(CreateIndex, index=names, model=names),
        st.builds(Backfill, index=names, model=names, source_index=maybe_names),
        st.builds(Optimise, index=names),
        st.builds(CatchUp, index=names),
        st.builds(Prove, index=names, source_index=maybe_names),
        st.builds(Evaluate, index=names, incumbent=maybe_names),
        st.builds(Promote, alias=names, index=names, model=names),
        st.builds(Complete, old_index=names),
    )


estimates = st.builds(
    Estimate,
    rows=counts,
    tokens=counts,
    cost=amounts,
    currency=names,
    seconds=st.none() | amounts,
    storage_bytes=counts,
    basis=st.lists(names, max_size=3).map(tuple),
)
plans = st.builds(
    Plan,
    collection=names,
    alias=names,
    strategy=st.just("parallel"),
    store=names,
    target_index=names,
    target_model=names,
    target_space=names,
    source_index=maybe_names,
    source_model=maybe_names,
    expected_generation=counts,
    estimate=estimates,
    stages=st.lists(stages(), max_size=8).map(tuple),
    created_at=st.datetimes().map(stamp),
    on_bad=st.sampled_from(["stop", "skip"]),
)


PLAN = Plan(
    collection="docs",
    alias="docs_current",
    strategy="parallel",
    store="main",
    target_index="docs__large_v2__2026-03-01",
    target_model="large",
    target_space="0011223344556677",
    source_index="docs__small_v1__2026-02-01",
    source_model="small",
    expected_generation=1,
    estimate=Estimate(
        rows=3, tokens=12, cost=0.5, currency="EUR", seconds=None, storage_bytes=99, basis=("rows: counted",)
    ),
    stages=(
        CreateIndex(index="docs__large_v2__2026-03-01", model="large"),
        Backfill(index="docs__large_v2__2026-03-01", model="large", source_index="docs__small_v1__2026-02-01"),
        Promote(alias="docs_current", index="docs__large_v2__2026-03-01", model="large"),
        Complete(old_index="docs__small_v1__2026-02-01"),
    ),
    created_at=stamp(START),
)


def through_a_file(plan: Plan) -> Plan:
    return Plan.from_dict(json.loads(json.dumps(plan.to_dict())))


@given(plans)
def test_a_plan_comes_back_from_its_file_as_it_was(plan: Plan) -> None:
    again = through_a_file(plan)
    assert again == plan
    assert again.digest == plan.digest


@given(stages())
def test_a_stage_comes_back_as_it_was(stage: Stage) -> None:
    again = stage_from_dict(json.loads(json.dumps(stage_to_dict(stage))))
    assert again == stage
    assert type(again) is type(stage)


def test_every_stage_has_a_name_of_its_own_and_says_how_it_is_undone() -> None:
    assert len(STAGE_TYPES) == 8
    for name, stage in STAGE_TYPES.items():
        assert stage.name == name
        assert stage.title
        assert stage.undo
        assert isinstance(stage.phase, Phase)


@given(plans, st.datetimes().map(stamp))
def test_the_digest_does_not_look_at_the_time(plan: Plan, when: str) -> None:
    assert replace(plan, created_at=when).digest == plan.digest


CHANGES: Mapping[str, object] = {
    "collection": "others",
    "alias": "others_current",
    "strategy": "lazy",
    "store": "elsewhere",
    "target_index": "another",
    "target_model": "another",
    "target_space": "another",
    "source_index": "another",
    "source_model": "another",
    "expected_generation": 77,
    "stages": (),
    "on_bad": "skip",
}


def test_the_digest_looks_at_everything_else() -> None:
    digests = {replace(PLAN, **{name: value}).digest for name, value in CHANGES.items()}  # type: ignore[arg-type]
    digests.add(replace(PLAN, estimate=replace(PLAN.estimate, rows=1)).digest)
    assert len(digests | {PLAN.digest}) == len(CHANGES) + 2
    assert {*CHANGES, "estimate", "created_at"} == set(Plan.__dataclass_fields__)


def test_stages_are_found_by_the_verb_that_runs_them() -> None:
    by_phase = [stage for phase in Phase for stage in PLAN.in_phase(phase)]
    assert tuple(by_phase) == PLAN.stages
    assert [type(stage) for stage in PLAN.in_phase(Phase.PROMOTE)] == [Promote]
    assert [type(stage) for stage in PLAN.in_phase(Phase.COMPLETE)] == [Complete]


@pytest.fixture
def data() -> dict[str, Any]:
    """A plan as it stands in a file."""
    found: dict[str, Any] = json.loads(json.dumps(PLAN.to_dict()))
    return found


def refusal(data: Mapping[str, object]) -> str:
    with pytest.raises(UsageError) as caught:
        Plan.from_dict(data)
    assert caught.value.next_step == "helmert plan"
    return caught.value.message


@pytest.mark.parametrize("name", sorted(set(Plan.__dataclass_fields__) - {"on_bad"}))
def test_a_plan_that_lacks_a_key_is_damaged(data: dict[str, Any], name: str) -> None:
    del data[name]
    assert name in refusal(data)


def test_a_plan_of_a_version_that_did_not_know_bad_rows_stops_at_them(data: dict[str, Any]) -> None:
    del data["on_bad"]
    assert Plan.from_dict(data).on_bad == "stop"


@pytest.mark.parametrize("value", [[], 5, True, 2.5])
@pytest.mark.parametrize("name", sorted(Plan.__dataclass_fields__))
def test_a_plan_with_a_value_of_another_type_is_damaged(data: dict[str, Any], name: str, value: object) -> None:
    data[name] = value
    if (name == "expected_generation" and value == 5) or (name == "stages" and not value):
        Plan.from_dict(data)
    else:
        assert "damaged" in refusal(data)


@pytest.mark.parametrize(
    "stage",
    [
        "create",
        {},
        {"stage": "erase"},
        {"stage": "optimise"},
        {"stage": "optimise", "index": 5},
        {"stage": "optimise", "index": "a", "note": "b"},
        {"stage": ["optimise"], "index": "a"},
    ],
)
def test_a_plan_with_a_stage_nobody_knows_is_damaged(data: dict[str, Any], stage: object) -> None:
    data["stages"] = [stage]
    assert "damaged" in refusal(data)


@pytest.mark.parametrize("found", [None, FORMAT + 1, "1"])
def test_a_plan_of_another_format_is_refused_by_its_number(data: dict[str, Any], found: object) -> None:
    data["format"] = found
    assert refusal(data).startswith(f"This is not a plan of format {FORMAT} (format is {found!r})")


def test_any_other_json_object_is_no_plan() -> None:
    assert "not a plan" in refusal({"name": "a package", "version": "1.0"})

"""What all benchmarks rely on: which collections are read, whose turn it is, and what is compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.harness import Cost


def beir(folder: Path, documents: int) -> Path:
    folder.mkdir(parents=True)
    rows = [{"_id": f"{n}", "text": f"{folder.name} {n}"} for n in range(documents)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_folders_and_folders_of_folders_may_be_given(tmp_path: Path) -> None:
    one, two, three = (beir(tmp_path / place, 1) for place in ("many/a", "many/b", "alone"))
    arguments = harness.parser("").parse_args(["--data", str(tmp_path / "many"), "--data", str(three)])
    assert harness.folders(arguments) == [one, two, three]


def test_documents_come_from_all_collections_by_turns_and_keep_them_apart(tmp_path: Path) -> None:
    data = [beir(tmp_path / "a", 4), beir(tmp_path / "b", 1)]
    assert [document.id for document in harness.documents(data, 4)] == ["a:0", "b:0", "a:1", "a:2"]


def test_the_standard_library_stands_in_for_collections() -> None:
    drawn = harness.documents([], 50)
    assert [document.id for document in drawn] == [d.id for d in harness.standard_library().documents[:50]]
    assert len(harness.query_texts([], 7)) == 7


def test_works_take_turns_at_going_first_and_stop_when_the_budget_is_spent() -> None:
    order: list[str] = []

    def work(name: str) -> harness.Work:
        def once() -> Mapping[str, Cost]:
            order.append(name)
            return {name: Cost(seconds=1.0, cpu=1.0)}

        return once

    costs = harness.by_turns([work("a"), work("b")], rounds=4, budget=60.0)
    assert "".join(order) == "abbaabba"
    assert [len(taken) for taken in costs.values()] == [4, 4]
    assert len(harness.by_turns([work("a")], rounds=9, budget=0.0)["a"]) == harness.LEAST_ROUNDS


def test_a_comparison_is_the_median_of_paired_ratios() -> None:
    over = [Cost(seconds=seconds, cpu=1.0) for seconds in (2.0, 30.0, 4.0)]
    under = [Cost(seconds=seconds, cpu=2.0) for seconds in (1.0, 10.0, 4.0)]
    assert harness.compared("it", over, under) == {
        "it": {"ratio": 2.0, "quartiles": [1.5, 2.5], "processor_ratio": 0.5}
    }


def test_the_concluding_line_is_json_and_a_missed_goal_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert harness.conclude("it", {"ratio": 0.5}, goal="more", holds=False) == 0
    assert json.loads(capsys.readouterr().out) == {
        "benchmark": "it",
        "figures": {"ratio": 0.5},
        "goal": "more",
        "holds": False,
    }

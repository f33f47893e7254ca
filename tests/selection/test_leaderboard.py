"""Leaderboards: every format that is read, every fault that is named, and the rank correlation against oracles."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau  # type: ignore[import-untyped]

from helmert.errors import BadInput, NotFound
from helmert.selection.leaderboard import Leaderboard, kendall_tau, prior, read_leaderboard

small = st.integers(min_value=0, max_value=4).map(float)


def task_result(task: str, *scores: float, split: str = "test") -> dict[str, Any]:
    """A result as mteb 1.11 and later write it."""
    subsets = [
        {"hf_subset": f"s{n}", "languages": ["eng-Latn"], "main_score": score, "ndcg_at_10": score, "map_at_10": 0.1}
        for n, score in enumerate(scores)
    ]
    return {
        "dataset_revision": "fcf295ea64c7",
        "task_name": task,
        "mteb_version": "2.2.0",
        "scores": {split: subsets},
        "evaluation_time": 69.2,
        "kg_co2_emissions": None,
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    write(folder / "org__small" / "rev1" / "FiQA2018.json", task_result("FiQA2018", 0.3))
    write(folder / "org__small" / "rev1" / "MIRACL.json", task_result("MIRACL", 0.5, 0.7, split="dev"))
    write(folder / "org__small" / "rev1" / "model_meta.json", {"name": "org/small", "revision": "rev1"})
    write(folder / "org__large" / "rev9" / "FiQA2018.json", task_result("FiQA2018", 0.4))
    write(folder / "org__large" / "rev9" / "MIRACL.json", task_result("MIRACL", 0.8, split="dev"))
    write(folder / "org__large" / "rev9" / "OnlyHere.json", task_result("OnlyHere", 1.0))
    return folder


class TestReading:
    def test_a_folder_gives_the_mean_over_shared_tasks(self, results: Path) -> None:
        board = read_leaderboard(results)
        assert board.task == "mean of 2 tasks"
        assert board.scores == {"org/small": pytest.approx(0.45), "org/large": pytest.approx(0.6)}

    def test_of_two_revisions_the_one_with_more_tasks_counts(self, results: Path) -> None:
        write(results / "org__small" / "rev2" / "FiQA2018.json", task_result("FiQA2018", 0.99))
        assert read_leaderboard(results).scores["org/small"] == pytest.approx(0.45)

    def test_a_single_result_is_that_of_its_folder(self, results: Path) -> None:
        board = read_leaderboard(results / "org__large" / "rev9" / "FiQA2018.json")
        assert (board.task, dict(board.scores)) == ("FiQA2018", {"org/large": 0.4})

    def test_an_object_of_models_and_scores(self, tmp_path: Path) -> None:
        board = read_leaderboard(write(tmp_path / "retrieval.json", {"a": 0.5, "b": 61}))
        assert (board.task, dict(board.scores)) == ("retrieval", {"a": 0.5, "b": 61.0})

    @pytest.mark.parametrize(
        "text",
        [
            "model,score\na,0.5\nb,61\n",
            "Rank,Score,Model\n1,0.5,a\n2,61,b\n",
            "name,mean\r\na,0.5\r\n\r\nb, 61\r\n",
            '\ufeffmodel,score\n"a",0.5\nb,61\n',
        ],
    )
    def test_csv(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "board.csv"
        path.write_text(text, encoding="utf-8", newline="")
        assert dict(read_leaderboard(path).scores) == {"a": 0.5, "b": 61.0}


class TestFaults:
    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match=r"nowhere\.json"):
            read_leaderboard(tmp_path / "nowhere.json")

    def test_an_empty_folder_says_what_to_name(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="no result files") as caught:
            read_leaderboard(tmp_path)
        assert caught.value.next_step

    def test_models_without_a_common_task_are_listed(self, tmp_path: Path) -> None:
        write(tmp_path / "a" / "r" / "X.json", task_result("X", 0.5))
        write(tmp_path / "b" / "r" / "Y.json", task_result("Y", 0.5))
        with pytest.raises(BadInput, match="a has X, b has Y"):
            read_leaderboard(tmp_path)

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"task_name": 3}, "`task_name`"),
            ({"scores": []}, "`scores`"),
            ({"scores": {}}, "`scores`"),
            ({"scores": {"test": {}}}, r"`scores\.test`"),
            ({"scores": {"test": []}}, r"`scores\.test`"),
            ({"scores": {"test": [7]}}, r"`scores\.test\[0\]`"),
            ({"scores": {"test": [{"main_score": 0.5}, {}]}}, r"`scores\.test\[1\]\.main_score`"),
            ({"scores": {"dev": [{"main_score": None}]}}, r"`scores\.dev\[0\]\.main_score`"),
            ({"scores": {"dev": [{"main_score": True}]}}, r"`scores\.dev\[0\]\.main_score`"),
            ({"mteb_dataset_name": "X"}, "before 1.11"),
        ],
    )
    def test_a_malformed_result_is_named_with_file_and_key(
        self, tmp_path: Path, change: dict[str, object], key: str
    ) -> None:
        path = write(tmp_path / "m" / "r" / "X.json", task_result("X", 0.5) | change)
        for named in (path, tmp_path):
            with pytest.raises(BadInput, match=key) as caught:
                read_leaderboard(named)
            assert caught.value.path == str(path)
            assert caught.value.next_step

    def test_a_malformed_name_beside_a_result_is_named(self, results: Path) -> None:
        meta = write(results / "org__large" / "rev9" / "model_meta.json", {"name": None})
        with pytest.raises(BadInput, match="`name`") as caught:
            read_leaderboard(results)
        assert caught.value.path == str(meta)

    def test_broken_json_is_named_with_its_line(self, tmp_path: Path) -> None:
        path = tmp_path / "board.json"
        path.write_text('{"a": 1,\n "b": }', encoding="utf-8")
        with pytest.raises(BadInput, match="not valid JSON") as caught:
            read_leaderboard(path)
        assert caught.value.line == 2

    @pytest.mark.parametrize("content", [[1], {}, {"a": "high"}, {"a": None}])
    def test_an_object_of_something_else_is_refused(self, tmp_path: Path, content: object) -> None:
        with pytest.raises(BadInput, match=r"board\.json") as caught:
            read_leaderboard(write(tmp_path / "board.json", content))
        assert caught.value.next_step

    @pytest.mark.parametrize(
        ("text", "line", "fault"),
        [
            ("", None, "header"),
            ("model,score\n", None, "header"),
            ("model,score\na,high\n", 2, "'high' is not a number"),
            ("model,score\na,0.5\nb,nan\n", 3, "'nan' is not a number"),
            ("model,score\na\n", 2, "needs a model and a score"),
            ("model,score\n,0.5\n", 2, "needs a model and a score"),
            ("model,score\na,1\na,2\n", 3, "'a' has a score already"),
            ('model,score\n"a\nb",1\n', None, "each on one line"),
        ],
    )
    def test_a_malformed_row_is_named_with_its_line(
        self, tmp_path: Path, text: str, line: int | None, fault: str
    ) -> None:
        path = tmp_path / "board.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=fault) as caught:
            read_leaderboard(path)
        assert (caught.value.path, caught.value.line) == (str(path), line)
        assert caught.value.next_step


def brute_force(x: list[float], y: list[float]) -> float | None:
    pairs = list(combinations(range(len(x)), 2))
    agree = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in pairs)
    untied_x = sum(x[i] != x[j] for i, j in pairs)
    untied_y = sum(y[i] != y[j] for i, j in pairs)
    return float(agree / math.sqrt(untied_x * untied_y)) if untied_x and untied_y else None


class TestKendall:
    @given(st.lists(st.tuples(small, small), min_size=1, max_size=15))
    def test_equals_the_definition_and_scipy_with_ties_and_without(self, pairs: list[tuple[float, float]]) -> None:
        x, y = [a for a, _ in pairs], [b for _, b in pairs]
        tau = kendall_tau(np.array(x), np.array(y))
        expected = brute_force(x, y)
        if expected is None or tau is None:
            assert tau is expected
        else:
            assert tau == pytest.approx(expected)
            assert tau == pytest.approx(float(kendalltau(x, y).statistic))

    @given(st.permutations(range(8)))
    def test_is_one_with_itself_and_minus_one_turned_round(self, order: list[int]) -> None:
        x = np.array(order, dtype=np.float64)
        assert kendall_tau(x, x) == pytest.approx(1.0)
        assert kendall_tau(x, -x) == pytest.approx(-1.0)


MEASURED = {"large": 0.4, "small": 0.5, "tiny": 0.3, "bm25": 0.45}


class TestPrior:
    def board(self, **scores: float) -> Leaderboard:
        return Leaderboard(source="board.csv", task="retrieval", scores=scores)

    def test_correlates_the_candidates_it_knows(self) -> None:
        found = prior(self.board(large=60.0, small=55.0, tiny=50.0, other=99.0), MEASURED, {})
        assert dict(found.scores) == {"large": 60.0, "small": 55.0, "tiny": 50.0}
        assert found.tau == pytest.approx(1 / 3)
        assert "0.33 over 3 candidates. From so few, it may be chance." in found.sentence
        assert "puts large first; here it is small" in found.sentence
        assert "0.41 to 0.49" in found.sentence

    def test_two_candidates_have_no_rank_correlation(self) -> None:
        found = prior(self.board(large=60.0, small=55.0), MEASURED, {})
        assert found.tau is None
        assert "knows 2 of 4 candidates" in found.sentence

    def test_a_leaderboard_of_strangers_says_whom_it_knows(self) -> None:
        found = prior(self.board(other=1.0), MEASURED, {})
        assert (dict(found.scores), found.tau) == ({}, None)
        assert found.sentence == "retrieval knows none of the candidates. Its models are 'other'."

    @pytest.mark.parametrize(
        ("candidate", "named", "meets"),
        [
            ("MiniLM", "org/minilm", True),
            ("org/MiniLM", "org/minilm", True),
            ("org/MiniLM", "minilm", True),
            ("org/MiniLM", "else/minilm", False),
            ("Mini", "org/minilm", False),
        ],
    )
    def test_names_meet_with_and_without_an_organisation(self, candidate: str, named: str, meets: bool) -> None:
        found = prior(self.board(**{named: 1.0}), {candidate: 0.5}, {})
        assert bool(found.scores) == meets

    def test_a_short_name_that_two_models_share_meets_neither(self) -> None:
        assert not prior(self.board(**{"a/m": 1.0, "b/m": 2.0}), {"m": 0.5}, {}).scores

    def test_a_name_may_be_given(self) -> None:
        found = prior(self.board(**{"a/m": 1.0, "b/m": 2.0}), {"mine": 0.5}, {"mine": "b/m"})
        assert dict(found.scores) == {"mine": 2.0}

    def test_a_given_name_that_is_not_there_gives_way_to_the_candidate_s_own(self) -> None:
        board = self.board(mine=1.0, other=2.0)
        assert dict(prior(board, {"mine": 0.5}, {"mine": "weights-v2"}).scores) == {"mine": 1.0}
        assert dict(prior(board, {"mine": 0.5}, {"mine": "other"}).scores) == {"mine": 2.0}

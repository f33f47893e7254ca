"""Run files: what is written is read back, and what is not a run is refused with its line."""

from __future__ import annotations

from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadInput, HelmertError, NotFound, UsageError
from helmert.evaluation import Run, read_trec_run, write_trec_run
from tests.evaluation.worlds import rankings, run_of


def refused(path: Path) -> HelmertError | None:
    """The error with which a file is refused, or None when it is read."""
    try:
        read_trec_run(path)
    except HelmertError as error:
        return error
    return None


@given(found=st.dictionaries(st.sampled_from(["q1", "é", "7"]), rankings(st.floats(allow_nan=False)), max_size=3))
def test_round_trip(found: dict[str, dict[str, float]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("run") / "run.txt"
    run = run_of(found)
    write_trec_run(run, path)
    again = read_trec_run(path)
    assert set(again.query_ids) == {query for query, ranking in found.items() if ranking}
    assert all(again.ranking(query) == run.ranking(query) for query in again.query_ids)


def test_other_tools_read_what_we_write(tmp_path: Path) -> None:
    write_trec_run(run_of({"q": {"d2": 0.25, "d1": 0.5}}), tmp_path / "run.txt", tag="small")
    assert (tmp_path / "run.txt").read_text() == "q Q0 d1 1 0.5 small\nq Q0 d2 2 0.25 small\n"
    docs = list(ir_measures.read_trec_run(str(tmp_path / "run.txt")))  # type: ignore[no-untyped-call]
    assert [(doc.query_id, doc.doc_id, doc.score) for doc in docs] == [("q", "d1", 0.5), ("q", "d2", 0.25)]


def test_score_decides_and_rank_does_not(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("q Q0 low 1 0.1 x\nr Q0 d 1 1 x\nq Q0 high 2 0.9 x\n")
    assert [doc for doc, _ in read_trec_run(tmp_path / "run.txt").ranking("q")] == ["high", "low"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("q Q0 d 1 0.5 x\nq Q0 d 1 0.5\n", 2, "columns is 5 instead of 6"),
        ("q Q0 d 1 high x\n", 1, "score 'high' is not a number"),
        ("\nq Q0 d 1 nan x\n", 2, "score is NaN"),
    ],
)
def test_wrong_lines(text: str, line: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text(text)
    with pytest.raises(BadInput, match=message) as caught:
        read_trec_run(tmp_path / "run.txt")
    assert caught.value.line == line
    assert caught.value.next_step


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"run\.txt"):
        read_trec_run(tmp_path / "run.txt")


@pytest.mark.parametrize("name", ["two words", " q", "tab\tbed", ""])
def test_names_that_would_break_the_columns_are_refused(name: str, tmp_path: Path) -> None:
    broken: list[tuple[Run, str]] = [
        (run_of({name: {"d": 1.0}}), "x"),
        (run_of({"q": {name: 1.0}}), "x"),
        (run_of({"q": {"d": 1.0}}), name),
    ]
    for run, tag in broken:
        with pytest.raises(UsageError, match="cannot carry"):
            write_trec_run(run, tmp_path / "run.txt", tag=tag)
    assert not (tmp_path / "run.txt").exists()


@given(text=st.text(st.sampled_from("q Q0d1.5xnai\n\t-e"), max_size=60))
def test_any_text_is_read_or_refused(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("run") / "run.txt"
    path.write_text(text)
    refusal = refused(path)
    assert refusal is None or (isinstance(refusal, BadInput) and refusal.line)

"""Judging pairs: every answer is on the disk at once, can be taken back, and survives a crash at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import Refused, UsageError
from helmert.evaluation import LabelFacts, read_evalset
from helmert.evaluation.labels import Label, Pair
from helmert.evaluation.manifest import Manifest, read_manifest
from helmert.evaluation.writers import append_labels
from helmert.labelling.agreement import agreements, statements
from helmert.labelling.session import Session, second_opinions, without_judged
from helmert.labelling.undoing import remove_last_label
from tests.labelling.corpora import Clock, corpus_of, evalset_of, written

CORPUS = corpus_of(30)
EVALSET = evalset_of(CORPUS, 6)
PAIRS: list[Pair] = [(f"q{number}", f"d{number + 7}") for number in range(5)]
HANG_SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(EVALSET, tmp_path / "set")


def session_of(folder: Path, by: str = "ann", pairs: list[Pair] | None = None) -> Session:
    return Session(
        folder=folder,
        pairs=PAIRS if pairs is None else pairs,
        queries={query.id: query.text for query in EVALSET.queries},
        corpus=CORPUS,
        by=by,
        clock=Clock(),
    )


def human(folder: Path) -> dict[Pair, float]:
    """What people have said, as a fresh reader finds it."""
    return {
        (label.query, label.document): label.grade
        for label in read_evalset(folder).labels()
        if label.facts.origin == "human"
    }


def manifest_of(folder: Path) -> Manifest:
    found = read_manifest(folder)
    assert found is not None
    return found


def judge(session: Session, answers: str) -> None:
    for answer in answers:
        shown = session.current
        assert shown is not None
        match answer:
            case "y" | "n":
                assert session.judge(shown.pair, relevant=answer == "y")
            case "s":
                assert session.skip(shown.pair)
            case "u":
                session.undo()


def test_every_answer_is_on_the_disk_before_the_next_pair_is_shown(folder: Path) -> None:
    session = session_of(folder)
    judge(session, "y")
    assert human(folder) == {PAIRS[0]: 1}
    judge(session, "n")
    assert human(folder) == {PAIRS[0]: 1, PAIRS[1]: 0}
    facts = read_evalset(folder).label_facts[PAIRS[0]]
    assert (facts.origin, facts.by, facts.at[:10]) == ("human", "ann", "2026-03-01")


def test_what_is_shown_counts_on(folder: Path) -> None:
    session = session_of(folder)
    judge(session, "yns")
    shown = session.current
    assert shown is not None
    assert (shown.number, shown.total, shown.relevant, shown.not_relevant, shown.skipped) == (4, 5, 1, 1, 1)
    assert shown.document == CORPUS.texts[CORPUS.rows[shown.document_id]]
    judge(session, "ny")
    assert session.current is None
    assert not session.judge(PAIRS[0], relevant=True)


def test_answers_can_be_taken_back_one_by_one_to_the_beginning(folder: Path) -> None:
    before = len(statements(folder))
    session = session_of(folder)
    judge(session, "ynsyuuuu")
    assert human(folder) == {}
    assert session.counts == (0, 0, 0)
    assert not session.undo()
    assert read_evalset(folder).qrels == EVALSET.qrels
    assert len(statements(folder)) == before
    judge(session, "n")
    assert human(folder) == {PAIRS[0]: 0}


def test_an_answer_for_another_pair_is_not_kept(folder: Path) -> None:
    """A form that was sent twice, or from a page that is no longer shown."""
    session = session_of(folder)
    judge(session, "y")
    assert not session.judge(PAIRS[0], relevant=False)
    assert not session.skip(PAIRS[3])
    assert human(folder) == {PAIRS[0]: 1}


def test_a_label_that_is_no_longer_the_last_one_is_not_taken_back(folder: Path) -> None:
    session = session_of(folder)
    judge(session, "y")
    other = Label(query="q5", document="d20", grade=1, facts=LabelFacts(origin="human", by="bob"))
    append_labels(folder, [other], clock=Clock())
    with pytest.raises(Refused, match="not the last one"):
        session.undo()
    assert human(folder) == {PAIRS[0]: 1, ("q5", "d20"): 1}
    assert session.counts == (1, 0, 0)


def test_a_crash_between_the_two_steps_of_taking_back_leaves_a_set_that_can_be_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(session_of(folder), "y")
    label = read_evalset(folder).label(*PAIRS[0])

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("helmert.labelling.undoing.append_to_file", crash)
        with pytest.raises(KeyboardInterrupt):
            remove_last_label(folder, label, clock=Clock())
    assert human(folder) == {PAIRS[0]: 1}
    remove_last_label(folder, label, clock=Clock())
    assert human(folder) == {}


def test_kill_minus_nine_loses_no_answer_that_was_acknowledged(folder: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.labelling.test_session import PAIRS, session_of\n"
        "session = session_of(Path(sys.argv[1]))\n"
        "for pair in PAIRS:\n"
        "    session.judge(pair, relevant=True)\n"
        "    print(*pair, flush=True)\n"
        "    if pair == PAIRS[3]:\n"
        "        sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        told = [tuple(process.stdout.readline().split()) for _ in range(4)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(HANG_SECONDS)
    assert human(folder) == dict.fromkeys(told, 1)


def test_the_manifest_is_brought_up_to_date_at_the_end_and_from_time_to_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(folder)
    before = manifest_of(folder)
    judge(session, "yn")
    assert manifest_of(folder) == before
    session.describe()
    told = manifest_of(folder)
    assert (told.rows, told.digest) == (before.rows + 2, read_evalset(folder).digest)
    monkeypatch.setattr("helmert.labelling.session.DESCRIBED_EVERY", 2)
    judge(session, "y")
    assert manifest_of(folder) == told
    judge(session, "y")
    assert manifest_of(folder).digest == read_evalset(folder).digest != told.digest


@given(answers=st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.sampled_from("ynsu")), max_size=12))
def test_sessions_side_by_side_leave_what_reading_the_rows_gives(
    answers: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = written(EVALSET, tmp_path_factory.mktemp("sets") / "set")
    sessions = {by: session_of(folder, by) for by in ("ann", "bob")}
    for by, answer in answers:
        session = sessions[by]
        if session.current is not None:
            with suppress(Refused):
                judge(session, answer)
    read = read_evalset(folder)
    for session in sessions.values():
        session.describe()
    assert read_evalset(folder) == read
    last = {(label.facts.by, label.query, label.document): label.grade for label in statements(folder)}
    for by, session in sessions.items():
        given_now = [each for (who, *_), each in last.items() if who == by]
        assert len(given_now) == sum(session.counts[:2])


def test_one_person_may_change_their_mind_and_two_may_differ(folder: Path) -> None:
    judge(session_of(folder, "ann"), "yy")
    judge(session_of(folder, "ann"), "n")
    judge(session_of(folder, "bob"), "nn")
    assert human(folder) == {PAIRS[0]: 0, PAIRS[1]: 1}


def test_pairs_of_another_set_are_refused_before_the_first_is_shown(folder: Path) -> None:
    with pytest.raises(UsageError, match="no query 'q99'"):
        session_of(folder, pairs=[("q99", "d1")])
    with pytest.raises(UsageError, match="no document 'd99'"):
        session_of(folder, pairs=[("q1", "d99")])


def test_two_people_on_one_pair_are_both_kept_and_compared(folder: Path) -> None:
    judge(session_of(folder, "ann"), "yynny")
    judge(session_of(folder, "bob"), "ynnny")
    rows = [label for label in statements(folder) if label.facts.origin == "human"]
    assert len(rows) == 10
    (found,) = agreements(rows)
    assert (found.first, found.second, found.pairs, found.agreed) == ("ann", "bob", 5, 4)
    # p_o = 0.8; ann says yes to 3 of 5, bob to 2: p_e = 0.6 * 0.4 + 0.4 * 0.6
    assert found.kappa == pytest.approx((0.8 - 0.48) / (1 - 0.48))
    assert "0.62" in found.sentence


def test_of_several_answers_of_one_person_the_last_counts() -> None:
    def said(by: str, grade: int) -> Label:
        return Label(query="q", document="d", grade=grade, facts=LabelFacts(origin="human", by=by))

    (found,) = agreements([said("ann", 0), said("bob", 1), said("ann", 1)])
    assert found.agreed == 1
    assert found.kappa is None
    assert "not defined" in found.sentence
    assert agreements([said("ann", 0)]) == ()


def test_labels_of_machines_have_no_part_in_agreement() -> None:
    machine = Label(query="q", document="d", grade=1, facts=LabelFacts(origin="judge", by="model"))
    person = Label(query="q", document="d", grade=1, facts=LabelFacts(origin="human", by="ann"))
    assert agreements([machine, person]) == ()


def test_second_opinions_are_about_what_others_judged(folder: Path) -> None:
    judge(session_of(folder, "ann"), "yynny")
    judge(session_of(folder, "bob"), "y")
    assert second_opinions(statements(folder), "bob") == PAIRS[1:]
    assert len(second_opinions(statements(folder), "bob", limit=2)) == 2
    with pytest.raises(Refused):
        second_opinions(statements(folder), "ann")


def test_pairs_that_somebody_judged_are_left_out(folder: Path) -> None:
    judge(session_of(folder), "ys")
    assert without_judged(PAIRS, read_evalset(folder)) == PAIRS[1:]

"""The queries that changed, largest change first."""

from __future__ import annotations

import json

from helmert.evaluation import Measure, query_changes, score
from tests.evaluation.worlds import run_of, set_of

MRR = Measure.parse("MRR@10")


def at_rank(rank: int) -> dict[str, float]:
    """A ranking with the relevant document at this rank."""
    fillers = {f"x{position}": 10.0 - position for position in range(1, rank)}
    return {**fillers, "right": 10.0 - rank}


def test_worse_and_better_queries() -> None:
    before = {"same": 1, "little worse": 1, "much worse": 1, "better": 5, "b": 1, "a": 1, "gone": 2}
    after = {"same": 1, "little worse": 2, "much worse": 5, "better": 1, "b": 3, "a": 3}
    evalset = set_of({query: {"right": 1} for query in before})
    old = score(run_of({query: at_rank(rank) for query, rank in before.items()}), evalset, [MRR])
    new = score(run_of({query: at_rank(rank) for query, rank in after.items()}), evalset, [MRR])
    changes = query_changes(new, old, MRR)
    assert [change.query_id for change in changes.worse] == ["much worse", "a", "b", "gone", "little worse"]
    assert [change.query_id for change in changes.better] == ["better"]
    assert changes.unchanged == 1
    assert (changes.worse[0].incumbent, changes.worse[0].candidate) == (1.0, 0.2)
    assert changes.worse[0].difference == -0.8
    written = json.loads(json.dumps(changes.to_dict()))
    assert written["worse"][0] == {"query_id": "much worse", "incumbent": 1.0, "candidate": 0.2}


def test_equal_changes_stand_in_order_of_query_id() -> None:
    """0.5 - 0.2 and 0.8 - 0.5 differ in the last bit; the order may not depend on it."""
    evalset = set_of({query: {"right": 1} for query in "cab"})
    old = score(run_of({query: at_rank(1) for query in "cab"}), evalset, [MRR])
    new = score(run_of({query: at_rank(3) for query in "cab"}), evalset, [MRR])
    assert [change.query_id for change in query_changes(new, old, MRR).worse] == ["a", "b", "c"]


def test_no_change() -> None:
    scores = score(run_of({"q": at_rank(2)}), set_of({"q": {"right": 1}}), [MRR])
    assert query_changes(scores, scores, MRR).to_dict() == {
        "measure": "MRR@10",
        "worse": [],
        "better": [],
        "unchanged": 1,
    }

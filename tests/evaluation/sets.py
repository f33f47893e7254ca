"""Random evaluation sets of which everything is stated that can be, and the moments they are written at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from helmert.evaluation import ORIGINS, EvalSet, LabelFacts, QueryFacts, Sampling, Span
from helmert.types import Query

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def noon() -> datetime:
    """A clock that stands."""
    return NOON


def span(start: int, end: int) -> Span:
    return Span(start=start, end=end)


PRINTED = st.characters(codec="utf-8", exclude_characters="\t\n\r")
IDS = st.text(PRINTED, min_size=1, max_size=6).filter(lambda text: bool(text.strip()))
"""Ids with spaces inside and around, of any script."""
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
GRADES = st.integers(-1, 3) | st.floats(-2, 4, allow_nan=False)
SPANS = st.tuples(st.integers(0, 50), st.integers(1, 50)).map(lambda pair: span(pair[0], pair[0] + pair[1]))
MOMENTS = st.sampled_from(["", "2026-03-01", "2026-03-01T09:30:00+00:00", "2026-03-01T09:30:00Z"])
LABEL_FACTS = st.builds(
    LabelFacts,
    origin=st.sampled_from(ORIGINS),
    by=st.text(PRINTED, max_size=5),
    at=MOMENTS,
    spans=st.lists(SPANS, max_size=3).map(tuple),
)
QUERY_FACTS = st.builds(
    QueryFacts,
    cluster=st.text(st.characters(codec="utf-8"), max_size=4),
    weight=st.floats(0.001, 1000, allow_nan=False),
    slices=st.dictionaries(WORDS, WORDS, max_size=2),
)
SAMPLINGS = st.none() | st.builds(
    Sampling,
    method=st.sampled_from(["pooled", "random"]),
    corpus=st.integers(0, 10**9),
    sampled=st.integers(0, 10**6),
    seed=st.integers(0, 2**31),
    pool=st.dictionaries(WORDS, st.integers(1, 100), max_size=2),
    corpus_digest=st.text(PRINTED, max_size=4),
)


@st.composite
def evalsets(draw: st.DrawFn) -> EvalSet:
    """Sets in their plainest form: no entry says what holds anyway."""
    names = draw(st.lists(IDS, unique=True, max_size=4))
    queries = tuple(Query(id=name, text=draw(WORDS)) for name in names)
    judgements = st.dictionaries(IDS, GRADES, min_size=1, max_size=4)
    qrels = {name: draw(judgements) for name in names if draw(st.booleans())}
    pairs = [(query, document) for query, grades in qrels.items() for document in grades]
    stated = {name: draw(QUERY_FACTS) for name in names if draw(st.booleans())}
    labels = {pair: draw(LABEL_FACTS) for pair in pairs if draw(st.booleans())}
    return EvalSet(
        name=draw(WORDS),
        queries=queries,
        qrels=qrels,
        query_facts={name: facts for name, facts in stated.items() if facts != QueryFacts()},
        label_facts={pair: facts for pair, facts in labels.items() if facts != LabelFacts()},
        sampling=draw(SAMPLINGS),
    )


def small_set() -> EvalSet:
    """Two queries with three labels, and one that waits for its labels."""
    return EvalSet(
        name="small",
        queries=(Query(id="q1", text="first"), Query(id="q2", text="second"), Query(id="q3", text="third")),
        qrels={"q1": {"d1": 1, "d2": 0}, "q2": {"d3": 2}},
    )


def stated_set() -> EvalSet:
    """The small set with everything that can be stated."""
    return replace(
        small_set(),
        query_facts={"q1": QueryFacts(cluster="c", weight=2.5, slices={"language": "de", "kind": "code"})},
        label_facts={
            ("q1", "d1"): LabelFacts(origin="human", by="ann", at="2026-03-01", spans=(span(3, 9), span(20, 25))),
            ("q2", "d3"): LabelFacts(origin="click", by="log 7"),
        },
        sampling=Sampling(method="pooled", corpus=1000, sampled=120, pool={"bm25": 20, "minilm": 20}),
    )

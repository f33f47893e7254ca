"""Synthetic sets: nothing is paid for twice, every query says where it came from, no candidate judges itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from helmert.errors import ProviderOutage, UsageError
from helmert.evaluation import Span
from helmert.labelling.generators import Generated, Generator, open_generator
from helmert.labelling.rankings import Ranker
from helmert.labelling.synthesis import Answers, Order, RoundTrip, Synthesised, synthesise
from helmert.types import Document
from tests.labelling.corpora import Clock, corpus_of, ranker_of

CORPUS = corpus_of(80)


class Counting:
    """A generator that counts what it is asked, and fails when it is told to."""

    name = "counting/1"
    identity = "counting"
    concurrency = 1
    caution = "Only for tests."

    def __init__(self, fail_at: int | None = None) -> None:
        self.asked: list[str] = []
        self._fail_at = fail_at
        self._lock = threading.Lock()

    def generate(self, document: Document, count: int) -> Sequence[Generated]:
        with self._lock:
            self.asked.append(document.id)
            if len(self.asked) == self._fail_at:
                raise ProviderOutage("gone")
        words = document.text.split()
        return [
            Generated(text=f"{words[n]} question {words[-1 - n]}", span=Span(start=n, end=n + 9)) for n in range(count)
        ]

    def close(self) -> None:
        """Nothing is open."""


def made(
    folder: Path,
    generator: Generator,
    *,
    round_trip: RoundTrip | None = None,
    queries: int = 200,
    per_document: int = 1,
) -> Synthesised:
    order = Order(queries=queries, per_document=per_document)
    with Answers(folder, generator.identity) as answers:
        return synthesise(CORPUS, generator, answers, order, clock=Clock(), round_trip=round_trip)


def test_every_query_says_who_made_it_when_from_which_passage_and_has_its_document_s_cluster(tmp_path: Path) -> None:
    found = made(tmp_path, Counting(), queries=10, per_document=2)
    assert len(found.evalset.queries) == 10
    for query in found.evalset.queries:
        ((document, grade),) = found.evalset.qrels[query.id].items()
        facts = found.evalset.label_facts[query.id, document]
        assert (grade, facts.origin, facts.by) == (1, "synthetic", "counting/1")
        assert facts.at == "2026-03-01T09:01:00+00:00"
        assert len(facts.spans) == 1
        assert found.evalset.facts(query.id).cluster == document
    assert len({found.evalset.facts(query.id).cluster for query in found.evalset.queries}) == 5


def test_no_document_is_asked_about_twice_after_an_interruption(tmp_path: Path) -> None:
    first = Counting(fail_at=8)
    with pytest.raises(ProviderOutage):
        made(tmp_path, first, queries=20)
    second = Counting()
    found = made(tmp_path, second, queries=20)
    paid = set(first.asked[:7])
    assert paid.isdisjoint(second.asked)
    assert len(second.asked) == len(set(second.asked)) == 13
    assert found.paid == 13
    assert "7 documents had been asked about before" in " ".join(found.sentences)
    whole = made(tmp_path / "elsewhere", Counting(), queries=20)
    assert found.evalset.qrels == whole.evalset.qrels


def test_answers_that_arrive_beside_a_failure_are_kept(tmp_path: Path) -> None:
    """Four requests are under way when one fails; what the other three bring is paid for."""
    generator = Counting(fail_at=2)
    generator.concurrency = 4
    with pytest.raises(ProviderOutage):
        made(tmp_path, generator, queries=16)
    again = Counting()
    made(tmp_path, again, queries=16)
    answered = set(generator.asked) - {generator.asked[1]}
    assert answered.isdisjoint(again.asked)


@pytest.mark.parametrize("torn", [2, 10, 40])
def test_a_line_that_a_crash_cut_off_is_asked_for_again_and_nothing_else(tmp_path: Path, torn: int) -> None:
    made(tmp_path, Counting(), queries=5)
    path = tmp_path / "counting.jsonl"
    path.write_bytes(path.read_bytes()[:-torn])
    again = Counting()
    found = made(tmp_path, again, queries=5)
    assert len(again.asked) == 1
    assert len(found.evalset.queries) == 5
    last = Counting()
    made(tmp_path, last, queries=5)
    assert last.asked == []


def test_a_changed_text_is_asked_about_again(tmp_path: Path) -> None:
    document = Document(id="d", text="one text")
    with Answers(tmp_path, "g") as answers:
        answers.add(document, 1, [Generated(text="a query")])
    with Answers(tmp_path, "g") as answers:
        assert answers.get(document, 1) == (Generated(text="a query"),)
        assert answers.get(document, 2) is None
        assert answers.get(Document(id="d", text="another text"), 1) is None
    with Answers(tmp_path, "other") as answers:
        assert answers.get(document, 1) is None


def test_queries_are_filtered_and_more_documents_are_asked_until_there_are_enough(tmp_path: Path) -> None:
    class Repeating(Counting):
        def generate(self, document: Document, count: int) -> Sequence[Generated]:
            made = super().generate(document, count)
            return [Generated(text="the same query")] if len(self.asked) % 2 else made

    generator = Repeating()
    found = made(tmp_path, generator, queries=10)
    assert len(found.evalset.queries) == 10
    assert found.dropped["repeated"] >= 7
    assert len(generator.asked) > 15
    assert "repeated" in found.sentences[0]


def test_a_corpus_that_gives_too_few_says_so(tmp_path: Path) -> None:
    found = made(tmp_path, Counting(), queries=500)
    assert len(found.evalset.queries) == 80
    assert "500 queries were asked for" in " ".join(found.sentences)


def test_pitfall_6_a_round_trip_through_one_system_is_refused(tmp_path: Path) -> None:
    nobody = ranker_of(tmp_path)
    assert nobody.systems == ("BM25",)
    with pytest.raises(UsageError, match="keeps the queries that it answers well"):
        RoundTrip(ranker=nobody)


def test_pitfall_6_one_candidate_s_round_trip_would_favour_it_and_the_union_does_not(tmp_path: Path) -> None:
    """Queries that only one of two candidates can answer are all kept, whichever of them it is."""
    ranker = ranker_of(tmp_path, small=3, large=64)
    generator = open_generator("extractive", {}, CORPUS)
    found = made(tmp_path, generator, queries=40, round_trip=RoundTrip(ranker=ranker, depth=1))
    finders = RoundTrip(ranker=ranker, depth=1).found_by(
        CORPUS, [(query, next(iter(found.evalset.qrels[query.id]))) for query in found.evalset.queries]
    )
    assert all(finders.values())
    assert any("small" not in systems for systems in finders.values())
    assert found.alone["small"] > found.dropped.get("not found by any system", 0)
    assert "through one system alone would have dropped" in " ".join(found.sentences)


def test_queries_whose_document_no_system_finds_are_dropped_and_counted(tmp_path: Path) -> None:
    class Unrelated(Counting):
        def generate(self, document: Document, count: int) -> Sequence[Generated]:
            number = len(self.asked)
            good = super().generate(document, count)
            return good if number % 2 else [Generated(text=f"nothing whatever number{number}")]

    ranker: Ranker = ranker_of(tmp_path, large=64)
    found = made(tmp_path, Unrelated(), queries=10, round_trip=RoundTrip(ranker=ranker, depth=5))
    assert found.dropped["not found by any system"] >= 5


def test_a_query_about_one_of_two_identical_documents_is_found_by_either(tmp_path: Path) -> None:
    texts = [*CORPUS.texts[:10], CORPUS.texts[3]]
    corpus = type(CORPUS).of(Document(id=f"x{row}", text=text) for row, text in enumerate(texts))
    trip = RoundTrip(ranker=ranker_of(tmp_path, large=64), depth=1)
    query = next(iter(made(tmp_path, Counting(), queries=1).evalset.queries))
    asked = type(query)(id="q", text=CORPUS.texts[3])
    assert trip.found_by(corpus, [(asked, "x10")])["q"] == {"large", "BM25"}


@pytest.mark.parametrize("order", [{"queries": 0}, {"per_document": 0}])
def test_orders_that_cannot_be_are_refused(order: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Order(**order)  # type: ignore[arg-type]

"""Each check with a set that has exactly its defect, and a sound set in which nothing is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from helmert.corpus import open_source
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts, Span, read_evalset
from helmert.evaluation.checking import CheckReport, Problem, check_evalset, unusable_rows
from helmert.evaluation.evalset import ReadNotes
from helmert.types import Document, Query

COUNT = 40
HUMAN = LabelFacts(origin="human", by="ann")
SUBJECTS = ["refund", "parcel", "invoice", "password", "warranty", "voucher", "address", "return"]


def corpus(extra: Mapping[str, str] | None = None) -> list[Document]:
    """Documents of different texts, with ids that no query has."""
    texts = {
        f"d{n}": f"Answer {n}: the {SUBJECTS[n % 8]} desk number {n} is open from nine to five." for n in range(COUNT)
    }
    return [Document(id=name, text=text) for name, text in (texts | dict(extra or {})).items()]


def sound() -> EvalSet:
    """One relevant document for each of forty queries, judged by a person."""
    queries = tuple(
        Query(id=f"q{n}", text=f"When may I call somebody about {SUBJECTS[n % 8]} {n}?") for n in range(COUNT)
    )
    return EvalSet(
        name="sound",
        queries=queries,
        qrels={f"q{n}": {f"d{n}": 1} for n in range(COUNT)},
        label_facts={(f"q{n}", f"d{n}"): HUMAN for n in range(COUNT)},
    )


def found(evalset: EvalSet, documents: Sequence[Document] | None = None) -> dict[str, Problem]:
    """What the checks find, by kind."""
    report = check_evalset(evalset, corpus() if documents is None else documents)
    assert all(problem.count > 0 and problem.sentence and problem.remedy for problem in report.problems)
    return {problem.kind: problem for problem in report.problems}


def regraded(query: str, grades: Mapping[str, float], base: EvalSet | None = None) -> EvalSet:
    evalset = base or sound()
    facts = {(query, document): HUMAN for document in grades}
    return replace(evalset, qrels={**evalset.qrels, query: dict(grades)}, label_facts={**evalset.label_facts, **facts})


def worded(query: str, text: str) -> EvalSet:
    evalset = sound()
    return replace(
        evalset, queries=tuple(replace(one, text=text) if one.id == query else one for one in evalset.queries)
    )


def test_nothing_is_found_in_a_sound_set() -> None:
    report = check_evalset(sound(), corpus())
    assert report.problems == ()
    assert report.sound
    assert report.documents == COUNT
    assert check_evalset(sound()) == CheckReport(problems=(), documents=None, overlap=None)


def test_dangling_documents() -> None:
    problems = found(regraded("q0", {"gone": 1, "gone too": 2, "d1": 1}))
    assert problems.keys() == {"dangling-documents"}
    problem = problems["dangling-documents"]
    assert (problem.severity, problem.count, problem.examples) == ("error", 2, ("gone", "gone too"))
    assert "0 of 40 queries cannot be answered" in problem.sentence
    assert "1 of 40 queries cannot be answered" in found(regraded("q0", {"gone": 1}))["dangling-documents"].sentence


def test_judged_documents_that_are_not_in_the_corpus_are_a_note() -> None:
    problems = found(regraded("q0", {"d0": 1, "gone": 0}))
    assert [(problem.kind, problem.severity) for problem in problems.values()] == [("dangling-judged", "note")]


@pytest.mark.parametrize(
    ("spelt", "cause"),
    [
        (lambda name: f"{name[1:]}.0", "numbers written as"),
        (lambda name: f" {name[1:]}", "white space"),
        (lambda name: f"{name[1:]}#3", "chunk suffix"),
        (lambda name: f'"{name[1:]}"', "quotation marks"),
        (lambda name: f"00{name[1:]}", "numbers written as"),
    ],
)
def test_ids_that_are_spelt_differently_on_both_sides(spelt: object, cause: str) -> None:
    assert callable(spelt)
    base = sound()
    other = replace(base, qrels={query: {spelt(doc): 1 for doc in grades} for query, grades in base.qrels.items()})
    documents = [replace(document, id=document.id[1:]) for document in corpus()]
    problems = found(replace(other, label_facts={}), documents)
    assert problems.keys() == {"dangling-documents", "id-mismatch", "unknown-origin"}
    assert cause in problems["id-mismatch"].sentence
    assert problems["id-mismatch"].severity == "error"


def test_unicode_forms_of_one_id() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    problems = found(regraded("q0", {decomposed: 1}), corpus({composed: "a text of its own"}))
    assert "Unicode form" in problems["id-mismatch"].sentence


def test_numbers_and_texts_as_ids_meet(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": 1, "text": "x"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("1\t7\t1\n")
    (tmp_path / "corpus.jsonl").write_text('{"_id": 7, "text": "y"}\n')
    report = check_evalset(read_evalset(tmp_path), open_source(tmp_path).documents())
    assert report.sound


def test_judgements_of_queries_that_are_not_in_the_set() -> None:
    notes = ReadNotes(dangling=3, strangers=("x", "y"), cause="The ids differ by case.")
    problem = found(replace(sound(), notes=notes))["dangling-queries"]
    assert (problem.severity, problem.count, problem.examples) == ("error", 3, ("x", "y"))
    assert "differ by case" in problem.sentence


def test_repeated_judgements() -> None:
    problem = found(replace(sound(), notes=ReadNotes(repeated=2, repeats=(("q1", "d1"),))))["repeated-judgements"]
    assert (problem.severity, problem.count, problem.examples) == ("warning", 2, ("query q1, document d1",))


def test_queries_without_positives() -> None:
    problems = found(regraded("q0", {"d0": 0, "d1": -1}))
    assert problems.keys() == {"without-positives"}
    assert (problems["without-positives"].severity, problems["without-positives"].examples) == ("warning", ("q0",))


def test_queries_and_sets_without_judgements() -> None:
    base = sound()
    waiting = replace(base, queries=(*base.queries, Query(id="new", text="something else entirely")))
    assert {kind: problem.severity for kind, problem in found(waiting).items()} == {"unjudged-queries": "note"}
    problems = found(replace(base, qrels={}))
    assert {kind: (one.severity, one.count) for kind, one in problems.items()} == {"unjudged-set": ("error", COUNT)}
    assert "Add queries" in check_evalset(EvalSet(name="none", queries=(), qrels={})).problems[0].remedy


def test_the_same_text_under_several_ids() -> None:
    documents = corpus({"copy": corpus()[0].text.replace(" ", "  ")})
    problem = found(sound(), documents)["twin-documents"]
    assert (problem.severity, problem.count, problem.examples) == ("warning", 2, ("copy = d0",))
    labelled = found(regraded("q0", {"d0": 1, "copy": 1}), documents)["twin-documents"]
    assert labelled.severity == "note"
    strangers = found(sound(), corpus({"e1": "equal and never asked for", "e2": "equal and never asked for"}))
    assert strangers["twin-documents"].severity == "note"


def test_the_same_query_under_several_ids() -> None:
    again = worded("q1", f"  {sound().queries[0].text}")
    problem = found(again)["twin-queries"]
    assert (problem.severity, problem.count, problem.examples) == ("warning", 2, ("q0 = q1",))
    clustered = replace(again, query_facts={name: QueryFacts(cluster="c") for name in ("q0", "q1")})
    assert found(clustered) == {}


def test_a_document_with_the_text_of_a_query() -> None:
    query = sound().queries[3].text
    problem = found(sound(), corpus({"echo": f" {query}\n"}))["query-is-document"]
    assert (problem.severity, problem.count, problem.examples) == ("warning", 1, ("query q3 = document echo",))


def test_a_document_with_the_id_of_a_query() -> None:
    problems = found(regraded("q0", {"q0": 1}), corpus({"q0": "a text of its own"}))
    assert problems.keys() == {"shared-ids"}
    assert "1 documents have the id of a query, 1 of them relevant" in problems["shared-ids"].sentence


def test_queries_copied_from_their_documents() -> None:
    base = sound()
    copied = replace(
        base,
        queries=tuple(
            Query(id=query.id, text=f"{document.text.removesuffix('.')}?")
            for query, document in zip(base.queries, corpus(), strict=True)
        ),
    )
    report = check_evalset(copied, corpus())
    (problem,) = report.problems
    assert (problem.kind, problem.severity, problem.count) == ("lexical-leakage", "warning", COUNT)
    assert report.overlap is not None
    assert (report.overlap.copied, report.overlap.baseline, report.overlap.queries) == (1.0, 0.0, COUNT)
    assert report.overlap.relevant_histogram[-1] == 1.0
    assert sum(report.overlap.other_histogram) == pytest.approx(1.0)


def test_what_every_document_says_is_no_leakage() -> None:
    phrase = "we are open every day from nine to five except on holidays"
    base = sound()
    asked = replace(base, queries=tuple(Query(id=one.id, text=f"{phrase} {one.id}?") for one in base.queries))
    report = check_evalset(asked, [replace(one, text=f"{one.id}: {phrase}.") for one in corpus()])
    assert report.overlap is not None
    assert (report.overlap.copied, report.overlap.baseline) == (1.0, 1.0)
    assert "lexical-leakage" not in {problem.kind for problem in report.problems}


def test_copies_are_seen_where_no_spaces_are_set() -> None:
    texts = ["\u9000\u6b3e\u9700\u8981\u4e03\u5929\u65f6\u95f4", "\u5bc6\u7801\u5fd8\u4e86\u600e\u4e48\u529e\u5462"]
    evalset = EvalSet(
        name="zh",
        queries=tuple(Query(id=f"q{n}", text=f"{text[:6]}?") for n, text in enumerate(texts)),
        qrels={"q0": {"d0": 1}, "q1": {"d1": 1}},
    )
    report = check_evalset(evalset, [Document(id=f"d{n}", text=f"{text}\u3002") for n, text in enumerate(texts)])
    assert report.overlap is not None
    assert (report.overlap.copied, report.overlap.baseline) == (1.0, 0.0)


def test_short_queries_are_no_copies() -> None:
    base = sound()
    short = replace(base, queries=tuple(Query(id=one.id, text=f"desk number {one.id[1:]}") for one in base.queries))
    assert check_evalset(short, corpus()).overlap is None


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (LabelFacts(origin="click", by="log"), {"weak-labels", "one-source"}),
        (LabelFacts(origin="synthetic", by="model"), {"weak-labels", "one-source"}),
        (LabelFacts(origin="judge", by="model"), {"one-source"}),
        (LabelFacts(by="bm25"), {"one-source"}),
        (LabelFacts(), {"unknown-origin"}),
        (LabelFacts(origin="human"), set()),
    ],
)
def test_labels_of_one_source(facts: LabelFacts, kinds: set[str]) -> None:
    base = sound()
    problems = found(replace(base, label_facts=dict.fromkeys(base.label_facts, facts)))
    assert problems.keys() == kinds
    assert not any(problem.severity == "error" for problem in problems.values())


def test_some_clicks_among_judgements_are_fine() -> None:
    base = sound()
    click = LabelFacts(origin="click", by="log")
    half = {pair: click if number % 2 else facts for number, (pair, facts) in enumerate(base.label_facts.items())}
    assert found(replace(base, label_facts=half)) == {}
    more = {**half, ("q0", "d0"): click}
    assert found(replace(base, label_facts=more)).keys() == {"weak-labels"}


def test_few_queries_and_few_clusters() -> None:
    base = sound()
    kept = base.queries[:29]
    few = replace(base, queries=kept, qrels={query.id: base.qrels[query.id] for query in kept})
    assert found(few).keys() == {"few-queries"}
    clustered = replace(base, query_facts={f"q{n}": QueryFacts(cluster=f"c{n % 20}") for n in range(COUNT)})
    assert found(clustered)["few-queries"].count == 20


def test_empty_texts() -> None:
    assert found(worded("q0", " "))["empty-queries"].severity == "error"
    assert found(sound(), corpus({"empty": "\n"}))["empty-documents"].severity == "warning"
    assert found(regraded("q0", {"empty": 1}), corpus({"empty": " "}))["empty-documents"].severity == "error"
    (problem,) = unusable_rows(2, ["corpus.jsonl:3: the text is empty"])
    assert (problem.count, problem.examples) == (2, ("corpus.jsonl:3: the text is empty",))
    assert list(unusable_rows(0, [])) == []


def test_spans_outside_the_text() -> None:
    length = len(corpus()[0].text)

    def spanned(end: int) -> EvalSet:
        facts = replace(HUMAN, spans=(Span(start=0, end=5), Span(start=6, end=end)))
        base = sound()
        return replace(base, label_facts={**base.label_facts, ("q0", "d0"): facts})

    assert found(spanned(length)) == {}
    problem = found(spanned(length + 1))["span-outside"]
    assert (problem.severity, problem.count) == ("error", 1)
    assert "query q0, document d0" in problem.examples[0]


def test_the_worst_comes_first() -> None:
    evalset = replace(regraded("q0", {"gone": 1, "gone too": 0}), notes=ReadNotes(repeated=1))
    report = check_evalset(evalset, corpus({"empty": ""}))
    severities = [problem.severity for problem in report.problems]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert not report.sound


REAL = [
    *("zoomcamp_faq", "cosqa", "nl2bash", "cranfield", "qmsum", "tldr", "tldr/examples_all_languages"),
    *(f"xquad/{language}" for language in ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")),
    *(f"tldr/xling_{language}" for language in ("de", "es", "fr", "it", "ja", "ko", "nl", "pt_BR", "ru", "zh")),
]
ERRORS = {"cranfield": {"dangling-documents"}, "tldr/examples_all_languages": {"unjudged-set"}}
"""One relevant abstract of Cranfield has no text; the examples of all languages are a corpus alone."""


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_collections(name: str, collections: Path) -> None:
    folder = collections / name
    source = open_source(folder if (folder / "corpus.jsonl").is_file() else folder.parent, on_bad="skip")
    report = check_evalset(read_evalset(folder), source.documents())
    errors = {problem.kind for problem in report.problems if problem.severity == "error"}
    assert errors == ERRORS.get(name, set())
    assert report.overlap is None or report.overlap.copied < 0.2


@pytest.mark.data
def test_every_real_collection_is_checked(collections: Path) -> None:
    assert {path.parent.relative_to(collections).as_posix() for path in collections.rglob("queries.jsonl")} == set(REAL)

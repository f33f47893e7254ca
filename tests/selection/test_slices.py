"""Parts of the queries, and the matrix of languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from helmert.evaluation import EvalSet, QueryFacts
from helmert.selection.candidates import Field
from helmert.selection.corpus import Corpus
from helmert.selection.engine import run_selection
from helmert.selection.scorecard import Scorecard
from helmert.selection.terms import Terms
from helmert.types import Document
from tests.selection.worlds import candidate, evalset_of, instruments, selected, texts, toy

HELD = texts(40)


def with_slices(evalset: EvalSet, slices: Sequence[Mapping[str, str]]) -> EvalSet:
    return replace(
        evalset,
        query_facts={q.id: QueryFacts(slices=each) for q, each in zip(evalset.queries, slices, strict=True)},
    )


def bilingual(folder: Path) -> Scorecard:
    """Documents alternate between languages; a German query has words of an English document, and none of its own."""
    held = [
        Document(id=f"d{n:03d}", text=text, metadata={"lang": "de" if n % 2 else "en"}) for n, text in enumerate(HELD)
    ]
    evalset = with_slices(evalset_of(HELD), [{"language": "de" if n % 4 == 3 else "en"} for n in range(40)])
    return run_selection(
        Field(candidates=(candidate(toy()),)), evalset, Corpus.of(held), Terms(sweep=None), instruments(folder)
    )


def test_named_slices_have_every_candidate(tmp_path: Path) -> None:
    evalset = with_slices(evalset_of(HELD), [{"topic": "odd" if n % 2 else "even"} for n in range(40)])
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset, terms=Terms(sweep=None, min_slice=25))
    assert [(part.name, part.queries, part.enough) for part in card.slices] == [
        ("topic=even", 20, False),
        ("topic=odd", 20, False),
    ]
    for part in card.slices:
        assert set(part.values) == set(part.pooled) == {"toy", "BM25"}


def test_the_means_of_slices_make_up_the_mean(tmp_path: Path) -> None:
    evalset = with_slices(evalset_of(HELD), [{"topic": "a" if n < 10 else "b"} for n in range(40)])
    card = selected(tmp_path, [candidate(toy(dims=8))], HELD, evalset=evalset)
    for row in card.rows:
        total = sum(part.queries * part.values[row.name].value for part in card.slices)
        assert total / 40 == pytest.approx(row.quality["nDCG@10"].value)


def test_pooled_values_lie_between_the_raw_ones(tmp_path: Path) -> None:
    evalset = with_slices(evalset_of(HELD), [{"topic": "a" if n < 6 else "b"} for n in range(40)])
    card = selected(tmp_path, [candidate(toy(dims=6))], HELD, evalset=evalset)
    raw = [part.values["toy"].value for part in card.slices]
    for part in card.slices:
        assert min(raw) - 1e-9 <= part.pooled["toy"].value <= max(raw) + 1e-9


def test_a_set_of_one_kind_has_no_slices(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy())], HELD)
    assert card.slices == ()
    assert card.languages == ()


def test_code_and_prose_are_told_apart_by_the_labelled_documents(tmp_path: Path) -> None:
    held = [*HELD[:10], *(f"def {text.split()[0]}(x):\n    return {text}" for text in HELD[10:20])]
    card = selected(tmp_path, [candidate(toy())], held)
    assert {part.name: part.queries for part in card.slices} == {"kind=code": 10, "kind=prose": 10}


def test_what_the_user_says_of_a_query_is_not_replaced(tmp_path: Path) -> None:
    held = [*HELD[:10], *(f"def {text.split()[0]}(x):\n    return {text}" for text in HELD[10:20])]
    evalset = with_slices(evalset_of(held), [{"kind": "mine"}, *({} for _ in held[1:])])
    card = selected(tmp_path, [candidate(toy())], held, evalset=evalset)
    assert {part.name: part.queries for part in card.slices} == {"kind=code": 10, "kind=mine": 1, "kind=prose": 9}


def test_the_matrix_has_a_cell_for_every_pair_with_labels(tmp_path: Path) -> None:
    card = bilingual(tmp_path)
    assert [matrix.candidate for matrix in card.languages] == [row.name for row in card.rows]
    for matrix in card.languages:
        assert matrix.queries == {"de>de": 10, "en>de": 10, "en>en": 20}
        assert matrix.cells.keys() == matrix.queries.keys()
        assert set(matrix.document_languages) == {"de", "en"}
        assert matrix.query_languages == ("en", "de")
    assert "Languages of queries: 40 declared." in card.warnings


def test_the_share_of_results_in_the_querys_language_is_counted(tmp_path: Path) -> None:
    for matrix in bilingual(tmp_path).languages:
        assert set(matrix.same_language) == {"de", "en"}
        assert all(0.0 <= share <= 1.0 for share in matrix.same_language.values())


def test_answers_in_a_third_language_neither_count_nor_stand_in_the_way(tmp_path: Path) -> None:
    """Each query has an answer in two languages, the first of which it repeats: both cells see it on its own."""
    held = [
        Document(id=f"{lang}{n}", text=f"{text} {lang}", metadata={"language": lang})
        for n, text in enumerate(HELD[:8])
        for lang in ("en", "de")
    ]
    evalset = with_slices(evalset_of(HELD[:8]), [{"language": "en"}] * 8)
    evalset = replace(evalset, qrels={f"q{n:03d}": {f"en{n}": 1, f"de{n}": 1} for n in range(8)})
    card = run_selection(
        Field(candidates=(candidate(toy()),)), evalset, Corpus.of(held), Terms(sweep=None), instruments(tmp_path)
    )
    found = next(matrix for matrix in card.languages if matrix.candidate == "toy")
    for cell in ("en>en", "en>de"):
        assert found.cells[cell].value > 0.85, "0.63 when the other answer stands above it"


def test_rare_languages_are_put_together(tmp_path: Path) -> None:
    languages = ["en"] * 20 + ["de"] * 16 + ["fr", "it", "es", "pt"]
    evalset = with_slices(evalset_of(HELD), [{"language": name} for name in languages])
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset)
    assert card.languages[0].query_languages == ("en", "de", "other")

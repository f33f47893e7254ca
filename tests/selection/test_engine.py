"""Candidates x evaluation set -> scorecard: what is always there, and what one failure costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from helmert.errors import ProviderMisconfigured, ProviderOutage, RateLimited, Refused
from helmert.evaluation import EvalSet, Measure, QueryFacts, Sampling
from helmert.models.base import Limits
from helmert.selection.candidates import Field
from helmert.selection.costs import Given
from helmert.selection.engine import run_selection
from helmert.selection.latency import Load
from helmert.selection.leaderboard import Leaderboard
from helmert.selection.terms import Money, SweepTerms, Terms
from helmert.stores.drivers.sqlite.store import SqliteStore
from helmert.telemetry import Event, Notice, StageFinished, StageProgress, StageStarted
from helmert.testing.embedder import Faults
from tests.selection.worlds import candidate, corpus_of, evalset_of, instruments, selected, texts, toy

HELD = texts(50)
PLAIN = Terms(sweep=None)


def test_rows_are_best_first_and_bm25_is_one_of_them(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy("small", dims=4)), candidate(toy("large"))], HELD)
    means = [row.quality["nDCG@10"].value for row in card.rows]
    assert means == sorted(means, reverse=True)
    assert {row.name: row.kind for row in card.rows} == {"small": "dense", "large": "dense", "BM25": "lexical"}
    assert card.reference == "BM25"
    assert card.choice is not None
    assert card.choice.best == "large"


def test_every_value_lies_within_its_interval(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy(dims=6))], HELD)
    for row in card.rows:
        assert set(row.quality) == {"nDCG@10", "recall@10", "MRR@10"}
        for found in row.quality.values():
            assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_equal_input_gives_an_equal_scorecard(tmp_path: Path) -> None:
    terms = Terms(holdout=0.5)
    one, other = (
        selected(tmp_path / name, [candidate(toy(dims=8))], HELD, terms=terms).to_dict() for name in ("one", "other")
    )
    assert orjson.dumps(one) == orjson.dumps(other)


def test_the_scorecard_is_plain_json(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy())], HELD, terms=Terms())
    assert json.loads(orjson.dumps(card.to_dict()))["format"] == 1


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        (Faults(outage=range(1, 99)), ProviderOutage),
        (Faults(rate_limited_every=1), RateLimited),
        (Faults(garbage="nan"), None),
        (Faults(poison=" "), None),
    ],
)
def test_a_candidate_that_fails_costs_only_its_own_row(tmp_path: Path, faults: Faults, kind: type | None) -> None:
    heard: list[Event] = []
    card = run_selection(
        Field(candidates=(candidate(toy("broken", faults=faults)), candidate(toy("fine")))),
        evalset_of(HELD),
        corpus_of(HELD),
        PLAIN,
        instruments(tmp_path, heard.append),
    )
    rows = {row.name: row for row in card.rows}
    assert card.rows[-1].name == "broken"
    assert rows["broken"].failure
    assert rows["broken"].quality == {}
    assert rows["fine"].quality
    assert card.choice is not None
    assert card.choice.best == "fine"
    assert {each.candidate for each in card.contrasts} <= {"fine", "BM25"}
    assert any("Without numbers: broken" in warning for warning in card.warnings)
    assert any(isinstance(event, Notice) and "broken is left out" in event.text for event in heard)
    assert kind is None or "broken" in rows["broken"].failure


def test_a_refused_document_is_never_found_and_a_refused_query_finds_nothing(tmp_path: Path) -> None:
    word = HELD[3].split()[0]
    alike = [number for number, text in enumerate(HELD) if word in text]
    asked = [number for number in alike if word in HELD[number].split()[:3]]
    picky = candidate(toy("picky", faults=Faults(poison=word)))
    card = selected(tmp_path, [picky, candidate(toy("fine"))], HELD)
    rows = {row.name: row for row in card.rows}
    fine, lost = rows["fine"].quality["recall@10"].value, rows["picky"].quality["recall@10"].value
    assert lost == pytest.approx(fine - len(alike) / len(HELD), abs=1 / len(HELD) - 1e-9)
    documents = f"Refused by the model, so never found: {len(alike)} of 50 documents, first 'd003'"
    queries = f"Refused by the model, so counted as an empty result: {len(asked)} of 50 queries, first 'q003'"
    for said in (documents, queries):
        assert any(note.startswith(said) for note in rows["picky"].notes)
        assert any(warning.startswith(f"picky: {said}") for warning in card.warnings)
    assert rows["picky"].bulk is not None
    assert rows["picky"].bulk.texts == len(HELD) - len(alike)
    assert not any("Refused" in note for note in rows["fine"].notes)


def test_refusals_leave_the_sweep_the_index_and_latency_standing(tmp_path: Path) -> None:
    faults = Faults(poison=HELD[3].split()[0])
    load = Load(rate=None, budget=None, alone=60, warm_up=0)
    tools = replace(instruments(tmp_path), scratch=lambda: SqliteStore(tmp_path / "v.db"))
    field = Field(candidates=(candidate(toy("picky", faults=faults)),))
    terms = Terms(index_loss=True, load=load)
    card = run_selection(field, evalset_of(HELD), corpus_of(HELD), terms, tools)
    row = next(row for row in card.rows if row.name == "picky")
    assert row.latency is not None
    assert "not answered" not in row.latency.note
    (loss,) = card.index_loss
    assert loss.exact == loss.approximate == row.quality["nDCG@10"]
    whole = next(cell for cell in card.sweep if cell.quantisation == "float32")
    assert whole.quality["nDCG@10"] == row.quality["nDCG@10"]


def test_a_candidate_that_cannot_be_opened_has_a_row_that_says_why(tmp_path: Path) -> None:
    reason = ProviderMisconfigured("The key is wrong.", next_step="export ACME_KEY=...")
    card = selected(tmp_path, [candidate(toy())], HELD, field=Field(candidates=(), unavailable={"acme": reason}))
    assert card.rows[-1].failure == "The key is wrong. Next: export ACME_KEY=..."


def test_when_every_model_fails_bm25_is_left(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy(faults=Faults(outage=range(1, 99))))], HELD)
    assert [row.name for row in card.rows] == ["BM25", "toy"]
    assert card.choice is None
    assert card.contrasts == ()


def test_a_killed_run_continues_and_ends_as_if_it_had_not_been_killed(tmp_path: Path) -> None:
    """The third call is the block of documents: the queries were paid before."""

    class Killed(BaseException):
        pass

    model = toy()

    def dies(texts: object) -> object:
        raise Killed

    dying = candidate(model)
    dying.embedder.inner.embed_documents = dies  # type: ignore[attr-defined]
    with pytest.raises(Killed):
        selected(tmp_path / "a", [dying], HELD)
    fresh = toy()
    again = selected(tmp_path / "a", [candidate(fresh)], HELD)
    assert fresh.texts_seen == len(HELD) + 4, "documents and canaries: those of the queries are on disk"
    straight = selected(tmp_path / "b", [candidate(toy())], HELD)
    assert [row.quality for row in again.rows] == [row.quality for row in straight.rows]


def test_the_live_model_is_what_others_are_compared_with(tmp_path: Path) -> None:
    candidates = [candidate(toy("old", dims=4)), candidate(toy("new"))]
    card = selected(tmp_path, candidates, HELD, field=Field(candidates=(), live="old"))
    assert card.reference == "old"
    assert {each.against for each in card.contrasts} == {"old", "new"}
    assert {each.against for each in card.regressions} == {"old"}


def test_a_live_model_that_fails_or_is_absent_leaves_bm25_as_the_reference(tmp_path: Path) -> None:
    broken = candidate(toy("old", faults=Faults(outage=range(1, 99))))
    card = selected(tmp_path, [broken, candidate(toy())], HELD, field=Field(candidates=(), live="old"))
    assert card.reference == "BM25"
    card = selected(tmp_path, [candidate(toy())], HELD, field=Field(candidates=(), absent_live="old"))
    assert card.reference == "BM25"
    assert any("The live model old does not take part" in warning for warning in card.warnings)


def test_what_it_costs_and_can_show_is_said_before_anything_is_embedded(tmp_path: Path) -> None:
    heard: list[Event] = []
    model = toy(limits=Limits(batch_texts=256, price_per_million=100.0))
    seen: list[int] = []

    def hear(event: Event) -> None:
        heard.append(event)
        seen.append(model.texts_seen)

    field = Field(candidates=(candidate(model), candidate(toy("toy", prefixes=("", "q ")), "toy+q", model="toy")))
    tools = instruments(tmp_path, hear)
    run_selection(field, evalset_of(HELD), corpus_of(HELD), PLAIN, tools)
    said = [event.text for event in heard if isinstance(event, Notice)]
    assert "  toy: 100 texts to embed, 550 tokens, 0.0550 USD." in said
    assert "  toy+q: 50 texts to embed, 200 tokens, no price." in said, "its documents are those of the model"
    assert "Estimated cost of this run: 0.0550 USD." in said
    assert any(text.startswith("With 50 queries a difference in nDCG@10 below") for text in said)
    first = next(place for place, event in enumerate(heard) if isinstance(event, StageStarted))
    assert seen[: first + 1] == [0] * (first + 1)
    assert [event.title for event in heard if isinstance(event, StageFinished)] == ["toy", "toy+q"]
    heard.clear()
    run_selection(field, evalset_of(HELD), corpus_of(HELD), PLAIN, tools)
    assert any(isinstance(event, Notice) and "toy: nothing to embed" in event.text for event in heard)


def test_weights_and_clusters_of_the_set_count(tmp_path: Path) -> None:
    evalset = evalset_of(HELD)
    heavy = replace(evalset, query_facts={"q000": QueryFacts(weight=500.0)})
    clustered = replace(
        evalset, query_facts={q.id: QueryFacts(cluster=f"c{n % 5}") for n, q in enumerate(evalset.queries)}
    )
    plain, weighted, wide = (
        next(
            row.quality["nDCG@10"]
            for row in selected(tmp_path, [candidate(toy(dims=6))], HELD, evalset=each).rows
            if row.name == "toy"
        )
        for each in (evalset, heavy, clustered)
    )
    assert weighted.value != pytest.approx(plain.value)
    assert wide.value == pytest.approx(plain.value)
    assert wide.high - wide.low > plain.high - plain.low


def test_the_primary_measure_orders(tmp_path: Path) -> None:
    terms = Terms(sweep=None, primary=Measure.parse("recall@1"))
    card = selected(tmp_path, [candidate(toy(dims=6))], HELD, terms=terms)
    assert card.measures[0] == card.primary == "recall@1"
    means = [row.quality["recall@1"].value for row in card.rows]
    assert means == sorted(means, reverse=True)


def test_storage_and_cost_are_for_the_size_in_production(tmp_path: Path) -> None:
    money = Money(
        corpus_size=1_000_000,
        queries_per_month=Given(value=1e6, basis="supplied"),
        storage_price=Given(value=2.0, basis="supplied"),
    )
    priced = toy(limits=Limits(batch_texts=256, price_per_million=1.0))
    card = selected(tmp_path, [candidate(priced)], HELD, terms=replace(PLAIN, money=money))
    row = next(row for row in card.rows if row.name == "toy")
    assert row.storage_bytes == 32 * 4 * 1_000_000
    assert row.cost is not None
    assert row.cost.storage == pytest.approx(0.128 * 2)
    assert row.cost.queries == pytest.approx(3.0)
    assert any("price_per_million" in sentence for sentence in row.cost.basis)


def test_latency_is_measured_when_asked_for_and_a_failing_one_costs_only_itself(tmp_path: Path) -> None:
    load = Load(rate=None, budget=None, alone=5, warm_up=1)
    card = selected(tmp_path, [candidate(toy())], HELD, terms=replace(PLAIN, load=load))
    row = next(row for row in card.rows if row.name == "toy")
    assert row.latency is not None
    assert [each.q for each in row.latency.service] == [0.5, 0.95, 0.99]
    garbage = toy("late", faults=Faults(garbage="nan", garbage_calls=range(7, 99)))
    card = selected(tmp_path, [candidate(garbage)], HELD, terms=replace(PLAIN, load=load))
    row = next(row for row in card.rows if row.name == "late")
    assert row.latency is None
    assert row.quality
    assert any("Latency was not measured" in note for note in row.notes)


def test_latency_is_a_stage_of_its_own(tmp_path: Path) -> None:
    heard: list[Event] = []
    terms = replace(PLAIN, load=Load(rate=None, budget=None, alone=5, warm_up=1))
    tools = replace(instruments(tmp_path, heard.append), place="On a small machine.")
    card = run_selection(Field(candidates=(candidate(toy()),)), evalset_of(HELD), corpus_of(HELD), terms, tools)
    assert [event.title for event in heard if isinstance(event, StageStarted)] == ["toy", "toy: latency"]
    told = [event for event in heard if isinstance(event, StageProgress) and event.stage == "latency toy"]
    assert [(event.done, event.total) for event in told] == [(6, None)]
    (note,) = [row.latency.note for row in card.rows if row.latency]
    assert note.startswith("On a small machine. Asked alone: 5 queries")


def test_a_leaderboard_is_shown_beside_the_domain(tmp_path: Path) -> None:
    board = Leaderboard(source="board.json", task="Everything", scores={"acme/a": 0.9, "b": 0.5, "c": 0.7})
    tools = replace(instruments(tmp_path), leaderboards=(board,), leaderboard_names={"a": "acme/a"})
    candidates = tuple(candidate(toy(name, dims=dims)) for name, dims in (("a", 4), ("b", 8), ("c", 32)))
    card = run_selection(Field(candidates=candidates), evalset_of(HELD), corpus_of(HELD), PLAIN, tools)
    (known,) = card.priors
    assert known.scores == {"a": 0.9, "b": 0.5, "c": 0.7}
    assert known.tau == pytest.approx(-1 / 3)


def test_unpooled_candidates_are_refused_before_anything_is_embedded_and_labelled_when_allowed(tmp_path: Path) -> None:
    evalset = replace(
        evalset_of(HELD), sampling=Sampling(method="pooled", corpus=900, sampled=50, pool={"in": 20, "BM25": 20})
    )
    inside, outside = toy("in"), toy("out")
    with pytest.raises(Refused, match="out cannot be compared"):
        selected(tmp_path, [candidate(inside), candidate(outside)], HELD, evalset=evalset)
    assert (inside.calls, outside.calls) == (0, 0)
    allowed = replace(PLAIN, allow_unpooled=True)
    card = selected(tmp_path, [candidate(inside), candidate(outside)], HELD, evalset=evalset, terms=allowed)
    assert {row.name: row.pool_depth for row in card.rows} == {"in": 20, "out": 0, "BM25": 20}
    assert any("out at rank 10 are an upper bound" in warning for warning in card.warnings)


def test_a_random_sample_shows_raw_and_corrected_recall(tmp_path: Path) -> None:
    evalset = replace(evalset_of(HELD, count=20), sampling=Sampling(method="random", corpus=3020, sampled=30, seed=1))
    card = selected(tmp_path, [candidate(toy(dims=4))], HELD, evalset=evalset)
    row = next(row for row in card.rows if row.name == "toy")
    assert set(row.corrected) == {"recall@10"}
    assert row.corrected["recall@10"].value < row.quality["recall@10"].value
    assert any("upper bound" in warning for warning in card.warnings)


def test_few_queries_are_warned_of(tmp_path: Path) -> None:
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset_of(HELD, count=5))
    assert any("5 queries are too few to choose by" in warning for warning in card.warnings)


def test_a_model_that_finds_unjudged_documents_is_warned_of(tmp_path: Path) -> None:
    """BM25 finds at most the documents that share a word; all of its few results are judged."""
    evalset: EvalSet = evalset_of(HELD, count=30)
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset)
    assert any("% are judged for" in warning for warning in card.warnings)


def test_the_sweep_is_there_unless_it_is_left_out(tmp_path: Path) -> None:
    with_it = selected(tmp_path, [candidate(toy(dims=64))], HELD, terms=Terms())
    assert {cell.dims for cell in with_it.sweep} == {64, 32}
    assert selected(tmp_path, [candidate(toy(dims=64))], HELD).sweep == ()


def test_a_model_not_known_to_be_cut_is_warned_of_when_it_loses(tmp_path: Path) -> None:
    card = selected(
        tmp_path,
        [candidate(toy("acme", dims=12))],
        HELD,
        terms=Terms(sweep=SweepTerms(dims=(6,), quantisations=("float32",))),
    )
    (warning,) = [each for each in card.warnings if "to be cut" in each]
    assert warning.startswith("acme is not known to be trained to be cut: 6 of 12 dimensions lose")

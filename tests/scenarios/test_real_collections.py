"""Real documents, real queries, real models: better ones pass, a worse one fails, and the numbers are right."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import pytrec_eval

from tests.scenarios.checker import pointer, registry_rows
from tests.scenarios.worlds import World, model_table

pytestmark = pytest.mark.data

MEASURES = {"recall@10": "recall_10", "nDCG@10": "ndcg_cut_10", "MRR@10": "recip_rank", "hit@10": "success_10"}
"""Ours, and trec_eval's on a ranking of ten."""
SETTINGS = """\
[stores.default]
url = "{store}"

{models}
[collections.docs]
source = "collection"
model = "{first}"
evalset = "collection"
on_bad = "skip"
"""


def real_world(folder: Path, collection: Path, store: str, models: Mapping[str, Mapping[str, object]]) -> World:
    """A project on a copy of a collection."""
    shutil.copytree(collection, folder / "collection", copy_function=shutil.copyfile)
    for path in (folder / "collection").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    tables = "".join(model_table(name, options) for name, options in models.items())
    settings = SETTINGS.format(store=store, models=tables, first=next(iter(models)))
    (folder / "helmert.toml").write_text(settings, encoding="utf-8")
    return World(folder=folder, store="sqlite")


def keep_queries(world: World, keep: Callable[[str], bool]) -> None:
    """Drop the judgements of other queries."""
    (path,) = (world.folder / "collection" / "qrels").glob("*.tsv")
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(header + "".join(line for line in lines if keep(line.split("\t")[0])), encoding="utf-8")


def judgements(world: World) -> dict[str, dict[str, int]]:
    (path,) = (world.folder / "collection" / "qrels").glob("*.tsv")
    qrels: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
    return {query: grades for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}


def evaluated(world: World, index: str) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """What `helmert eval` reports for an index, and the run that it wrote."""
    told = world.go("eval", "--index", index, "--run-out", "run.trec")
    means = {row["measure"]: row["mean"] for row in told["judgement"]["scores"]}
    run: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for line in (world.folder / "run.trec").read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = line.split()
        run[query][document] = float(score)
    return means, dict(run)


def assert_trec_eval_agrees(world: World, index: str) -> None:
    """On the queries whose hits all have different scores; ties are broken in as many ways as there are tools."""
    _, run = evaluated(world, index)
    tied = {query for query, hits in run.items() if len(set(hits.values())) < len(hits)}
    assert len(tied) < len(run) / 10
    keep_queries(world, lambda query: query not in tied)
    means, run = evaluated(world, index)
    qrels = judgements(world)
    oracle = pytrec_eval.RelevanceEvaluator(qrels, {"recall.10", "ndcg_cut.10", "recip_rank", "success.10"})
    scores = oracle.evaluate({query: first_ten(hits) for query, hits in run.items()})
    assert scores.keys() == qrels.keys()
    for ours, theirs in MEASURES.items():
        assert means[ours] == pytest.approx(fmean(of[theirs] for of in scores.values()), abs=1e-9)


def first_ten(hits: Mapping[str, float]) -> dict[str, float]:
    """The ten best; the run goes deeper, to see ties at the cut."""
    return dict(sorted(hits.items(), key=lambda hit: -hit[1])[:10])


def build(world: World, model: str) -> Any:
    world.go("plan", "--model", model)
    return world.verb("apply").json


def test_a_larger_model_passes_and_the_way_back_to_the_small_one_fails(collections: Path, tmp_path: Path) -> None:
    models = {f"wl{dims}": {"provider": "wordllama", "dims": dims} for dims in (64, 256)}
    world = real_world(tmp_path, collections / "zoomcamp_faq", "lancedb:///.helmert/lancedb", models)
    keep_queries(world, lambda query: query.endswith(("3", "7")))
    world.go("plan")
    world.go("apply")
    world.go("promote")
    assert build(world, "wl256")["gate"] == "PASS"
    live = world.go("promote")["index"]
    world.go("complete")

    failed = build(world, "wl64")
    assert failed["gate"] == "FAIL"
    refused = world.verb("promote")
    assert (refused.code, refused.json["kind"]) == (1, "GateRefused")
    assert "The gate says FAIL" in refused.json["error"]
    assert (pointer(world).index, pointer(world).generation) == (live, 2)
    world.go("promote", "--override", "a smaller bill is worth it")
    assert pointer(world).index == failed["target_index"]
    (last,) = registry_rows(world, "SELECT why FROM ledger WHERE kind = 'alias.moved' ORDER BY seq DESC LIMIT 1")
    assert last == ("override: a smaller bill is worth it",)
    assert_trec_eval_agrees(world, live)


@pytest.mark.minilm
def test_a_transformer_passes_against_static_vectors(collections: Path, minilm_folder: Path, tmp_path: Path) -> None:
    """Documents are cut at 64 tokens, to be quick."""
    models = {
        "wl256": {"provider": "wordllama", "dims": 256},
        "minilm": {"provider": "onnx", "path": str(minilm_folder), "max_tokens": 64},
    }
    world = real_world(tmp_path, collections / "cranfield", "sqlite:///.helmert/vectors.db", models)
    world.go("plan")
    world.go("apply")
    world.go("promote")
    told = build(world, "minilm")
    assert told["gate"] == "PASS"
    assert world.go("promote")["model"] == "minilm"
    assert_trec_eval_agrees(world, told["target_index"])

"""Choosing a model on real documents and queries, from files to files: once across languages, once on code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.worlds import World, model_table

pytestmark = [pytest.mark.data, pytest.mark.minilm]

SETTINGS = """\
[stores.default]
url = "lancedb:///.helmert/lancedb"

{models}
[collections.docs]
source = "corpus.jsonl"
model = "wl256"
evalset = "queries.jsonl"

[selection]
dims = [256, 64]
queries_per_month = 1_000_000
latency_seconds = 0.3

[selection.prompts.ask]
model = "wl256"
query_prefix = "question: "
"""
CANDIDATES = {"wl256", "wl64", "wl256+ask", "minilm", "lsa", "BM25"}
LANGUAGES = ("en", "de", "zh")


def rows(path: Path) -> Iterable[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def judged(path: Path) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if float(grade) > 0:
            found.setdefault(query, []).append(document)
    return found


def write(path: Path, held: Iterable[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in held), encoding="utf-8")


def project(folder: Path, minilm: Path) -> World:
    models = {
        "wl256": {"provider": "wordllama", "dims": 256},
        "wl64": {"provider": "wordllama", "dims": 64},
        "minilm": {"provider": "onnx", "path": str(minilm), "max_tokens": 64},
        "lsa": {"provider": "lsa", "path": "fitted", "dims": 64},
    }
    tables = "".join(model_table(name, options) for name, options in models.items())
    (folder / "helmert.toml").write_text(SETTINGS.format(models=tables), encoding="utf-8")
    return World(folder=folder, store="lancedb")


def across_languages(folder: Path, collections: Path, minilm: Path) -> World:
    """English paragraphs; the same questions in three languages, each question a cluster."""
    known = judged(collections / "xquad" / "en" / "qrels" / "test.tsv")
    kept = sorted({document for documents in known.values() for document in documents})[:120]
    write(
        folder / "corpus.jsonl",
        (
            {"id": row["_id"], "text": row["text"], "lang": "en"}
            for row in rows(collections / "xquad" / "en" / "corpus.jsonl")
            if row["_id"] in kept
        ),
    )
    asked = [query for query, documents in known.items() if documents[0] in kept][:160:2]
    write(
        folder / "queries.jsonl",
        (
            {
                "id": f"{language}-{row['_id']}",
                "text": row["text"],
                "language": language,
                "cluster": row["_id"],
                "relevant": known[row["_id"]],
            }
            for language in LANGUAGES
            for row in rows(collections / "xquad" / language / "queries.jsonl")
            if row["_id"] in asked
        ),
    )
    return project(folder, minilm)


def on_code(folder: Path, collections: Path, minilm: Path) -> World:
    """Web queries and Python functions; some courses' questions among the documents, so that not all is code."""
    known = judged(collections / "cosqa" / "qrels" / "test.tsv")
    asked = list(known)[:100]
    kept = {document for query in asked for document in known[query]}
    code = list(rows(collections / "cosqa" / "corpus.jsonl"))
    prose = list(rows(collections / "zoomcamp_faq" / "corpus.jsonl"))[:60]
    chosen = [row for row in code if row["_id"] in kept] + [row for row in code if row["_id"] not in kept][:150]
    write(folder / "corpus.jsonl", ({"id": row["_id"], "text": row["text"]} for row in (*chosen, *prose)))
    faq = judged(collections / "zoomcamp_faq" / "qrels" / "test.tsv")
    here = {row["_id"] for row in prose}
    about = [query for query, documents in faq.items() if documents[0] in here][:40]
    texts = {row["_id"]: row["text"] for row in rows(collections / "cosqa" / "queries.jsonl")}
    texts |= {row["_id"]: row["text"] for row in rows(collections / "zoomcamp_faq" / "queries.jsonl")}
    write(
        folder / "queries.jsonl",
        ({"id": q, "text": texts[q], "relevant": (known if q in known else faq)[q]} for q in (*asked, *about)),
    )
    return project(folder, minilm)


def choose(world: World, *arguments: str) -> dict[str, Any]:
    world.go("fit", "lsa")
    told = world.go("select", "--html", "card.html", "--markdown", "card.md", "--json-out", "card.json", *arguments)
    card: dict[str, Any] = json.loads((world.folder / "card.json").read_text(encoding="utf-8"))
    assert {row["name"] for row in told["scorecard"]["rows"]} == {row["name"] for row in card["rows"]} == CANDIDATES
    page = (world.folder / "card.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert not re.search(r"<script|<link|\ssrc=|href=\"http|url\(http", page), "the page asks the network for nothing"
    assert all(name in page for name in CANDIDATES)
    assert card["choice"]["recommended"] in (world.folder / "card.md").read_text(encoding="utf-8")
    return card


def cell(card: dict[str, Any], candidate: str, dims: int, quantisation: str) -> dict[str, Any]:
    (found,) = [
        each
        for each in card["sweep"]
        if (each["candidate"], each["dims"], each["quantisation"]) == (candidate, dims, quantisation)
    ]
    assert isinstance(found, dict)
    return found


def test_across_languages(collections: Path, minilm_folder: Path, tmp_path: Path) -> None:
    card = choose(across_languages(tmp_path, collections, minilm_folder), "--no-latency", "--holdout", "0.5")
    assert card["choice"]["best"] not in {"wl64", "BM25"}
    assert card["choice"]["confirmed"] is not None
    matrices = {matrix["candidate"]: matrix for matrix in card["languages"]}
    assert set(matrices) == CANDIDATES
    for name in ("minilm", "wl256"):
        cells = matrices[name]["cells"]
        assert set(cells) == {f"{language}>en" for language in LANGUAGES}
        assert cells["en>en"]["low"] > cells["de>en"]["high"], f"{name} was made for English"
        assert cells["de>en"]["value"] > cells["zh>en"]["value"]
        assert matrices[name]["same_language"]["en"] == 1.0
        assert matrices[name]["same_language"]["de"] == 0.0
    assert {part["name"] for part in card["slices"]} >= {f"language={language}" for language in LANGUAGES}
    minilm = next(row for row in card["rows"] if row["name"] == "minilm")
    assert minilm["truncation"]["limit"] == 64
    assert minilm["truncation"]["documents"] > 60
    assert any("minilm reads 64 tokens of a text" in warning for warning in card["warnings"])
    assert any("worth" in warning for warning in card["warnings"]), "three languages of a question are one cluster"


def test_on_code(collections: Path, minilm_folder: Path, tmp_path: Path) -> None:
    world = on_code(tmp_path, collections, minilm_folder)
    card = choose(world, "--no-latency", "--index-loss")
    assert card["choice"]["best"] == "minilm"
    parts = {part["name"]: part for part in card["slices"]}
    assert parts["kind=code"]["queries"] == 100
    assert parts["kind=prose"]["queries"] >= 30
    assert {loss["candidate"] for loss in card["index_loss"]} == CANDIDATES - {"BM25"}
    for loss in card["index_loss"]:
        assert loss["index_kind"] == "exact", "too few rows for an approximate index"
        assert loss["found"]["value"] == pytest.approx(1.0, abs=1e-9)
        assert abs(loss["difference"]["value"]) < 1e-3
    cut, small = cell(card, "wl256", 64, "float32"), cell(card, "wl64", 64, "float32")
    assert cut["quality"]["nDCG@10"]["value"] == pytest.approx(small["quality"]["nDCG@10"]["value"], abs=1e-3)
    assert cell(card, "minilm", 256, "int8")["loss"]["value"] > cell(card, "minilm", 64, "binary")["loss"]["value"]
    by_name = {row["name"]: row for row in card["rows"]}
    assert by_name["wl256+ask"]["bulk"]["texts"] == 0, "the documents are those of wl256"
    assert by_name["wl64"]["storage_bytes"] < by_name["minilm"]["storage_bytes"]
    again = choose_again(world)
    assert all(row["bulk"] is None or row["bulk"]["texts"] == 0 for row in again["rows"])
    wl64 = next(row for row in again["rows"] if row["name"] == "wl64")
    assert wl64["latency"]["sent"] > 0
    assert wl64["quality"] == by_name["wl64"]["quality"]


def choose_again(world: World) -> dict[str, Any]:
    """With latency, and without anything to embed."""
    card: dict[str, Any] = world.go("select", "--models", "wl64,wl256", "--qps", "50", "--no-sweep")["scorecard"]
    return card

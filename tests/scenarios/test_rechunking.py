"""Labels of documents and passages are written once; the documents are cut, indexed, judged, and cut anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helmert.evaluation import Span, read_evalset
from tests.scenarios.worlds import LARGE, SMALL, TOYS, World, model_table

SETTINGS = """\
[stores.default]
url = "sqlite:///.helmert/vectors.db"

{models}
[collections.docs]
source = "corpus.jsonl"
model = "small"
evalset = "labels.csv"
chunk_fields = {{ document = "page", start = "from", end = "to" }}
metadata_fields = ["lang"]

[gate]
min_queries = 30

[[gate.rules]]
measure = "recall@10"
margin = 0.3

[gate.limits]
index_recall = 0.8

[selection]
dims = [24]
quantisations = ["float32"]
"""
PAGES, PASSAGES, LABELLED = 40, 4, 2
DEEP = 60
"""More characters than any passage has."""
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se")


def pages() -> list[list[str]]:
    """Passages of words that occur nowhere else."""
    words = iter(f"{a}{b}{c}{d}" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES for d in SYLLABLES)
    order = np.random.default_rng(5).permutation([next(words) for _ in range(PAGES * PASSAGES * 6)]).tolist()
    return [[" ".join(order.pop() for _ in range(6)) for _ in range(PASSAGES)] for _ in range(PAGES)]


def places(passages: list[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for passage in passages:
        yield start, start + len(passage)
        start += len(passage) + 1


def by_passage(passages: list[str]) -> Iterable[tuple[int, int]]:
    return places(passages)


def by_window(passages: list[str]) -> Iterable[tuple[int, int]]:
    """Windows that overlap by more than a passage, so that some window holds all of each, and often two do."""
    length = len(" ".join(passages))
    for start in range(0, max(1, length - DEEP), DEEP):
        yield start, min(length, start + 2 * DEEP)


def write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def chunk(folder: Path, cut: Any) -> None:
    write(
        folder / "corpus.jsonl",
        (
            {
                "id": f"{cut.__name__}-{page}-{start}",
                "text": " ".join(passages)[start:end],
                "page": f"p{page}",
                "from": start,
                "to": end,
                "lang": "xx",
            }
            for page, passages in enumerate(pages())
            for start, end in cut(passages)
        ),
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    models = "".join(model_table(name, TOYS[name]) for name in (SMALL, LARGE))
    (tmp_path / "helmert.toml").write_text(SETTINGS.format(models=models), encoding="utf-8")
    labels = ["query_id,query,document,grade,start,end"]
    for page, passages in enumerate(pages()):
        start, end = list(places(passages))[LABELLED]
        asked = " ".join(passages[LABELLED].split()[1:5])
        labels.append(f"q{page},{asked},p{page},1,{start},{end}")
    (tmp_path / "labels.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    chunk(tmp_path, by_passage)
    return World(folder=tmp_path, store="sqlite")


def means(told: Mapping[str, Any]) -> dict[str, float]:
    return {row["measure"]: row["mean"] for row in told["judgement"]["scores"]}


def assert_selected(world: World) -> str:
    """Everyone finds passages, and word matching all of them; the digest of the set that was used."""
    card = world.go("select", "--no-latency")["scorecard"]
    quality = {row["name"]: row["quality"] for row in card["rows"]}
    assert set(quality) == {SMALL, LARGE, "BM25"}
    assert quality["BM25"]["recall@10"]["value"] == quality["BM25"]["nDCG@10"]["value"] == 1.0
    assert all(quality[name]["recall@10"]["value"] > 0.5 for name in (SMALL, LARGE))
    for cell in card["sweep"]:
        if cell["candidate"] == SMALL:
            assert cell["quality"]["recall@10"] == quality[SMALL]["recall@10"]
    digest: str = card["evalset"]["digest"]
    return digest


def test_labels_of_passages_outlive_another_way_of_cutting(world: World) -> None:
    assert read_evalset(world.folder / "labels.csv").label("q0", "p0").facts.spans == (Span(start=108, end=161),)
    checked = world.go("evalset", "check", "labels.csv")
    assert "dangling-documents" not in {problem["kind"] for problem in checked["problems"]}
    before = assert_selected(world)
    world.go("plan")
    world.go("apply")
    world.go("promote")
    assert means(world.go("eval"))["recall@10"] > 0.5

    chunk(world.folder, by_window)
    assert assert_selected(world) == before
    world.go("plan", "--model", LARGE)
    applied = world.go("apply")
    assert applied["gate"] == "PASS"
    told = world.go("eval", "--index", applied["target_index"], "--run-out", "run.txt")
    assert means(told)["recall@10"] > 0.5
    assert told["judgement"]["evalset"]["digest"] == before
    assert " p7 " in (world.folder / "run.txt").read_text(encoding="utf-8")

"""Small worlds for selections: documents of invented words, queries that repeat some of them, and toy models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from helmert.evaluation import EvalSet
from helmert.models.base import Limits
from helmert.models.checked import CheckedEmbedder
from helmert.selection.candidates import Candidate, Field
from helmert.selection.corpus import Corpus
from helmert.selection.engine import run_selection
from helmert.selection.scorecard import Scorecard
from helmert.selection.terms import Instruments, Terms
from helmert.selection.vectors import VectorCache
from helmert.spaces.space import Recipe
from helmert.telemetry import Event
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import Document, Query

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se")


def texts(count: int, *, seed: int = 0, length: int = 8) -> list[str]:
    rng = np.random.default_rng(seed)
    words = [f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES[:3]]
    return [" ".join(rng.choice(words, size=length)) for _ in range(count)]


def corpus_of(held: Sequence[str]) -> Corpus:
    return Corpus.of(Document(id=f"d{number:03d}", text=text) for number, text in enumerate(held))


def evalset_of(held: Sequence[str], *, asked: int = 3, count: int | None = None) -> EvalSet:
    """Query n repeats some words of document n."""
    chosen = held if count is None else held[:count]
    queries = tuple(
        Query(id=f"q{number:03d}", text=" ".join(text.split()[:asked])) for number, text in enumerate(chosen)
    )
    return EvalSet(
        name="invented",
        queries=queries,
        qrels={query.id: {f"d{number:03d}": 1} for number, query in enumerate(queries)},
    )


def toy(
    name: str = "toy",
    *,
    dims: int = 32,
    seed: int = 0,
    faults: Faults | None = None,
    prefixes: tuple[str, str] = ("", ""),
    limits: Limits | None = None,
) -> ToyEmbedder:
    """`prefixes` are those of documents and of queries."""
    recipes = (Recipe(prefix=prefixes[0]), Recipe(prefix=prefixes[1]))
    return ToyEmbedder(model=name, dims=dims, seed=seed, faults=faults, recipes=recipes, limits=limits)


def candidate(embedder: ToyEmbedder, name: str = "", *, model: str = "", prompt: str = "") -> Candidate:
    known = name or embedder.space.model
    return Candidate(name=known, model=model or known, embedder=CheckedEmbedder(embedder), prompt=prompt)


class Ticking:
    """Seconds that move by one each time somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def instruments(folder: Path, heard: Callable[[Event], None] = lambda _: None) -> Instruments:
    return Instruments(cache=VectorCache(folder, seconds=Ticking()), clock=lambda: NOW, listener=heard)


def selected(
    folder: Path,
    candidates: Sequence[Candidate],
    held: Sequence[str],
    *,
    terms: Terms | None = None,
    evalset: EvalSet | None = None,
    field: Field | None = None,
) -> Scorecard:
    """A scorecard without a sweep, unless the terms ask for one."""
    return run_selection(
        replace(field, candidates=tuple(candidates)) if field else Field(candidates=tuple(candidates)),
        evalset or evalset_of(held),
        corpus_of(held),
        terms or Terms(sweep=None),
        instruments(folder),
    )

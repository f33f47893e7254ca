"""`helmert evalset sample`, `import-log`, `synthesize`: sets from a corpus, from clicks, and from documents alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from helmert.commands.evalset_candidates import queries_to_sample, ranker
from helmert.commands.outcome import Outcome
from helmert.errors import UsageError
from helmert.evaluation import EvalSet
from helmert.evaluation.manifest import overview
from helmert.evaluation.writers import write_evalset
from helmert.labelling.click_log import ImportRules, import_clicks, read_clicks
from helmert.labelling.fewer_queries import fewer_queries
from helmert.labelling.generators import open_generator
from helmert.labelling.samples import DEEP, Sample, draw, pool
from helmert.labelling.synthesis import Answers, Order, RoundTrip, synthesise
from helmert.types import Document
from helmert.workspace import Workspace

RANDOM_DOCUMENTS = 1000
"""Documents of a random sample when nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built(Outcome):
    """A set that was written."""

    path: str
    name: str
    digest: str
    contents: Mapping[str, object]
    documents: int | None
    """Written with it; None when it goes with the documents of a collection."""
    sentences: tuple[str, ...]
    """How it was made, and what has to be known before a number measured on it is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWish:
    """How documents are sampled."""

    method: Literal["pooled", "random"] = "pooled"
    documents: int | None = None
    """The most a pool may hold; how many a random sample has."""
    depth: int = DEEP
    models: Sequence[str] = ()
    """Candidates of the pool; all of the configuration when empty."""
    seed: int = 0
    evalset: Path | None = None
    queries: Path | None = None
    """Queries without labels."""
    most_queries: int | None = None
    """Draw so many of the queries, clusters as wholes and slices in proportion; all when None."""


def sample(workspace: Workspace, out: Path, collection: str | None = None, wish: SampleWish | None = None) -> Built:
    """Draw a part of a collection's documents to evaluate on, and write it with the queries as a set of its own.

    Args:
        workspace: The workspace.
        out: The folder of the new set; it must not exist.
        collection: The only collection when omitted.
        wish: How.

    Raises:
        Refused: The pool holds more documents than allowed, or there are too few or too many to draw.
        UsageError: There are no queries, the set is a sample already, or `out` exists.
    """
    asked = wish or SampleWish()
    name = workspace.only_collection(collection)
    _require_new(out)
    everything = queries_to_sample(workspace, name, asked.evalset, asked.queries)
    most = len(everything.queries) if asked.most_queries is None else asked.most_queries
    evalset = replace(fewer_queries(everything, most, seed=asked.seed), name=out.resolve().name)
    corpus = workspace.corpus(name)
    found: Sample
    if asked.method == "pooled":
        systems = ranker(workspace, asked.models)
        found = pool(evalset, corpus, systems, depth=asked.depth, most=asked.documents, seed=asked.seed)
    else:
        found = draw(evalset, corpus, documents=asked.documents or RANDOM_DOCUMENTS, seed=asked.seed)
    documents = (
        Document(id=document, text=text, metadata=metadata)
        for document, text, metadata in zip(found.corpus.ids, found.corpus.texts, found.corpus.metadata, strict=True)
    )
    sentences = (*_fewer(everything, evalset, asked.seed), *found.sentences)
    return _written(workspace, found.evalset, out, documents, sentences, f"helmert evalset check {out}")


def _fewer(everything: EvalSet, drawn: EvalSet, seed: int) -> Iterator[str]:
    if len(drawn.queries) < len(everything.queries):
        yield (
            f"{len(drawn.queries):,} of {len(everything.queries):,} queries were drawn with seed {seed}, clusters as "
            "wholes and slices in proportion."
        )


def import_log(
    workspace: Workspace, log: Path, out: Path, collection: str | None = None, rules: ImportRules | None = None
) -> Built:
    """Turn a log of clicks into weak positives, and write them as a set.

    Args:
        workspace: The workspace.
        log: JSONL, CSV, TSV or Parquet with the columns `query` and `document`, and others as
            `helmert.labelling.click_log.reading` lists them.
        out: The folder of the new set; it must not exist.
        collection: Whose documents were clicked; the only one when omitted.
        rules: What makes a weak positive.

    Raises:
        BadInput: A row of the log is wrong; names file, line and value.
        UsageError: Nothing in the log is evidence enough, or `out` exists.
    """
    _require_new(out)
    corpus = workspace.corpus(workspace.only_collection(collection))
    found = import_clicks(read_clicks(log), rules or ImportRules(), name=log.name, corpus=corpus.rows)
    if not found.evalset.queries:
        raise UsageError(
            f"No clicked document of {log} becomes a label. {' '.join(found.sentences)}",
            next_step="Lower --min-clicks, or look whether the ids of the log are those of the documents.",
        )
    evalset = replace(found.evalset, name=out.resolve().name)
    return _written(workspace, evalset, out, None, found.sentences, f"helmert evalset next {out}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisWish:
    """How queries are made."""

    generator: str = "extractive"
    options: Mapping[str, object] | None = None
    """Of the generator."""
    queries: int = 200
    per_document: int = 1
    seed: int = 0
    round_trip: int | None = None
    """Depth at which some system must find the document; None to keep every query that passes the other filters."""
    models: Sequence[str] = ()
    """Candidates of the round trip; all of the configuration when empty."""


def synthesize(
    workspace: Workspace, out: Path, collection: str | None = None, wish: SynthesisWish | None = None
) -> Built:
    """Make queries for documents, and write them as a set.

    What a generator has made is kept under `.helmert/synthesis` at once, so that a run that was stopped goes on where
    it was and pays for nothing twice.

    Args:
        workspace: The workspace.
        out: The folder of the new set; it must not exist.
        collection: The only collection when omitted.
        wish: How.

    Raises:
        NotFound: There is no such generator.
        ConfigError: One of its options is wrong.
        UsageError: No query was kept, or `out` exists.
        ProviderOutage: The generator's endpoint does not answer; the same command continues later.
    """
    asked = wish or SynthesisWish()
    _require_new(out)
    order = Order(name=out.resolve().name, queries=asked.queries, per_document=asked.per_document, seed=asked.seed)
    trip = RoundTrip(ranker=ranker(workspace, asked.models), depth=asked.round_trip) if asked.round_trip else None
    corpus = workspace.corpus(workspace.only_collection(collection))
    options = {"seed": asked.seed} if asked.generator == "extractive" else {}
    generator = open_generator(asked.generator, {**options, **(asked.options or {})}, corpus)
    folder = workspace.folder / ".helmert" / "synthesis"
    with closing(generator), Answers(folder, generator.identity) as answers:
        found = synthesise(
            corpus,
            generator,
            answers,
            order,
            clock=workspace.instruments.clock,
            round_trip=trip,
            listener=workspace.instruments.listener,
        )
    if not found.evalset.queries:
        raise UsageError(f"No query was kept. {' '.join(found.sentences)}", next_step="Use another generator.")
    return _written(workspace, found.evalset, out, None, found.sentences, f"helmert evalset check {out}")


def _require_new(out: Path) -> None:
    """Before anything is paid for: could the set be written? `write_evalset` makes sure again."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"{out} exists already and is left as it is.", next_step="Name a folder that does not exist.")


def _written(
    workspace: Workspace,
    evalset: EvalSet,
    out: Path,
    documents: Iterable[Document] | None,
    sentences: tuple[str, ...],
    next_step: str,
) -> Built:
    manifest = write_evalset(evalset, out, clock=workspace.instruments.clock, documents=documents)
    return Built(
        path=str(out),
        name=evalset.name,
        digest=evalset.digest,
        contents=overview(evalset),
        documents=manifest.documents,
        sentences=sentences,
        next_step=next_step,
    )

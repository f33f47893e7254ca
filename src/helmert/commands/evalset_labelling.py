"""`helmert evalset next`, `label`, `agreement`: which pairs people should judge, judging them, how they agree."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from helmert.commands.evalset_candidates import documents_of, ranker
from helmert.commands.outcome import Outcome
from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, Measure, read_evalset
from helmert.evaluation.durable import replace_file
from helmert.evaluation.labels import Pair
from helmert.evaluation.manifest import accepting, read_manifest
from helmert.evaluation.readers.lines import identifier, json_objects
from helmert.labelling.agreement import Agreement, agreements, statements
from helmert.labelling.rankings import distinct
from helmert.labelling.session import Session, Shown, second_opinions, without_judged
from helmert.labelling.worth import NextLabels, Prospect, UnjudgedPair, next_labels, refuse_random_sample
from helmert.selection.corpus import Corpus
from helmert.workspace import Workspace

MEASURE = "nDCG@10"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPairs(Outcome):
    """The pairs that matter most, and whether any of them can still change the choice."""

    path: str
    measure: str
    systems: tuple[str, ...]
    pairs: tuple[UnjudgedPair, ...]
    texts: tuple[tuple[str, str], ...]
    """Query and document of each pair."""
    unjudged: int
    """Pairs in all, those beyond the limit among them."""
    prospects: tuple[Prospect, ...]
    finished: bool
    written: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled(Outcome):
    """What a person judged."""

    path: str
    by: str
    relevant: int
    not_relevant: int
    skipped: int
    left: int
    """Pairs that were not shown any more."""
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed(Outcome):
    """How people who judged the same pairs agree."""

    path: str
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsWish:
    """Which pairs are looked for."""

    models: Sequence[str] = ()
    """Candidates between which the choice is made, beside BM25; all of the configuration when empty."""
    measure: str = MEASURE
    limit: int | None = 50
    out: Path | None = None
    """A JSONL file for the pairs."""


def next_pairs(
    workspace: Workspace, path: Path, collection: str | None = None, wish: PairsWish | None = None
) -> NextPairs:
    """Find the unjudged pairs whose labels would change the choice between candidates most.

    Args:
        workspace: The workspace.
        path: The set.
        collection: Whose documents it is about, when the set has none of its own; the only one when omitted.
        wish: Which pairs.

    Raises:
        Refused: The documents of the set are a random sample.
        UsageError: The measure needs a cut-off, or the set cannot be read.
    """
    asked = wish or PairsWish()
    evalset = read_evalset(path)
    corpus = documents_of(workspace, path, collection)
    systems, found = _next(workspace, evalset, corpus, asked)
    shown = found.pairs[: asked.limit]
    queries = {query.id: query.text for query in evalset.queries}
    texts = tuple((queries[pair.query], corpus.texts[corpus.rows[pair.document]]) for pair in shown)
    if asked.out is not None:
        replace_file(asked.out, b"".join(_lines(shown, texts)))
    return NextPairs(
        path=str(path),
        measure=str(found.measure),
        systems=systems,
        pairs=shown,
        texts=texts,
        unjudged=len(found.pairs),
        prospects=found.prospects,
        finished=found.finished,
        written=None if asked.out is None else str(asked.out),
        next_step=f"helmert evalset label {path}" + (f" --pairs {asked.out}" if asked.out is not None else ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWish:
    """Who judges what."""

    by: str = ""
    """The person; the name of the account when empty."""
    pairs: Path | None = None
    """A file that `evalset next` wrote; the pairs it would find when None."""
    second_opinion: bool = False
    """Judge what other people have judged, to see how far people agree."""
    wish: PairsWish = PairsWish()


def open_session(
    workspace: Workspace, path: Path, collection: str | None = None, wish: LabelWish | None = None
) -> Session:
    """A session over the pairs that a person is to judge.

    Raises:
        Refused: The documents of the set are a random sample, or there is nothing to judge.
        UsageError: The set was not written by Helmert, or the pairs are not of this set.
    """
    asked = wish or LabelWish()
    if not path.is_dir() or read_manifest(path) is None:
        raise UsageError(f"{path} has no manifest, so no labels are added to it.", next_step=accepting(path))
    evalset = read_evalset(path)
    refuse_random_sample(evalset)
    by = asked.by or getpass.getuser()
    corpus = documents_of(workspace, path, collection)
    if asked.second_opinion:
        pairs = second_opinions(statements(path), by, limit=asked.wish.limit)
    elif asked.pairs is not None:
        pairs = without_judged(_read_pairs(asked.pairs), evalset)
    else:
        _, found = _next(workspace, evalset, corpus, asked.wish)
        pairs = [(pair.query, pair.document) for pair in found.pairs[: asked.wish.limit]]
    if not pairs:
        raise Refused("Every pair is judged already.", next_step=f"helmert evalset next {path} --models a,b")
    return Session(
        folder=path,
        pairs=pairs,
        queries={query.id: query.text for query in evalset.queries},
        corpus=corpus,
        by=by,
        clock=workspace.instruments.clock,
    )


def label(session: Session, ask: Callable[[Shown], str]) -> Labelled:
    """Show pair after pair until all are judged or the person stops.

    Args:
        session: The pairs.
        ask: Shows a pair and gives back a key: y relevant, n not relevant, s pass over, u take the last answer back,
            q stop, anything else is asked again. The empty text ends as q does.
    """
    while (shown := session.current) is not None:
        match ask(shown).strip().lower()[:1]:
            case "y":
                session.judge(shown.pair, relevant=True)
            case "n":
                session.judge(shown.pair, relevant=False)
            case "s":
                session.skip(shown.pair)
            case "u":
                session.undo()
            case "q" | "":
                break
    return labelled(session)


def labelled(session: Session) -> Labelled:
    """What a session has given so far; the manifest of the set is brought up to it."""
    session.describe()
    relevant, not_relevant, skipped = session.counts
    return Labelled(
        path=str(session.folder),
        by=session.by,
        relevant=relevant,
        not_relevant=not_relevant,
        skipped=skipped,
        left=len(session.pairs) - relevant - not_relevant - skipped,
        digest=read_evalset(session.folder).digest,
        next_step=f"helmert evalset next {session.folder}",
    )


def agreement(path: Path) -> Agreed:
    """Cohen's kappa of every two people who judged the same pairs. Raises `UsageError` as `read_evalset`."""
    found = agreements(statements(path))
    return Agreed(
        path=str(path),
        agreements=found,
        next_step=f"helmert evalset label {path} --second-opinion" if not found else f"helmert evalset check {path}",
    )


def _next(
    workspace: Workspace, evalset: EvalSet, corpus: Corpus, wish: PairsWish
) -> tuple[tuple[str, ...], NextLabels]:
    measure = Measure.parse(wish.measure)
    refuse_random_sample(evalset)
    everybody = ranker(workspace, wish.models)
    runs = everybody.rank(distinct(corpus), evalset.queries, measure.cutoff or 10)
    return everybody.systems, next_labels(runs, evalset, measure)


def _lines(pairs: Sequence[UnjudgedPair], texts: Sequence[tuple[str, str]]) -> Iterable[bytes]:
    for pair, (query, document) in zip(pairs, texts, strict=True):
        row = {
            "query": pair.query,
            "document": pair.document,
            "worth": pair.worth,
            "ranks": dict(pair.ranks),
            "query_text": query,
            "document_text": document,
        }
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _read_pairs(path: Path) -> list[Pair]:
    return [
        (identifier(row.get("query"), place, "query id"), identifier(row.get("document"), place, "document id"))
        for place, row in json_objects(path)
    ]

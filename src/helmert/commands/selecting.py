"""`helmert select`: which model is best on this collection's own documents and queries?"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from helmert.commands.candidates import entered, open_candidate
from helmert.commands.evalset_candidates import documents_of
from helmert.commands.outcome import Outcome
from helmert.errors import HelmertError, UsageError
from helmert.evaluation import EvalSet, Measure, read_evalset
from helmert.evaluation.durable import replace_file
from helmert.report.selection import render_scorecard_html, render_scorecard_markdown, scorecard_json
from helmert.selection.candidates import Candidate, Field
from helmert.selection.corpus import Corpus
from helmert.selection.engine import run_selection
from helmert.selection.latency import Load
from helmert.selection.leaderboard import read_leaderboard
from helmert.selection.scorecard import Scorecard
from helmert.selection.terms import Terms
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What differs from `[selection]` this time; None for what does not."""

    models: Sequence[str] = ()
    """Models and prompt variants (`model+prompt`) that take part; all of the configuration when empty."""
    evalset: Path | None = None
    measure: str | None = None
    """The primary measure."""
    rate: float | None = None
    """Queries per second."""
    budget_ms: float | None = None
    holdout: float | None = None
    priors: Sequence[Path] = ()
    """Leaderboard results."""
    sweep: bool = True
    latency: bool = True
    index_loss: bool | None = None
    """None for collections large enough to have an approximate index."""
    allow_unpooled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the scorecard is written to."""

    html: Path | None = None
    markdown: Path | None = None
    json: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Outcome):
    """The scorecard, and the files it was written to."""

    collection: str
    scorecard: Scorecard
    files: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when at least one model could be tried, else 3."""
        return 0 if self.go else HelmertError.exit_code


def select(
    workspace: Workspace, collection: str | None = None, wish: Wish | None = None, files: Files | None = None
) -> Selected:
    """Try models, prompt variants and BM25 on the labelled queries of a collection. Nothing live is changed.

    A model that cannot be opened or does not answer has a row that says why. Vectors are kept under
    `.helmert/vectors`, so that a second run pays for nothing twice.

    Args:
        workspace: The workspace.
        collection: The only collection when omitted.
        wish: What differs from `[selection]`.
        files: Where the scorecard is written to, beside being returned.

    Raises:
        NotFound: A model, prompt variant or file that does not exist.
        UsageError: No labelled queries, no documents, or values that cannot be.
        Refused: The set is pooled and candidates were not in the pool.
    """
    asked, written = wish or Wish(), files or Files()
    name = workspace.only_collection(collection)
    evalset, corpus_of = _evalset(workspace, name, asked)
    terms = replace(_terms(workspace, asked), chunks=workspace.collection(name).chunks)
    boards = tuple(read_leaderboard(path) for path in asked.priors)
    _check_folders(written)
    field = _field(workspace, name, asked.models)
    instruments = replace(
        workspace.instruments,
        scratch=lambda: workspace.scratch_store(name),
        place=_machine(),
        leaderboards=boards,
        leaderboard_names=_leaderboard_names(workspace, field),
    )
    card = run_selection(field, evalset, corpus_of(), terms, instruments, title=f"Models for {name}")
    return Selected(
        collection=name,
        scorecard=card,
        files=tuple(_write(card, written)),
        go=any(row.kind == "dense" and not row.failure for row in card.rows),
        next_step=_next(name, card, workspace),
    )


def _evalset(workspace: Workspace, collection: str, wish: Wish) -> tuple[EvalSet, Callable[[], Corpus]]:
    """The labelled queries, and where their documents are: with a sample, or a set that was named, if it has some."""
    configured = workspace.collection(collection).evalset
    if wish.evalset is None and not configured:
        raise UsageError(
            f"Collection {collection!r} has no labelled queries.",
            next_step=f"set `evalset` in [collections.{collection}], or name one with --evalset",
        )
    path = wish.evalset if wish.evalset is not None else workspace.folder / configured
    evalset = read_evalset(path)
    if wish.evalset is None and evalset.sampling is None:
        return evalset, lambda: workspace.corpus(collection)
    return evalset, lambda: documents_of(workspace, path, collection)


def _terms(workspace: Workspace, wish: Wish) -> Terms:
    settings = workspace.settings.selection
    terms = settings.to_terms(currency=workspace.settings.currency)
    primary = Measure.parse(wish.measure) if wish.measure is not None else terms.primary
    rate = wish.rate if wish.rate is not None else settings.rate
    budget = wish.budget_ms if wish.budget_ms is not None else settings.budget_ms
    load = Load(
        rate=rate,
        budget=budget / 1000.0,
        seconds=settings.latency_seconds,
        search_seconds=settings.latency_seconds,
        alone_seconds=settings.latency_seconds,
    )
    return replace(
        terms,
        primary=primary,
        holdout=wish.holdout if wish.holdout is not None else terms.holdout,
        sweep=terms.sweep if wish.sweep else None,
        load=load if wish.latency else None,
        index_loss=wish.index_loss,
        allow_unpooled=wish.allow_unpooled,
    )


def _field(workspace: Workspace, collection: str, names: Sequence[str]) -> Field:
    """Open everybody who takes part; who cannot be opened is kept with the reason."""
    opened: list[Candidate] = []
    unavailable: dict[str, HelmertError] = {}
    for name, prompt in entered(workspace, names).items():
        try:
            opened.append(open_candidate(workspace, name, prompt))
        except HelmertError as error:
            unavailable[name] = error
    live = _live_model(workspace, collection)
    takes_part = live is not None and live in {candidate.name for candidate in opened}
    return Field(
        candidates=tuple(opened),
        unavailable=unavailable,
        live=live if takes_part else None,
        absent_live=live if live is not None and not takes_part else "",
    )


def _live_model(workspace: Workspace, collection: str) -> str | None:
    alias = workspace.registry.aliases.find(workspace.alias(collection))
    return workspace.registry.indexes.get(alias.index).model if alias is not None else None


def _leaderboard_names(workspace: Workspace, field: Field) -> dict[str, str]:
    """What each candidate's model is called by those who publish results: as configured, else by its own id."""
    stated = workspace.settings.selection.leaderboard_names
    return {
        candidate.name: stated.get(candidate.name, stated.get(candidate.model, candidate.embedder.space.model))
        for candidate in field.candidates
    }


def _machine() -> str:
    return f"Measured on {platform.system()} {platform.machine()} with {os.cpu_count() or 1} cores."


def _check_folders(files: Files) -> None:
    """Before anything is paid for: could the files be written?"""
    for path in (files.html, files.markdown, files.json):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            what = "is a folder" if path.is_dir() else "stands in a folder that does not exist"
            raise UsageError(f"The scorecard cannot be written to {path}: it {what}.", next_step="name another file")


def _write(card: Scorecard, files: Files) -> list[str]:
    renderings: list[tuple[Path | None, Callable[[Scorecard], bytes]]] = [
        (files.html, lambda card: render_scorecard_html(card).encode()),
        (files.markdown, lambda card: render_scorecard_markdown(card).encode()),
        (files.json, scorecard_json),
    ]
    written = []
    for path, render in renderings:
        if path is not None:
            replace_file(path, render(card))
            written.append(str(path))
    return written


def _next(collection: str, card: Scorecard, workspace: Workspace) -> str:
    """Plan the recommended model; a prompt variant has to become a model of the configuration first."""
    if card.choice is None:
        tried = any(row.kind == "dense" and not row.failure for row in card.rows)
        labels = workspace.collection(collection).evalset or "PATH"
        return f"helmert evalset check {labels}" if tried else "helmert doctor"
    model, _, prompt = card.choice.recommended.partition("+")
    if card.choice.recommended not in workspace.settings.models and prompt:
        return f"write the prefixes of {prompt!r} into a model of helmert.toml, then helmert plan {collection} --model"
    if card.choice.recommended == card.reference:
        return f"helmert eval {collection}"
    return f"helmert plan {collection} --model {model}"

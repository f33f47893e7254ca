"""`helmert evalset check`: is an evaluation set fit to decide anything?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.outcome import Outcome
from helmert.config import CollectionSettings, find_file, load
from helmert.corpus import ReadReport, Source, open_source
from helmert.errors import ConfigError, UsageError
from helmert.evaluation import EvalSet, read_evalset
from helmert.evaluation.checking import LexicalOverlap, Problem, check_evalset, unusable_rows, worst_first
from helmert.evaluation.manifest import overview
from helmert.evaluation.writers import accept_evalset
from helmert.types import Clock, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalsetChecked(Outcome):
    """What the set holds, and what was found in it, worst first. `go` is False when scores on it would be wrong."""

    path: str
    name: str
    digest: str
    contents: Mapping[str, object]
    corpus: str | None
    documents: int | None
    overlap: LexicalOverlap | None
    problems: tuple[Problem, ...]
    accepted: bool


def check(
    path: Path,
    *,
    corpus: Path | None = None,
    split: str | None = None,
    queries: Path | None = None,
    accept: bool = False,
    clock: Clock = system_clock,
) -> EvalsetChecked:
    """Check an evaluation set, and with its documents also whether the two fit together.

    Args:
        path: the set, in any format that `read_evalset` reads.
        corpus: its documents. When omitted: the `corpus.jsonl` in its folder, else the source of the collection
            whose `evalset` it is in the nearest `helmert.toml`, else none.
        split: which split of a BEIR folder.
        queries: the queries of judgements that are without.
        accept: first write the manifest of the folder anew, so that it describes the files as they are.
        clock: the moment that the manifest bears.

    Raises:
        UsageError: the set cannot be read, the corpus cannot be read at all, or `accept` for what is no folder.
    """
    if accept:
        if not path.is_dir():
            raise UsageError(
                f"Only a folder has a manifest; {path} is none.", next_step=f"helmert evalset check {path}"
            )
        accept_evalset(path, split, clock=clock)
    evalset = read_evalset(path, split, queries=queries)
    source = _documents(path, corpus)
    rows = ReadReport()
    settings = _collection(path)
    chunks = settings[0].chunks if settings else None
    report = check_evalset(evalset, None if source is None else source.documents(rows), chunks=chunks)
    left_out = unusable_rows(rows.skipped_total, [f"{row.path}:{row.line}: {row.reason}" for row in rows.skipped])
    return EvalsetChecked(
        path=str(path),
        name=evalset.name,
        digest=evalset.digest,
        contents=overview(evalset),
        corpus=None if source is None else source.name,
        documents=report.documents,
        overlap=report.overlap,
        problems=worst_first([*report.problems, *left_out]),
        accepted=accept,
        go=report.sound,
        next_step=_next(evalset, report.problems, path, has_documents=source is not None),
    )


def _next(evalset: EvalSet, problems: tuple[Problem, ...], path: Path, *, has_documents: bool) -> str:
    worst = next((problem for problem in problems if problem.severity == "error"), None)
    if worst is not None:
        return worst.remedy
    if not has_documents:
        return f"helmert evalset check {path} --corpus DOCUMENTS"
    return f'set evalset = "{path}" in helmert.toml, then helmert eval' if evalset.answerable else "helmert --help"


def _documents(path: Path, corpus: Path | None) -> Source | None:
    if corpus is not None:
        return open_source(corpus, on_bad="skip")
    own = path / "corpus.jsonl"
    if own.is_file():
        return open_source(path, on_bad="skip")
    return _configured(path)


def _collection(path: Path) -> tuple[CollectionSettings, Path] | None:
    """The collection that names this set, and its folder. A configuration that cannot be read has none."""
    try:
        file = find_file(Path.cwd())
        settings = load(file)
    except ConfigError:
        return None
    for collection in settings.collections.values():
        if collection.evalset and (file.parent / collection.evalset).resolve() == path.resolve():
            return collection, file.parent
    return None


def _configured(path: Path) -> Source | None:
    """The source of that collection."""
    found = _collection(path)
    if found is None:
        return None
    collection, folder = found
    return open_source(
        folder / collection.source,
        on_bad="skip",
        id_field=collection.id_field or None,
        text_fields=collection.text_fields or None,
        metadata_fields=collection.kept_fields,
    )

"""A set as a folder of its own, written as a whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from helmert.errors import UsageError
from helmert.evaluation.durable import set_aside, sync_folder, write_file
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.manifest import FILE_NAME, Manifest, read_manifest, write_manifest
from helmert.evaluation.writers.lines import columns_of, document_lines, header_line, label_lines, query_line
from helmert.types import Clock, Document

SPLIT = "test"
"""The split that a set is written as: what other tools read when nobody names one."""

_QUERIES, _CORPUS = "queries.jsonl", "corpus.jsonl"
_OURS = {
    *(_QUERIES, _CORPUS, FILE_NAME, f".{FILE_NAME}.new"),
    *("qrels", f"qrels/{SPLIT}.tsv", f"qrels/.{SPLIT}.tsv.new"),
}


def write_evalset(
    evalset: EvalSet,
    folder: Path,
    *,
    clock: Clock,
    documents: Iterable[Document] | None = None,
    replace: bool = False,
) -> Manifest:
    """Write a set as a BEIR folder with a manifest, so that `read_evalset` gives back an equal set.

    Args:
        evalset: the set.
        folder: where it goes; the folders above it are made.
        clock: the moment that the manifest bears.
        documents: its documents, for `corpus.jsonl`. Without them a folder that is replaced keeps those it had.
        replace: put it in the place of a set that Helmert wrote. The old one is removed when the new one is
            complete; after a crash in between it stands beside it as `.<name>.old`, and the next writing brings it
            back.

    Raises:
        UsageError: the folder exists and is not to be replaced, or holds what Helmert did not write; or an id, a
            text or a document cannot be written so that it is read again. Nothing has changed then.
    """
    place = folder.resolve()
    fresh = place.with_name(f".{place.name}.new")
    _tidy(place, fresh)
    present = _present(place, replace=replace)
    (fresh / "qrels").mkdir(parents=True)
    try:
        manifest = _fill(fresh, evalset, documents, (place, present))
        write_manifest(fresh, evalset, manifest, at=clock().isoformat())
        sync_folder(fresh / "qrels")
    except BaseException:
        shutil.rmtree(fresh)
        raise
    _exchange(fresh, place)
    return manifest


def _fill(
    fresh: Path, evalset: EvalSet, documents: Iterable[Document] | None, before: tuple[Path, Manifest | None]
) -> Manifest:
    """Write everything but the manifest, and return what that has to say."""
    old, present = before
    count = None
    if documents is not None:
        counted = _Counted(document_lines(documents))
        write_file(fresh / _CORPUS, counted)
        count = counted.seen
    elif present is not None and (old / _CORPUS).is_file():
        with (old / _CORPUS).open("rb") as stream:
            write_file(fresh / _CORPUS, stream)
        count = present.documents
    write_file(fresh / _QUERIES, (query_line(query, evalset.facts(query.id)) for query in evalset.queries))
    names = columns_of(evalset.labels())
    rows = _Counted(line for label in evalset.labels() for line in label_lines(label, names))
    write_file(fresh / "qrels" / f"{SPLIT}.tsv", _after(header_line(names), rows))
    return Manifest(
        name=evalset.name,
        split=SPLIT,
        digest=evalset.digest,
        rows=rows.seen,
        all_queries=True,
        sampling=evalset.sampling,
        documents=count,
    )


class _Counted:
    """Lines, counted while they are taken."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.seen = 0
        self._lines = lines

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.seen += 1
            yield line


def _after(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _tidy(place: Path, fresh: Path) -> None:
    """Undo what an interrupted writing left: a half-written set, and an old one that was set aside for it."""
    old = set_aside(place)
    if fresh.exists():
        shutil.rmtree(fresh)
    if not old.exists():
        return
    if _is_empty(place):
        place.rmdir()
    if place.exists():
        shutil.rmtree(old)
    else:
        old.rename(place)


def _present(place: Path, *, replace: bool) -> Manifest | None:
    """The manifest of the set that will be replaced. Raises `UsageError` for everything else that is in the way."""
    if not place.exists() or _is_empty(place):
        return None
    manifest = read_manifest(place) if place.is_dir() else None
    if not replace or manifest is None:
        why = "exists already" if manifest is not None else "was not written by Helmert"
        raise UsageError(f"{place} {why} and is left as it is.", next_step="Name a folder that does not exist.")
    foreign = sorted({path.relative_to(place).as_posix() for path in place.rglob("*")} - _OURS)
    if foreign:
        raise UsageError(
            f"{place} holds {foreign[0]!r}, which Helmert did not write and would have to remove.",
            next_step="Move it out of the folder.",
        )
    return manifest


def _is_empty(place: Path) -> bool:
    return place.is_dir() and not any(place.iterdir())


def _exchange(fresh: Path, place: Path) -> None:
    old = set_aside(place)
    if _is_empty(place):
        place.rmdir()
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)

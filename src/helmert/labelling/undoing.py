"""Taking back the last label of a set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from helmert.errors import Refused, UsageError
from helmert.evaluation.durable import append_to_file
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.manifest import read_manifest, write_manifest
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.beir import qrels_file
from helmert.evaluation.readers.qrels import extent_of, qrels_rows
from helmert.evaluation.readers.queries import read_queries
from helmert.types import Clock


def remove_last_label(folder: Path, label: Label, *, clock: Clock) -> None:
    """Remove a label from a set that Helmert wrote, if it is the last one that was added.

    First the manifest is written as of before the label, then the row is cut off. A crash in between leaves the row
    behind those that the manifest knows, where it is read as a label that was added: the label is still there, and
    nothing else has changed.

    Raises:
        Refused: another label was added since. Nothing has changed then.
        UsageError: the folder has no manifest.
        BadInput: the folder cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} has no manifest.", next_step=f"helmert evalset check {folder} --accept")
    qrels = qrels_file(folder, manifest.split)
    extent = extent_of(qrels, manifest.rows)
    content = qrels.read_bytes()[: extent.end]
    rows = list(qrels_rows(qrels))[: extent.rows]
    if not rows or _told(rows[-1]) != _told(label):
        raise Refused(
            f"The label of {label.document!r} for query {label.query!r} is not the last one of {folder} any more.",
            next_step="Judge the pair again, or correct its row in the judgements.",
        )
    before = Labels().add_all(rows[:-1])
    queries = read_queries(folder / "queries.jsonl")
    evalset = replace(
        assemble(manifest.name, queries, before, qrels, all_queries=manifest.all_queries), sampling=manifest.sampling
    )
    known = replace(manifest, digest=evalset.digest, rows=len(rows) - 1)
    write_manifest(folder, evalset, known, at=clock().isoformat())
    append_to_file(qrels, b"", after=content.rstrip(b"\r\n").rfind(b"\n") + 1)


def _told(label: Label) -> tuple[str, str, float, str]:
    return label.query, label.document, float(label.grade), label.facts.by

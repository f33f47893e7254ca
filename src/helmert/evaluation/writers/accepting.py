"""Take the files of a folder as they are, and write the manifest that describes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from helmert.errors import BadInput
from helmert.evaluation.manifest import Manifest, read_manifest, write_manifest
from helmert.evaluation.readers.beir import qrels_file, read_as_it_is
from helmert.evaluation.readers.lines import numbered_lines
from helmert.evaluation.readers.qrels import extent_of
from helmert.types import Clock


def accept_evalset(folder: Path, split: str | None = None, *, clock: Clock) -> Manifest:
    """Write the manifest of a BEIR folder anew, whatever the present one says of its content.

    Name, sampling and whether unjudged queries belong to the set are kept from a present manifest of that split.
    Raises as `read_evalset`; nothing is written then.
    """
    qrels = qrels_file(folder, split)
    rules = _rules(folder, qrels.stem, split)
    evalset = read_as_it_is(folder, qrels.stem, rules)
    corpus = folder / "corpus.jsonl"
    manifest = replace(
        rules,
        digest=evalset.digest,
        rows=extent_of(qrels, vouched=qrels.stat().st_size).rows,
        documents=sum(1 for _ in numbered_lines(corpus)) if corpus.is_file() else None,
    )
    write_manifest(folder, evalset, manifest, at=clock().isoformat())
    return manifest


def _rules(folder: Path, split: str, named: str | None) -> Manifest:
    """What is kept: from the present manifest, or what holds for a folder without one."""
    try:
        present = read_manifest(folder)
    except BadInput:
        present = None
    if present is not None and present.split == split:
        return present
    name = folder.resolve().name
    return Manifest(
        name=name if named is None else f"{name}/{named}",
        split=split,
        digest="",
        rows=0,
        all_queries=False,
        sampling=None,
        documents=None,
    )

"""Labels added to a set one after the other, each on the disk before the next is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import dropwhile
from pathlib import Path

from helmert.corpus.lines import BYTE_ORDER_MARK
from helmert.errors import UsageError
from helmert.evaluation.durable import append_to_file, replace_file
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.manifest import accepting, read_manifest, write_manifest
from helmert.evaluation.readers.beir import qrels_file, read_beir
from helmert.evaluation.readers.qrels import extent_of
from helmert.evaluation.readers.stated import LABEL_COLUMNS
from helmert.evaluation.writers.lines import columns_of, header_line, label_lines
from helmert.types import Clock


def append_labels(folder: Path, labels: Sequence[Label], *, clock: Clock) -> EvalSet:
    """Add labels to a set that Helmert wrote, down to the disk, and return the set with them.

    The rows go to the end of the judgements, then the manifest is written anew. A crash before that costs nothing:
    the manifest says how many rows it knows, and those behind them are read as labels that were added since. A
    row that a crash cut off is left out, and removed by the next call. One process may add at a time.

    Args:
        folder: the folder of the set.
        labels: what is added. A label that does not say when gets the present moment.
        clock: the present moment.

    Raises:
        UsageError: the folder has no manifest, or a label is about a query that is not in the set or cannot be
            written. Nothing has been added then.
        BadInput: the folder cannot be read, or is not what its manifest describes.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} has no manifest, so no labels are added to it.", next_step=accepting(folder))
    evalset = read_beir(folder, manifest.split)
    now = clock().isoformat()
    dated = [label if label.facts.at else replace(label, facts=replace(label.facts, at=now)) for label in labels]
    _check(dated, evalset)
    qrels = qrels_file(folder, manifest.split)
    names = _widened(qrels, dated)
    lines = [line for label in dated for line in label_lines(label, names)]
    extent = extent_of(qrels, manifest.rows)
    append_to_file(qrels, b"".join([b"" if extent.closed else b"\n", *lines]), after=extent.end)
    together = Labels().add_all(evalset.labels()).add_all(dated)
    grown = replace(evalset, qrels=together.grades, label_facts=together.facts)
    known = replace(manifest, digest=grown.digest, rows=extent.rows + len(lines))
    write_manifest(folder, grown, known, at=now)
    return grown


def _check(labels: Sequence[Label], evalset: EvalSet) -> None:
    """Raise `UsageError` before anything is written."""
    queries = {query.id for query in evalset.queries}
    for label in labels:
        if label.query not in queries:
            raise UsageError(f"There is no query {label.query!r} in the set {evalset.name!r}, so it takes no label.")
        list(label_lines(label, LABEL_COLUMNS))


def _widened(qrels: Path, labels: Sequence[Label]) -> tuple[str, ...]:
    """The named columns of the file, after those were added to its header that these labels need."""
    extent = extent_of(qrels, 0)
    present = () if extent.header is None else extent.header.names
    names = (*present, *(name for name in columns_of(labels) if name not in present))
    if names == present:
        return names
    if not extent.takes_columns:
        raise UsageError(
            f"{qrels} has the four columns of TREC, which have no room for where a label came from.",
            next_step="Write the set anew with write_evalset, and add the labels to that.",
        )
    lines = qrels.read_bytes().removeprefix(BYTE_ORDER_MARK).split(b"\n")
    rows = list(dropwhile(lambda line: not line.strip(), lines))
    replace_file(qrels, header_line(names) + b"\n".join(rows if extent.header is None else rows[1:]))
    return names

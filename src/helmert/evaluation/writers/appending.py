"""Labels added to a set one after the other, each on the disk before the next is given."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import dropwhile, islice
from pathlib import Path

from helmert.corpus.lines import BYTE_ORDER_MARK
from helmert.errors import UsageError
from helmert.evaluation.durable import append_to_file, replace_file
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.manifest import Manifest, accepting, read_manifest, write_manifest
from helmert.evaluation.readers.beir import qrels_file, read_beir
from helmert.evaluation.readers.qrels import Extent, extent_of, qrels_rows
from helmert.evaluation.readers.stated import LABEL_COLUMNS
from helmert.evaluation.writers.lines import columns_of, header_line, label_lines
from helmert.types import Clock


def append_labels(folder: Path, labels: Sequence[Label], *, clock: Clock) -> EvalSet:
    """Add labels to a set that Helmert wrote, down to the disk, and return the set with them.

    `Appending` does the same for one label after the other without reading the set for each of them.

    Args:
        folder: the folder of the set.
        labels: what is added. A label that does not say when gets the present moment.
        clock: the present moment.

    Raises:
        UsageError: the folder has no manifest, or a label is about a query that is not in the set or cannot be
            written. Nothing has been added then.
        BadInput: the folder cannot be read, or is not what its manifest describes.
    """
    appending = Appending(folder, clock=clock)
    appending.add(labels)
    return appending.describe()


class Appending:
    """A set in memory, to which labels are added: each costs one write down to the disk.

    The rows go to the end of the judgements. The manifest is written by `describe`; until then, and after a crash, it
    says how many rows it knows, and those behind them are read as labels that were added since. A row that a crash
    cut off is left out, and removed by the next `add`. One process may add at a time; when another one has changed
    the judgements in between, the set is read anew. Raises as `append_labels`.
    """

    _manifest: Manifest
    _qrels: Path
    _seen: tuple[int, int, int]
    """The state of the judgements as they are known here."""
    _evalset: EvalSet
    """As it was read; labels added since are only in `_labels`."""
    _queries: Set[str]
    _extent: Extent
    _names: tuple[str, ...]
    _labels: Labels

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._read()

    def add(self, labels: Sequence[Label]) -> None:
        """Add labels, down to the disk, all of them or after a crash the first of them. Raises as `append_labels`."""
        now = self._clock().isoformat()
        dated = [label if label.facts.at else replace(label, facts=replace(label.facts, at=now)) for label in labels]
        self._look_again()
        self._check(dated)
        if not set(columns_of(dated)) <= set(self._names):
            self._names = _widened(self._qrels, dated)
            self._extent = extent_of(self._qrels, self._manifest.rows)
        lines = [line for label in dated for line in label_lines(label, self._names)]
        content = b"".join([b"" if self._extent.closed else b"\n", *lines])
        append_to_file(self._qrels, content, after=self._extent.end)
        rows, end = self._extent.rows + len(lines), self._extent.end + len(content)
        self._extent = replace(self._extent, rows=rows, end=end, closed=True)
        self._labels.add_all(dated)
        self._seen = _state(self._qrels)

    def describe(self) -> EvalSet:
        """Write the manifest of the set as it is now, and return the set. Raises as `append_labels`."""
        self._look_again()
        grades, facts = self._labels.grades, self._labels.facts
        grown = replace(
            self._evalset,
            qrels={query: dict(judged) for query, judged in grades.items() if query in self._queries},
            label_facts={pair: known for pair, known in facts.items() if pair[0] in self._queries},
        )
        self._manifest = replace(self._manifest, digest=grown.digest, rows=self._extent.rows)
        write_manifest(self._folder, grown, self._manifest, at=self._clock().isoformat())
        return grown

    def _look_again(self) -> None:
        """Read the set anew when somebody else has changed the judgements."""
        if _state(self._qrels) != self._seen:
            self._read()

    def _read(self) -> None:
        manifest = read_manifest(self._folder)
        if manifest is None:
            raise UsageError(
                f"{self._folder} has no manifest, so no labels are added to it.", next_step=accepting(self._folder)
            )
        self._manifest = manifest
        self._qrels = qrels_file(self._folder, manifest.split)
        self._seen = _state(self._qrels)
        self._evalset = read_beir(self._folder, manifest.split)
        self._queries = {query.id for query in self._evalset.queries}
        self._extent = extent_of(self._qrels, manifest.rows)
        self._names = () if self._extent.header is None else self._extent.header.names
        self._labels = Labels().add_all(islice(qrels_rows(self._qrels), self._extent.rows))

    def _check(self, labels: Sequence[Label]) -> None:
        """Raise `UsageError` before anything is written."""
        for label in labels:
            if label.query not in self._queries:
                raise UsageError(
                    f"There is no query {label.query!r} in the set {self._evalset.name!r}, so it takes no label."
                )
            list(label_lines(label, LABEL_COLUMNS))


def _state(qrels: Path) -> tuple[int, int, int]:
    """Changes when anybody writes to the file or puts another in its place."""
    found = qrels.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


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

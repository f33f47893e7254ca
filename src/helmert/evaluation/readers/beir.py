"""A BEIR folder: `queries.jsonl` and `qrels/<split>.tsv`."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import NotFound, UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.qrels import read_qrels
from helmert.evaluation.readers.queries import read_queries


def read_beir(folder: Path, split: str | None) -> EvalSet:
    """Read one split; without a name `test`, or the only one there is.

    Queries of other splits are left out and counted in `EvalSet.notes`. Raises `NotFound` for a missing file
    or split, `UsageError` when it is not clear which split is meant, `BadInput` for a wrong line.
    """
    qrels = _qrels_file(folder, split)
    name = folder.resolve().name
    return assemble(
        name if split is None else f"{name}/{split}",
        read_queries(folder / "queries.jsonl"),
        read_qrels(qrels),
        qrels,
    )


def _qrels_file(folder: Path, split: str | None) -> Path:
    files = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if not files:
        raise NotFound(
            f"There is no qrels/*.tsv in {folder}.",
            next_step="A BEIR folder holds queries.jsonl and qrels/test.tsv.",
        )
    if split is not None:
        if split not in files:
            raise NotFound(f"{folder} has no split {split!r}; it has {', '.join(files)}.")
        return files[split]
    if "test" in files:
        return files["test"]
    if len(files) == 1:
        return next(iter(files.values()))
    raise UsageError(
        f"{folder} has the splits {', '.join(files)} and none of them is called test.",
        next_step="Say which split to read.",
    )

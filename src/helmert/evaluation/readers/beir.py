"""A BEIR folder: `queries.jsonl` and `qrels/<split>.tsv`, and the manifest that Helmert writes beside them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from helmert.errors import BadInput, NotFound, UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Labels
from helmert.evaluation.manifest import FILE_NAME, Manifest, accepting, read_manifest
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.qrels import extent_of, qrels_rows, read_qrels
from helmert.evaluation.readers.queries import read_queries


def read_beir(folder: Path, split: str | None) -> EvalSet:
    """Read one split; without a name `test`, or the only one there is.

    Queries of other splits are left out and counted in `EvalSet.notes`. A manifest that speaks of the split must
    describe what is read, but for labels that were added since and say when; it gives the set its name and
    sampling. Raises `NotFound` for a missing file or split, `UsageError` when it is not clear which split is
    meant, `BadInput` for a wrong line and for a manifest that describes something else.
    """
    qrels = qrels_file(folder, split)
    manifest = read_manifest(folder)
    if manifest is not None and manifest.split == qrels.stem:
        return _described(folder, qrels, manifest)
    name = folder.resolve().name
    return assemble(
        name if split is None else f"{name}/{split}",
        read_queries(folder / "queries.jsonl"),
        read_qrels(qrels),
        qrels,
    )


def read_as_it_is(folder: Path, split: str, manifest: Manifest) -> EvalSet:
    """The set of a folder by the rules of a manifest, whatever the manifest says of its content."""
    qrels = qrels_file(folder, split)
    queries = read_queries(folder / "queries.jsonl")
    evalset = assemble(manifest.name, queries, read_qrels(qrels), qrels, all_queries=manifest.all_queries)
    return replace(evalset, sampling=manifest.sampling)


def qrels_file(folder: Path, split: str | None) -> Path:
    """The judgements of a split; without a name `test`, or the only one. Raises `NotFound` and `UsageError`."""
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


def _described(folder: Path, qrels: Path, manifest: Manifest) -> EvalSet:
    """The set that the manifest describes, with the labels that were added behind the rows it knows."""
    queries = read_queries(folder / "queries.jsonl")
    rows = islice(qrels_rows(qrels), extent_of(qrels, manifest.rows).rows)
    labels = Labels().add_all(islice(rows, manifest.rows))
    added = list(rows)

    def current() -> EvalSet:
        evalset = assemble(manifest.name, queries, labels, qrels, all_queries=manifest.all_queries)
        return replace(evalset, sampling=manifest.sampling)

    known = current()
    if known.digest != manifest.digest:
        raise _other_content(folder, f"its files give the set {known.digest}, not {manifest.digest}")
    undated = sum(not label.facts.at for label in added)
    if undated:
        raise _other_content(folder, f"{undated} rows of {qrels.name} were added without saying when")
    if not added:
        return known
    labels.add_all(added)
    return current()


def _other_content(folder: Path, what: str) -> BadInput:
    return BadInput(
        f"does not describe the files beside it: {what}.",
        path=str(folder / FILE_NAME),
        next_step=f"Bring back the files it was written for, or take them as they are: {accepting(folder)}",
    )

"""Files to evaluation sets, one module per format.

May import the evaluation set, `corpus` for tables, `types` and `errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helmert.errors import NotFound, UsageError
from helmert.evaluation.durable import set_aside
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.readers.beir import read_beir
from helmert.evaluation.readers.jsonl import read_jsonl
from helmert.evaluation.readers.lines import json_object, numbered_lines
from helmert.evaluation.readers.llama_index import PARTS, read_llama_index
from helmert.evaluation.readers.ranx import read_ranx
from helmert.evaluation.readers.trec import read_trec
from helmert.evaluation.readers.triples import QUERY_COLUMNS, read_triples

__all__ = ["read_evalset"]


def read_evalset(path: Path | str, split: str | None = None, *, queries: Path | str | None = None) -> EvalSet:
    """Read an evaluation set, in the format that the path implies.

    Args:
        path: A BEIR folder (`queries.jsonl`, `qrels/*.tsv`); a `.jsonl` file with one query and its relevant
            documents per line; a `.csv`, `.parquet` or `.tsv` table with a column `query` and one label per row; a
            `.json` file as ranx or LlamaIndex write it; or any other file, read as TREC judgements.
        split: Which `qrels/<split>.tsv` of a BEIR folder. Without it `test`, or the only one there is.
        queries: The queries of judgements that are without (`.jsonl`, or id, tab, text), where they are not in the
            same folder as `queries.jsonl`, `queries.tsv` or `topics.tsv`.

    Raises:
        NotFound: A file or split does not exist.
        UsageError: An argument does not fit the format, or it is not clear which split is meant.
        BadInput: A line of a file is wrong; names the file, the line and the value. Or a folder is not what its
            manifest describes.
        MissingExtra: A Parquet file without `pyarrow`.
    """
    place = Path(path)
    if not place.exists():
        raise _missing(place)
    if split is not None and not place.is_dir():
        raise UsageError(f"Only a BEIR folder has splits; {place} is a file, so it has no split {split!r}.")
    if place.is_dir():
        return _alone(place, queries, lambda folder: read_beir(folder, split))
    beside = None if queries is None else Path(queries)
    match place.suffix.lower():
        case ".jsonl" | ".ndjson":
            return _alone(place, queries, read_jsonl)
        case ".csv" | ".parquet":
            return _alone(place, queries, read_triples)
        case ".tsv" if queries is None and _names_queries(place):
            return read_triples(place)
        case ".json":
            return _read_json(place, beside)
        case _:
            return read_trec(place, beside)


def _alone(place: Path, queries: Path | str | None, read: Callable[[Path], EvalSet]) -> EvalSet:
    if queries is not None:
        raise UsageError(f"{place} has its queries with it; a separate file of queries goes with TREC judgements.")
    return read(place)


def _read_json(place: Path, queries: Path | None) -> EvalSet:
    content = json_object(place)
    if content.keys() >= PARTS:
        return _alone(place, queries, lambda path: read_llama_index(path, content))
    return read_ranx(place, content, queries)


def _names_queries(place: Path) -> bool:
    """Whether the first line names a column of query texts. Judgements have ids alone."""
    _, header = next(numbered_lines(place), (None, ""))
    return any(title.strip().lower() in QUERY_COLUMNS for title in header.split("\t"))


def _missing(place: Path) -> NotFound:
    old = set_aside(place)
    if place.name and old.is_dir():
        return NotFound(
            f"There is no evaluation set at {place}: replacing it was interrupted, and the old one is {old}.",
            next_step=f"mv {old} {place}",
        )
    return NotFound(f"There is no evaluation set at {place}.", next_step="Check the path.")

"""Files to evaluation sets, one module per format. May import the evaluation set, `types` and `errors`."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import NotFound, UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.readers.beir import read_beir
from helmert.evaluation.readers.jsonl import read_jsonl
from helmert.evaluation.readers.trec import read_trec

__all__ = ["read_evalset"]


def read_evalset(path: Path | str, split: str | None = None, *, queries: Path | str | None = None) -> EvalSet:
    """Read an evaluation set, in the format that the path implies.

    Args:
        path: A BEIR folder (`queries.jsonl`, `qrels/*.tsv`); a `.jsonl` file with one query and its relevant
            documents per line; or any other file, read as TREC judgements with the queries beside it.
        split: Which `qrels/<split>.tsv` of a BEIR folder. Without it `test`, or the only one there is.
        queries: The queries of TREC judgements (`.jsonl`, or id, tab, text), where they are not in the same
            folder as `queries.jsonl`, `queries.tsv` or `topics.tsv`.

    Raises:
        NotFound: A file or split does not exist.
        UsageError: An argument does not fit the format, or it is not clear which split is meant.
        BadInput: A line of a file is wrong; names the file, the line and the value.
    """
    place = Path(path)
    if not place.exists():
        raise NotFound(f"There is no evaluation set at {place}.", next_step="Check the path.")
    is_trec = place.is_file() and place.suffix != ".jsonl"
    if split is not None and not place.is_dir():
        raise UsageError(f"Only a BEIR folder has splits; {place} is a file, so it has no split {split!r}.")
    if queries is not None and not is_trec:
        raise UsageError(f"{place} has its queries with it; a separate file of queries goes with TREC judgements.")
    if place.is_dir():
        return read_beir(place, split)
    if is_trec:
        return read_trec(place, None if queries is None else Path(queries))
    return read_jsonl(place)

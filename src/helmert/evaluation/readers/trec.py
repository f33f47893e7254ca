"""TREC judgements beside a file of queries."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import NotFound
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.qrels import read_qrels
from helmert.evaluation.readers.queries import read_queries

_USUAL_NAMES = ("queries.jsonl", "queries.tsv", "topics.tsv")


def read_trec(qrels: Path, queries: Path | None) -> EvalSet:
    """Read judgements of four columns (or BEIR's three) and their queries.

    Without `queries` the file is looked for in the same folder under its usual names. Raises `NotFound` and
    `BadInput`.
    """
    judgements = read_qrels(qrels)
    return assemble(qrels.stem, read_queries(queries or _beside(qrels)), judgements, qrels)


def _beside(qrels: Path) -> Path:
    for name in _USUAL_NAMES:
        if (qrels.parent / name).is_file():
            return qrels.parent / name
    raise NotFound(
        f"{qrels} holds judgements, but its folder has none of {', '.join(_USUAL_NAMES)}.",
        next_step="Put the queries beside it, one 'id<tab>text' on each line of queries.tsv.",
    )

"""TREC judgements beside a file of queries."""

from __future__ import annotations

from pathlib import Path

from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.qrels import read_qrels
from helmert.evaluation.readers.queries import queries_beside, read_queries


def read_trec(qrels: Path, queries: Path | None) -> EvalSet:
    """Read judgements of four columns (or BEIR's three) and their queries.

    Without `queries` the file is looked for in the same folder under its usual names. Raises `NotFound` and
    `BadInput`.
    """
    labels = read_qrels(qrels)
    return assemble(qrels.stem, read_queries(queries or queries_beside(qrels)), labels, qrels)

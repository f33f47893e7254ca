"""Run files in TREC's six columns: query, Q0, document, rank, score, tag."""

from __future__ import annotations

import math
from pathlib import Path

from helmert.errors import UsageError
from helmert.evaluation.readers.lines import Place, numbered_lines, shorten
from helmert.evaluation.run import Run

_SHAPE = "Write 'query Q0 document rank score tag' on each line."


def read_trec_run(path: Path | str) -> Run:
    """Read a run. The score column decides the order; rank and tag are not looked at.

    Raises `NotFound` for a missing file and `BadInput` for a wrong line or a score that is not a number.
    """
    documents: dict[str, list[str]] = {}
    scores: dict[str, list[float]] = {}
    for place, text in numbered_lines(Path(path)):
        columns = text.split()
        if len(columns) != 6:
            raise place.error(
                f"the number of columns is {len(columns)} instead of 6: {shorten(text)}", next_step=_SHAPE
            )
        query, _, document, _, score, _ = columns
        documents.setdefault(query, []).append(document)
        scores.setdefault(query, []).append(_score(score, place))
    return Run.from_columns(
        list(documents),
        [len(found) for found in documents.values()],
        [document for found in documents.values() for document in found],
        [score for found in scores.values() for score in found],
    )


def read_trec_tag(path: Path | str) -> str:
    """The tag on the first line of a run: what its maker calls the system; empty for a file without lines.

    Raises `NotFound` for a missing file.
    """
    for _, text in numbered_lines(Path(path)):
        return text.split()[-1]
    return ""


def write_trec_run(run: Run, path: Path | str, *, tag: str = "helmert") -> None:
    """Write a run so that `read_trec_run` gives back the same rankings and scores.

    The format has no line for a query without hits: it is missing from the file, and counts as 0 when scored.
    Raises `UsageError` for an id or a tag that holds white space, which would break the columns.
    """
    for name in (*run.query_ids, *run.documents, tag):
        if not name or len(name.split()) != 1 or name != name.strip():
            raise UsageError(f"A TREC run cannot carry {name!r}: its columns are separated by white space.")
    with Path(path).open("w", encoding="utf-8", newline="\n") as stream:
        for query in run.query_ids:
            for rank, (document, score) in enumerate(run.ranking(query), start=1):
                stream.write(f"{query} Q0 {document} {rank} {score!r} {tag}\n")


def _score(text: str, place: Place) -> float:
    try:
        score = float(text)
    except ValueError as error:
        raise place.error(f"the score {text!r} is not a number.", next_step=_SHAPE) from error
    if math.isnan(score):
        raise place.error(
            "the score is NaN, which has no place in a ranking.",
            next_step="Look for zero or non-finite vectors.",
        )
    return score

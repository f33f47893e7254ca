"""Judgement files: BEIR (query, document, grade, by tabs) and TREC (query, iteration, document, grade)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from helmert.evaluation.evalset import Grade
from helmert.evaluation.readers.lines import Place, numbered_lines, shorten, written_grade

_GRADE_TITLES = frozenset({"score", "grade", "relevance", "rel", "label"})
_SHAPES = "Write 'query<tab>document<tab>grade' (BEIR) or 'query iteration document grade' (TREC) on each line."


@dataclass(slots=True, kw_only=True)
class Judgements:
    """Grades by query and document as they stand in a file."""

    grades: dict[str, dict[str, Grade]] = field(default_factory=dict)
    repeated: int = 0

    def add(self, query: str, document: str, grade: Grade) -> None:
        """Keep a judgement; the highest grade wins when the pair was judged before."""
        judged = self.grades.setdefault(query, {})
        if document in judged:
            self.repeated += 1
            grade = max(grade, judged[document])
        judged[document] = grade


def read_qrels(path: Path) -> Judgements:
    """Read three columns (BEIR, with or without a header) or four (TREC). Ids stay text.

    Raises `NotFound` and `BadInput`.
    """
    judgements = Judgements()
    width = 0
    for place, text in numbered_lines(path):
        columns = _columns(text)
        if not width:
            width = len(columns)
            if columns[-1].lower() in _GRADE_TITLES:
                continue
        if len(columns) != width or width not in (3, 4):
            raise place.error(_column_count(columns, width, text), next_step=_SHAPES)
        query, document = _pair(columns, place)
        judgements.add(query, document, written_grade(columns[-1], place))
    return judgements


def _columns(text: str) -> list[str]:
    """Tabs separate columns, so that ids may hold spaces; only the four columns of TREC may use spaces."""
    tabbed = text.split("\t")
    if len(tabbed) in (3, 4):
        return tabbed
    spaced = text.split()
    return spaced if len(spaced) == 4 else tabbed


def _pair(columns: list[str], place: Place) -> tuple[str, str]:
    query, document = columns[0], columns[-2]
    if not query or not document:
        raise place.error("a query id or document id is empty.", next_step=_SHAPES)
    return query, document


def _column_count(columns: list[str], width: int, text: str) -> str:
    expected = str(width) if width in (3, 4) else "3 or 4"
    return f"the number of columns is {len(columns)} instead of {expected}: {shorten(text)}"

"""Judgement files: BEIR (query, document, grade, by tabs) and TREC (query, iteration, document, grade).

A BEIR file may go on with named columns after its header, which say more about a label: `origin`, `by`, `at`,
`start`, `end`. Tools that read the first three columns read it as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helmert.evaluation.labels import NOTHING_KNOWN, Label, Labels
from helmert.evaluation.readers.lines import Place, numbered_lines, shorten, written_grade
from helmert.evaluation.readers.stated import LABEL_COLUMNS, label_facts

GRADE_TITLES = frozenset({"score", "grade", "relevance", "rel", "label"})
"""What the column of grades may be called."""

_SHAPES = "Write 'query<tab>document<tab>grade' (BEIR) or 'query iteration document grade' (TREC) on each line."


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line of a judgement file that names its columns."""

    names: tuple[str, ...]
    """The named columns after the grade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far the whole rows of a judgement file reach."""

    header: Header | None
    takes_columns: bool
    """Whether named columns can follow the grade: in BEIR's columns, not in TREC's."""
    rows: int
    end: int
    """Bytes up to the end of the last of them."""
    closed: bool
    """Whether that one ends with a line end."""


def read_qrels(path: Path) -> Labels:
    """Read three columns (BEIR, with or without a header), four (TREC), or BEIR with named columns. Ids stay text.

    Raises `NotFound` and `BadInput`.
    """
    return Labels().add_all(qrels_rows(path))


def qrels_rows(path: Path) -> Iterator[Label]:
    """Every row as one statement, in the order of the file. Raises as `read_qrels`."""
    width = 0
    names: tuple[str, ...] = ()
    for place, text in numbered_lines(path):
        if not width:
            header = header_of(place, text)
            width = len(_columns(text))
            if header is not None:
                names = header.names
                continue
        yield _named(text, names, place) if names else _plain(text, width, place)


def extent_of(path: Path, vouched: int) -> Extent:
    """Count the whole rows. A last row without a line end, after the first `vouched` ones, was cut off by a crash.

    Raises `NotFound` and `BadInput`.
    """
    first = next(numbered_lines(path), None)
    header = None if first is None else header_of(*first)
    takes_columns = first is None or len(_columns(first[1])) == 3 or (header is not None and bool(header.names))
    lines, position, end, closed = 0, 0, 0, True
    with path.open("rb") as stream:
        for raw in stream:
            position += len(raw)
            if not raw.strip():
                continue
            whole = raw.endswith(b"\n")
            if not whole and lines - (header is not None) >= vouched:
                break
            lines, end, closed = lines + 1, position, whole
    rows = lines - (header is not None)
    return Extent(header=header, takes_columns=takes_columns, rows=rows, end=end, closed=closed)


def header_of(place: Place, text: str) -> Header | None:
    """The header, when a line is one. Raises `BadInput` for a column of a name that says nothing here."""
    titles = [title.strip().lower() for title in text.split("\t")]
    if len(titles) >= 3 and titles[2] in GRADE_TITLES:
        names = tuple(titles[3:])
        unknown = [name for name in names if name not in LABEL_COLUMNS or names.count(name) > 1]
        if unknown:
            raise place.error(
                f"the column {unknown[0]!r} is unknown here, or named twice.",
                next_step=f"Columns after the grade may be {', '.join(LABEL_COLUMNS)}. Rename or remove it.",
            )
        return Header(names=names)
    return Header(names=()) if _columns(text)[-1].strip().lower() in GRADE_TITLES else None


def _plain(text: str, width: int, place: Place) -> Label:
    columns = _columns(text)
    if len(columns) != width or width not in (3, 4):
        raise place.error(_column_count(columns, width, text), next_step=_SHAPES)
    query, document = _pair(columns[0], columns[-2], place)
    return Label(query=query, document=document, grade=written_grade(columns[-1], place), facts=NOTHING_KNOWN)


def _named(text: str, names: tuple[str, ...], place: Place) -> Label:
    """A row below a header with named columns. Editors drop tabs at the end, so the last ones may be missing."""
    columns = text.split("\t")
    if not 3 <= len(columns) <= 3 + len(names):
        raise place.error(
            f"the number of columns is {len(columns)} instead of {3 + len(names)}: {shorten(text)}",
            next_step=f"Write query, document, grade, {', '.join(names)} on each line, separated by tabs.",
        )
    query, document = _pair(columns[0], columns[1], place)
    return Label(
        query=query,
        document=document,
        grade=written_grade(columns[2], place),
        facts=label_facts(dict(zip(names, columns[3:], strict=False)), place),
    )


def _columns(text: str) -> list[str]:
    """Tabs separate columns, so that ids may hold spaces; only the four columns of TREC may use spaces."""
    tabbed = text.split("\t")
    if len(tabbed) in (3, 4):
        return tabbed
    spaced = text.split()
    return spaced if len(spaced) == 4 else tabbed


def _pair(query: str, document: str, place: Place) -> tuple[str, str]:
    if not query or not document:
        raise place.error("a query id or document id is empty.", next_step=_SHAPES)
    return query, document


def _column_count(columns: list[str], width: int, text: str) -> str:
    expected = str(width) if width in (3, 4) else "3 or 4"
    return f"the number of columns is {len(columns)} instead of {expected}: {shorten(text)}"

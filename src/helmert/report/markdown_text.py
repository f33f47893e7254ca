"""Markdown of texts that anybody may have written: shown as they are, on one line, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_BLOCK_START = re.compile(r"^(\d{0,9})([-+=.)])")
"""What would begin a list, a rule or an underlined heading."""
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def table(head: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; `align` has one letter for each column, `l` or `r`."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(" ---: " if side == "r" else " --- " for side in align) + "|"
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def literal(text: str) -> str:
    """On one line, with Markdown and HTML made harmless."""
    return _BLOCK_START.sub(r"\1\\\2", inline(text))


def inline(text: str) -> str:
    """The same for a text that never begins a line, as in a table's cell: no escapes against lists and rules."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).translate(_HTML)


def code(text: str) -> str:
    """A code span that holds any text: one backtick more around it than it has in a row."""
    line = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def code_cell(text: str) -> str:
    """A code span in a table, where a pipe would end the cell."""
    return code(text).replace("|", r"\|")

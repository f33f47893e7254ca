"""A document's text in pieces, so that the words of the query can be marked in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helmert.selection.bm25 import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text."""

    text: str
    marked: bool


def marked(text: str, query: str) -> list[Piece]:
    """The text in pieces that add up to it; words of the query are marked wherever they stand, whatever their case.

    >>> [(piece.text, piece.marked) for piece in marked("How refunds work", "refunds")]
    [('How ', False), ('refunds', True), (' work', False)]
    """
    wanted = sorted({word for word in words(query) if len(word) > 1}, key=len, reverse=True)
    if not wanted:
        return [Piece(text=text, marked=False)]
    spaced = "|".join(re.escape(word) for word in wanted if word.isascii())
    others = "|".join(re.escape(word) for word in wanted if not word.isascii())
    patterns = [pattern for pattern in (rf"(?<![^\W_])(?:{spaced})(?![^\W_])" if spaced else "", others) if pattern]
    pieces, place = [], 0
    for match in re.finditer("|".join(patterns), text, re.IGNORECASE):
        if match.start() > place:
            pieces.append(Piece(text=text[place : match.start()], marked=False))
        pieces.append(Piece(text=match[0], marked=True))
        place = match.end()
    if place < len(text) or not pieces:
        pieces.append(Piece(text=text[place:], marked=False))
    return pieces

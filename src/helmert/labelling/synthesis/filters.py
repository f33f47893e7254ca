"""Which generated queries are no use: repeated, too short or long, or copied from their document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from helmert.labelling.click_log.grouping import normal_form
from helmert.selection.bm25 import words

Reason = Literal["repeated", "too short", "too long", "copied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Limits for the queries that are kept."""

    least_words: int = 2
    most_words: int = 40
    copied_words: int = 4
    """A run of so many words or more that stands in the document as it is may be a copy."""
    copied_share: float = 0.6
    """It is one when it makes up this share of the query."""

    def reason_against(self, text: str, document: str, seen: set[str]) -> Reason | None:
        """Why a query is dropped, or None. A query that is kept is added to `seen`, by its normal form."""
        form, found = normal_form(text), words(text)
        if form in seen:
            return "repeated"
        if len(found) < self.least_words:
            return "too short"
        if len(found) > self.most_words:
            return "too long"
        run = longest_common_run(found, words(document))
        if run >= self.copied_words and run >= self.copied_share * len(found):
            return "copied"
        seen.add(form)
        return None


def longest_common_run(query: Sequence[str], document: Sequence[str]) -> int:
    """Words of the longest part of the query that stands in the document word by word.

    >>> longest_common_run(["lost", "my", "key"], ["if", "you", "lost", "my", "number"])
    2
    """
    places: dict[str, list[int]] = {}
    for place, word in enumerate(document):
        places.setdefault(word, []).append(place)
    longest = 0
    ending: dict[int, int] = {}
    for word in query:
        ending = {place: ending.get(place - 1, 0) + 1 for place in places.get(word, ())}
        longest = max(longest, *ending.values()) if ending else longest
    return longest

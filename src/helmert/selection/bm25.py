"""BM25: the baseline that needs no model. On some domains no embedding model beats it, so it is always a row.

The scores come from bm25s (Lù, 2024) in the variant of Lucene, k1 = 1.5 and b = 0.75. The words are ours, since
a pattern of letters alone makes one word of a whole Chinese sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from helmert.evaluation import Run
from helmert.selection.ranking import Ids, as_run, best_with_ties
from helmert.types import Query

if TYPE_CHECKING:
    import bm25s

NAME = "BM25"

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Japanese, Chinese, Thai, Lao, Burmese and Khmer: scripts without spaces between words."""
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """Lower-cased runs of letters and digits; scripts without spaces as overlapping pairs of characters.

    Neither stemmed nor stripped of frequent words: both need to know the language. BM25 itself gives frequent
    words little weight. `snake_case` is several words.

    >>> words("Where is parse_args?")
    ['where', 'is', 'parse', 'args']
    """
    found: list[str] = []
    for run in _WORD.findall(text.casefold().replace("_", " ")):
        if len(run) > 1 and _IS_UNSPACED.match(run):
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
        else:
            found.append(run)
    return found


class BM25Ranking:
    """Documents ready to be ranked by BM25."""

    def __init__(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        import bm25s

        self._ids = tuple(ids)
        self._index: bm25s.BM25 | None = None
        tokens = [words(text) for text in texts]
        if any(tokens):
            self._index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
            self._index.index(tokens, show_progress=False)

    def rank(self, queries: Sequence[Query], k: int) -> Run:
        """The k best documents of every query and those tied with the last; only such as share a word with it."""
        scores = (self._scores(words(query.text)) for query in queries)
        found = best_with_ties((np.where(row > 0.0, row, np.float32(-np.inf)) for row in scores), k)
        return as_run(found, Ids(documents=self._ids, queries=[query.id for query in queries]))

    def _scores(self, tokens: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        known = [token for token in tokens if self._index is not None and token in self._index.vocab_dict]
        if self._index is None or not known:
            return np.zeros(len(self._ids), dtype=np.float32)
        scores: np.ndarray[tuple[int], np.dtype[np.float32]] = self._index.get_scores(known)
        return scores

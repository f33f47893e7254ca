"""Queries without a model: the most telling words of a document's most telling sentence, thinned and shuffled.

What it can do: give every part of a corpus some queries at no cost, reproducibly, to exercise a pipeline, to find
documents that no system returns, and to compare variants of one model. What it cannot: stand for how people ask. Its
words are the document's own, so it favours lexical methods, BM25 above all; systems of different kinds must not be
compared on it. It needs scripts that write spaces between words.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from helmert.evaluation import Span
from helmert.labelling.generators.base import Generated
from helmert.labelling.generators.options import read_options
from helmert.selection.corpus import Corpus
from helmert.types import Document

VERSION = 1
"""Part of the identity: counted up when the same options would give other queries."""

_WORD = re.compile(r"[^\W\d_][^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|\n|$|[.!?]+)")
_FREQUENT = 0.1
"""Words in more than this share of the documents do not tell one from another."""
_FEW = 10
"""Words in no more documents than this do, however small the corpus."""
_FEWEST, _MOST = 2, 8
"""Words of a query."""
_FOR_SENTENCE = 5
"""A sentence is as telling as the mean of so many of its words."""


class ExtractiveOptions(BaseModel):
    """Options of the generator `extractive`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    drop: float = Field(default=0.4, ge=0.3, le=0.5)
    """Share of the distinguishing words that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    span: Span
    words: tuple[str, ...]
    """The most distinguishing words in the order of the text, each once."""
    weight: float


class ExtractiveGenerator:
    """Keyword queries from tf-idf weights; equal documents, options and corpus give equal queries."""

    concurrency = 1

    def __init__(self, options: ExtractiveOptions, corpus: Corpus) -> None:
        self._options = options
        self._documents = len(corpus)
        self._spread = Counter(word for text in corpus.texts for word in set(_words(text)))
        state = f"{VERSION}\0{options.seed}\0{options.drop}\0{corpus.digest}"
        self.identity = hashlib.blake2b(state.encode(), digest_size=8).hexdigest()

    @property
    def name(self) -> str:
        """Generator, version and seed."""
        return f"extractive/{VERSION} seed {self._options.seed}"

    @property
    def caution(self) -> str:
        """What the queries cannot show."""
        return (
            "Queries are words of the documents themselves, so they favour lexical methods: compare variants of one "
            "model on them, not BM25 with dense models."
        )

    def generate(self, document: Document, count: int) -> Sequence[Generated]:
        """One query for each of the `count` most telling sentences that have words enough."""
        passages = sorted(self._passages(document.text), key=lambda passage: (-passage.weight, passage.span))
        made = []
        for number, passage in enumerate(passages[:count]):
            kept = self._thinned(passage.words, self._rng(document.id, number))
            made.append(Generated(text=" ".join(kept), span=passage.span))
        return made

    def close(self) -> None:
        """Nothing is open."""

    def _rng(self, document: str, number: int) -> np.random.Generator:
        state = f"{self._options.seed}\0{number}\0{document}".encode()
        return np.random.default_rng(int.from_bytes(hashlib.blake2b(state, digest_size=8).digest()))

    def _passages(self, text: str) -> Iterator[_Passage]:
        counts = Counter(_words(text))
        for match in _SENTENCE.finditer(text):
            weights = self._weights(list(dict.fromkeys(_words(match[0]))), counts)
            if math.ceil((1.0 - self._options.drop) * len(weights)) < _FEWEST:
                continue
            best = sorted(weights.values(), reverse=True)[:_FOR_SENTENCE]
            start, end = _stripped(match)
            most = sorted(weights, key=lambda word: -weights[word])[: round(_MOST / (1.0 - self._options.drop))]
            words = tuple(word for word in weights if word in most)
            yield _Passage(span=Span(start=start, end=end), words=words, weight=sum(best) / _FOR_SENTENCE)

    def _weights(self, words: Sequence[str], counts: Mapping[str, int]) -> dict[str, float]:
        """tf-idf of the distinguishing words: (1 + ln tf) ln(N / df)."""
        most = max(_FEW, _FREQUENT * self._documents)
        return {
            word: (1.0 + math.log(counts[word])) * math.log((self._documents + 1) / max(1, self._spread[word]))
            for word in words
            if self._spread[word] <= most
        }

    def _thinned(self, words: Sequence[str], rng: np.random.Generator) -> list[str]:
        """A part of the words, never two in the order they follow each other in the document."""
        keep = min(_MOST, max(_FEWEST, round((1.0 - self._options.drop) * len(words))))
        chosen = sorted(rng.choice(len(words), keep, replace=False).tolist())
        order = [chosen[row] for row in rng.permutation(keep)]
        follows = any(after == before + 1 for before, after in pairwise(order))
        return [words[row] for row in (sorted(order, reverse=True) if follows else order)]


def open_generator(options: Mapping[str, object], corpus: Corpus) -> ExtractiveGenerator:
    """Open it. Raises `ConfigError` for a wrong option."""
    return ExtractiveGenerator(read_options(ExtractiveOptions, options, generator="extractive"), corpus)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _stripped(match: re.Match[str]) -> tuple[int, int]:
    text = match[0]
    start = match.start() + len(text) - len(text.lstrip())
    return start, start + len(text.strip())

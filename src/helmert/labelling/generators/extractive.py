"""Queries without a model: the most telling words of a document's most telling passage, thinned and shuffled.

A passage is a sentence, or where that has too few distinguishing words, as in code and lists, several in a row.

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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from helmert.evaluation import Span
from helmert.labelling.generators.base import Generated
from helmert.labelling.generators.options import read_options
from helmert.selection.corpus import Corpus
from helmert.types import Document

VERSION = 2
"""Part of the identity: counted up when the same options would give other queries."""

_WORD = re.compile(r"[^\W\d_][^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|\n|$|[.!?]+)")
_RARE, _FREQUENT = 0.03, 0.1
"""Words in at most the first share of the documents tell one from another. Where a document has too few of those,
further ones are taken, up to the second share."""
_FEW = 10
"""Words in no more documents than this always do, however small the corpus."""
_FEWEST, _ENOUGH, _MOST = 2, 3, 8
"""Words of a query: the fewest of a document that has no more, the fewest of any other, and the most."""
_FOR_PASSAGE = 5
"""A passage is as telling as the mean of so many of its words."""
_ENGLISH = """
about above after again all also although always am an and another any are as at be because been before being
below between both but by can cannot could did do does doing done down during each either else enough etc even
ever every few for from further get gets give given goes had has have having he her here hers him his how
however if in instead into is it its itself just keep least less let like made make many may me might more most
much must my neither never no nor not now of off often on once one only or other others otherwise our out over
own per quite rather really same shall she should since so some still such than that the their them then there
therefore these they this those though through thus to too two under until up upon us use used uses using very
via was we well were what when where whether which while who whom whose why will with within without would yet
you your yours
"""
_FUNCTION_WORDS = frozenset(_ENGLISH.split())
"""Words that say nothing of a subject. In code they are too rare for their frequency to give them away."""


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
        """One query for each of the `count` most telling passages, which have no text in common."""
        chosen: list[_Passage] = []
        for passage in sorted(self._passages(document.text), key=lambda passage: (-passage.weight, passage.span)):
            if len(chosen) < count and not any(passage.span.overlap(other.span) for other in chosen):
                chosen.append(passage)
        made = []
        for number, passage in enumerate(chosen):
            kept = self._thinned(passage.words, self._rng(document.id, number))
            made.append(Generated(text=" ".join(kept), span=passage.span))
        return made

    def close(self) -> None:
        """Nothing is open."""

    def _rng(self, document: str, number: int) -> np.random.Generator:
        state = f"{self._options.seed}\0{number}\0{document}".encode()
        return np.random.default_rng(int.from_bytes(hashlib.blake2b(state, digest_size=8).digest()))

    def _passages(self, text: str) -> Iterator[_Passage]:
        """From each sentence on as many as give words enough; from the first to the last one when none do.

        Sentences without a distinguishing word neither begin nor end a passage.
        """
        weights = self._weights(Counter(_words(text)))
        telling = [
            (*_stripped(match), found)
            for match in _SENTENCE.finditer(text)
            if (found := [word for word in _words(match[0]) if word in weights])
        ]
        enough = False
        for first, (start, _, _) in enumerate(telling):
            words: list[str] = []
            for _, end, more in telling[first:]:
                words = list(dict.fromkeys([*words, *more]))
                if self._kept(len(words)) >= _ENOUGH:
                    enough = True
                    yield self._passage(Span(start=start, end=end), words, weights)
                    break
            else:
                break  # what begins later ends here too, and has no more words
        if not enough and math.ceil((1.0 - self._options.drop) * len(weights)) >= _FEWEST:
            yield self._passage(Span(start=telling[0][0], end=telling[-1][1]), weights, weights)

    def _passage(self, span: Span, words: Iterable[str], weights: Mapping[str, float]) -> _Passage:
        ordered = sorted(words, key=lambda word: -weights[word])
        best = [weights[word] for word in ordered[:_FOR_PASSAGE]]
        most = set(ordered[: round(_MOST / (1.0 - self._options.drop))])
        return _Passage(span=span, words=tuple(word for word in words if word in most), weight=sum(best) / _FOR_PASSAGE)

    def _kept(self, words: int) -> int:
        """How many of so many distinguishing words are kept."""
        return round((1.0 - self._options.drop) * words)

    def _weights(self, counts: Mapping[str, int]) -> dict[str, float]:
        """tf-idf of the distinguishing words of a document, in its order: (1 + ln tf) ln(N / df)."""
        rare, most = (max(_FEW, share * self._documents) for share in (_RARE, _FREQUENT))
        usable = [word for word in counts if self._spread[word] <= most and not _is_function_word(word)]
        telling = {word for word in usable if self._spread[word] <= rare}
        for word in sorted(usable, key=lambda word: self._spread[word])[len(telling) :]:
            if self._kept(len(telling)) >= _ENOUGH:
                break
            telling.add(word)
        return {
            word: (1.0 + math.log(counts[word])) * math.log((self._documents + 1) / max(1, self._spread[word]))
            for word in usable
            if word in telling
        }

    def _thinned(self, words: Sequence[str], rng: np.random.Generator) -> list[str]:
        """A part of the words, never two in the order they follow each other in the document."""
        keep = min(_MOST, max(_FEWEST, self._kept(len(words))))
        chosen = sorted(rng.choice(len(words), keep, replace=False).tolist())
        order = [chosen[row] for row in rng.permutation(keep)]
        follows = any(after == before + 1 for before, after in pairwise(order))
        return [words[row] for row in (sorted(order, reverse=True) if follows else order)]


def open_generator(options: Mapping[str, object], corpus: Corpus) -> ExtractiveGenerator:
    """Open it. Raises `ConfigError` for a wrong option."""
    return ExtractiveGenerator(read_options(ExtractiveOptions, options, generator="extractive"), corpus)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _is_function_word(word: str) -> bool:
    return word in _FUNCTION_WORDS or word.replace("\u2019", "'").endswith("n't")


def _stripped(match: re.Match[str]) -> tuple[int, int]:
    text = match[0]
    start = match.start() + len(text) - len(text.lstrip())
    return start, start + len(text.strip())

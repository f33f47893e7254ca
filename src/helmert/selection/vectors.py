"""Vectors on disk, so that a text is paid for once, however often candidates are tried or a run is killed.

A name is not trusted: before vectors are taken from disk, one canary text is embedded and compared with its vector
of the time when they were kept. A model that was replaced behind its name gets a folder of its own. The canary also
goes along with every block of several texts, where it shows vectors that changed places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helmert.errors import GarbageVectors, RejectedInput
from helmert.models.base import Embedder, EmbeddingBatch, Side
from helmert.selection.refusals import Block, halves, recall_refused, remember_refused, shortest
from helmert.selection.shelf import Shelf
from helmert.spaces.probes import TOLERANCE
from helmert.spaces.space import EmbeddingSpace
from helmert.types import Vectors

IN_COMPANY = 0.05
"""Cosine distance that the other texts of a batch may move the canary by; in quantised models they do."""
BLOCK = 512
"""Texts embedded and kept together: what an interruption can cost twice."""
CANARIES: dict[Side, str] = {
    "document": "The canary sings in the mine while the air is good, and its silence is a warning.",
    "query": "why did miners take a canary along?",
}
"""One text for each side, whose vector tells whether a model is still the one it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Vectors of some texts, and what they cost this time."""

    vectors: Vectors
    """Shape (texts, dims); zeros for those that were refused."""
    computed: int
    """Texts that were embedded now; the others were on disk."""
    tokens: int
    """Tokens the provider counted for those and the canary, or the embedder's own count where it counts none."""
    seconds: float
    """Time inside the embedder for those."""
    replaced: bool = False
    """Vectors of this recipe were on disk, and the model now answers otherwise: they were not used."""
    refused: tuple[int, ...] = ()
    """Rows of the texts that the model takes in no company and not alone."""
    refusal: str = ""
    """What it said of the last of them."""


class VectorCache:
    """Vectors under one folder, found by recipe, side and text."""

    def __init__(self, folder: Path, *, seconds: Callable[[], float]) -> None:
        self._folder = folder
        self._seconds = seconds
        self._opened: dict[tuple[str, str], tuple[Path, bool]] = {}

    def embed(
        self,
        embedder: Embedder,
        side: Side,
        texts: Sequence[str],
        on_progress: Callable[[int], None] = lambda _: None,
        *,
        served_by: str = "",
    ) -> Embedded:
        """Vectors of all texts; those on disk are read and not paid again, and equal texts are paid once.

        A text that the model refuses is found by halving and has no vector; the others keep theirs. It is remembered:
        next time only the shortest of such texts is asked again, and the others only when that one is taken now.

        Args:
            embedder: The model.
            side: Which of its two calls.
            texts: What to embed; none of them empty.
            on_progress: Hears how many texts are done.
            served_by: Name of the model. The canary is asked once for each name and recipe.

        Raises:
            HelmertError: What the embedder raises; what was embedded before is kept.
            RejectedInput: The model refuses every one of the texts.
            GarbageVectors: The model was replaced while it was in use, or vectors came in another order than their
                texts. What it gave in this call, or in this block, is not kept.
        """
        if not texts:
            return Embedded(vectors=_empty(embedder), computed=0, tokens=0, seconds=0.0)
        folder, replaced = self._open(embedder, side, served_by)
        shelf = Shelf(folder, embedder.space.dims)
        keys = [text_key(text) for text in texts]
        wanting = {key: text for key, text in zip(keys, texts, strict=True) if key not in shelf}
        done = sum(key not in wanting for key in keys)
        on_progress(done)
        payment = _Payment(
            embedder=embedder,
            side=side,
            shelf=shelf,
            seconds=self._seconds,
            on_progress=lambda more: on_progress(done + more),
        )
        if wanting:
            payment.pay(wanting)
            if len(payment.refused) < len(wanting):
                self._require_same(embedder, side, _canary(folder), payment.written)
        return payment.embedded(keys, computed=len(wanting) - len(payment.refused), replaced=replaced)

    def missing(self, embedder: Embedder, side: Side, texts: Sequence[str]) -> list[str]:
        """The different texts that `embed` would pay for, if the model is still the one it was. Asks no model."""
        held: set[bytes] = set()
        for folder in _generations(self._folder / recipe_key(embedder.space, side)):
            held |= Shelf(folder, embedder.space.dims).keys | recall_refused(folder)
        return list({text: None for text in texts if text_key(text) not in held})

    def _open(self, embedder: Embedder, side: Side, served_by: str) -> tuple[Path, bool]:
        """The folder whose vectors this model gave, new if there is none; whether others are there."""
        recipe = recipe_key(embedder.space, side)
        if (recipe, served_by) not in self._opened:
            self._opened[recipe, served_by] = self._recognise(embedder, side, self._folder / recipe)
        return self._opened[recipe, served_by]

    def _recognise(self, embedder: Embedder, side: Side, folder: Path) -> tuple[Path, bool]:
        now = _ask(embedder, side, [CANARIES[side]]).vectors
        generations = _generations(folder)
        for generation in reversed(generations):
            if _moved(_canary(generation), now) <= TOLERANCE:
                return generation, False
        fresh = folder / f"{len(generations) + 1:03d}"
        Shelf(fresh, embedder.space.dims).add([_CANARY_KEY], now, name=_CANARY_FILE)
        return fresh, bool(generations)

    def _require_same(self, embedder: Embedder, side: Side, known: Vectors | None, written: Sequence[Path]) -> None:
        moved = _moved(known, _ask(embedder, side, [CANARIES[side]]).vectors)
        if moved > TOLERANCE:
            for path in written:
                path.unlink(missing_ok=True)
            self._opened.clear()
            raise GarbageVectors(
                f"Model {embedder.space.model!r} answers otherwise than before this run: its canary text moved by "
                f"a cosine distance of {moved:.2g}. The model was changed while it was in use.",
                next_step="Find out what is served there, then run the same command again.",
            )


@dataclass(slots=True, kw_only=True)
class _Payment:
    """Texts on their way through a model onto a shelf."""

    embedder: Embedder
    side: Side
    shelf: Shelf
    seconds: Callable[[], float]
    on_progress: Callable[[int], None]
    written: list[Path] = field(default_factory=list)
    refused: set[bytes] = field(default_factory=set)
    refusal: str = ""
    tokens: int = 0
    spent: float = 0.0
    _known: Vectors | None = field(init=False)
    _done: int = 0

    def __post_init__(self) -> None:
        self._known = _canary(self.shelf.folder)

    def pay(self, wanting: Mapping[bytes, str]) -> None:
        """Embed block by block, first the shortest of the texts that were refused before."""
        remembered = recall_refused(self.shelf.folder)
        before = {key: text for key, text in wanting.items() if key in remembered}
        if before:
            self._buy(shortest(before))
        if self.refused:
            self.refused |= before.keys()
            self._advance(len(before) - 1)
        pending = [(key, text) for key, text in wanting.items() if key not in self.refused and key not in self.shelf]
        for start in range(0, len(pending), BLOCK):
            self._buy(pending[start : start + BLOCK])
        kept = (remembered - wanting.keys()) | self.refused
        if kept != remembered:
            remember_refused(self.shelf.folder, kept)

    def embedded(self, keys: Sequence[bytes], *, computed: int, replaced: bool) -> Embedded:
        """The vectors of these texts, in their order. Raises `RejectedInput` when all were refused."""
        refused = tuple(row for row, key in enumerate(keys) if key in self.refused)
        if len(refused) == len(keys):
            raise RejectedInput(
                f"Model {self.embedder.space.model!r} refuses all {len(keys):,} texts. {self.refusal}",
                next_step="Find out what the endpoint takes, then run the same command again.",
            )
        if refused:
            vectors = np.zeros((len(keys), self.embedder.space.dims), dtype=np.float32)
            rows = [row for row, key in enumerate(keys) if key not in self.refused]
            vectors[rows] = self.shelf.take([keys[row] for row in rows])
        else:
            vectors = self.shelf.take(keys)
        return Embedded(
            vectors=vectors,
            computed=computed,
            tokens=self.tokens,
            seconds=self.spent,
            replaced=replaced,
            refused=refused,
            refusal=self.refusal,
        )

    def _buy(self, block: Block) -> None:
        """Embed a block; halves of what is refused, until a text is refused alone. What is taken is kept at once."""
        waiting = [block]
        while waiting:
            part = waiting.pop()
            try:
                self._ask(part)
            except RejectedInput as error:
                if len(part) > 1:
                    waiting.extend(halves(part))
                    continue
                self.refused.add(part[0][0])
                self.refusal = error.message
            self._advance(len(part))

    def _ask(self, block: Block) -> None:
        """Embed texts with the canary, a single one without: it has no order, and may be as long as a request can."""
        part = [*(text for _, text in block), *([CANARIES[self.side]] if len(block) > 1 else [])]
        began = self.seconds()
        batch = _ask(self.embedder, self.side, part)
        self.spent += self.seconds() - began
        if len(block) > 1:
            _require_order(self.embedder, batch.vectors, self._known)
        self.tokens += batch.tokens if batch.tokens is not None else sum(map(self.embedder.count_tokens, part))
        self.written.append(self.shelf.add([key for key, _ in block], batch.vectors[: len(block)]))

    def _advance(self, texts: int) -> None:
        self._done += texts
        self.on_progress(self._done)


def text_key(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


_CANARY_FILE = "canary"
_CANARY_KEY = b"\0" * 16


def recipe_key(space: EmbeddingSpace, side: Side) -> str:
    """What the vectors of a side depend on. Query prompts do not change how documents are embedded."""
    return f"{side}-{space.vector_hash if side == 'document' else space.record_hash}"


def _ask(embedder: Embedder, side: Side, texts: Sequence[str]) -> EmbeddingBatch:
    return embedder.embed_documents(texts) if side == "document" else embedder.embed_queries(texts)


def _generations(folder: Path) -> list[Path]:
    """Folders of one recipe, the oldest first. More than one when the model behind the name was replaced."""
    return sorted(path.parent for path in folder.glob(f"*/{_CANARY_FILE}.npz"))


def _canary(folder: Path) -> Vectors | None:
    found = Shelf.read(folder / f"{_CANARY_FILE}.npz")
    return found[1] if found is not None else None


def _moved(before: Vectors | None, now: Vectors) -> float:
    """Cosine distance; infinite when there is nothing to compare with."""
    if before is None or before.shape != now.shape:
        return float("inf")
    left, right = before[0].astype(np.float64), now[0].astype(np.float64)
    return float(1.0 - left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def _require_order(embedder: Embedder, vectors: Vectors, known: Vectors | None) -> None:
    """The canary stands last in every block of several texts, and its vector is known."""
    moved = _moved(known, vectors[-1:])
    if moved > IN_COMPANY:
        raise GarbageVectors(
            f"Model {embedder.space.model!r}: in a batch of {len(vectors)} texts the canary came back at a cosine "
            f"distance of {moved:.2g} from its vector. The vectors are in another order, or another model made them.",
            next_step="Find out what answers there, then run the same command again.",
        )


def _empty(embedder: Embedder) -> Vectors:
    return np.empty((0, embedder.space.dims), dtype=np.float32)

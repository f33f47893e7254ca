"""Texts that a model refuses, as one longer than an endpoint takes. They cost their own place and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from helmert.evaluation.durable import replace_file

Block = Sequence[tuple[bytes, str]]
"""Keys and texts."""
NAMED = 3
"""Ids named of those that were refused."""
_FILE = "refused.txt"


def halves(block: Block) -> tuple[Block, Block]:
    """The longer and the shorter half of a block: what is refused for its length then stands together."""
    ordered = sorted(block, key=_by_length)
    middle = len(ordered) // 2
    return ordered[middle:], ordered[:middle]


def shortest(texts: Mapping[bytes, str]) -> Block:
    """The shortest text alone: if a model still refuses it, it will refuse the longer ones."""
    return [min(texts.items(), key=_by_length)]


def recall_refused(folder: Path) -> frozenset[bytes]:
    """Keys of texts that the model of this folder refused; none when the file is missing or damaged."""
    try:
        return frozenset(bytes.fromhex(line) for line in (folder / _FILE).read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):
        return frozenset()


def remember_refused(folder: Path, keys: Set[bytes]) -> None:
    """Keep the keys of refused texts, in the place of those kept before."""
    replace_file(folder / _FILE, "".join(f"{key.hex()}\n" for key in sorted(keys)).encode())


def refusal_sentence(what: str, outcome: str, refused: Sequence[int], ids: Sequence[str], said: str) -> str:
    """How many were refused, what that means, which are the first, and why; `refused` are rows of `ids`."""
    named = ", ".join(repr(ids[row]) for row in refused[:NAMED])
    return f"Refused by the model, so {outcome}: {len(refused):,} of {len(ids):,} {what}, first {named}. {said}".strip()


def _by_length(entry: tuple[bytes, str]) -> tuple[int, bytes]:
    return len(entry[1]), entry[0]

"""Why do the ids of two files not meet? A guess in one sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

Spelling = Callable[[str], str]

_SPELLINGS: tuple[tuple[str, Spelling], ...] = (
    ("white space around ids", str.strip),
    ("the Unicode form of ids (compose them with NFC)", lambda text: unicodedata.normalize("NFC", text)),
    ("upper and lower case", str.casefold),
    ("quotation marks around ids", lambda text: text.strip("'\"")),
    ("numbers written as 7, 7.0 or 007", lambda text: re.sub(r"^0+(?=\d)", "", re.sub(r"\.0+$", "", text))),
)
"""Ways to write one id; both sides are brought to the same."""

_CHUNK = re.compile(r"[#:_-]+(chunk)?[_-]?\d+$")


def likely_cause(missing: Collection[str], known: Collection[str]) -> str | None:
    """What most of the `missing` ids differ by from `known` ones; None when nothing explains half of them.

    Looks at white space, Unicode composition, case, quotes, number format and chunk suffixes, in this order. A chunk
    suffix explains only what one side has and the other lacks: `doc-7` beside `doc-8` are two documents.
    """
    if not missing or not known:
        return None
    for what, spell in _SPELLINGS:
        partners = {spell(doc): doc for doc in sorted(known, reverse=True)}
        found = _explained(missing, {doc: partners.get(spell(doc)) for doc in missing})
        if found:
            return _sentence(what, *found)
    return _chunk_suffix(missing, known)


def _chunk_suffix(missing: Collection[str], known: Collection[str]) -> str | None:
    """Whole documents here and their chunks there, or the other way round."""
    wholes = {doc: doc for doc in known}
    chunks = {_CHUNK.sub("", doc): doc for doc in sorted(known, reverse=True) if _CHUNK.search(doc)}
    found = _explained(missing, {doc: wholes.get(_CHUNK.sub("", doc)) or chunks.get(doc) for doc in missing})
    return _sentence("a chunk suffix such as '#3' on one side", *found) if found else None


def _explained(missing: Collection[str], partners: dict[str, str | None]) -> tuple[str, str] | None:
    """The first missing id with its partner, when at least half of the missing ones have one."""
    pairs = [(doc, partner) for doc, partner in partners.items() if partner is not None]
    return min(pairs) if pairs and 2 * len(pairs) >= len(missing) else None


def _sentence(what: str, here: str, there: str) -> str:
    return f"The ids differ by {what}: {here!r} here, {there!r} there."

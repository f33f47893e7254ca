"""Why do the ids of two files not meet? A guess in one sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

_SPELLINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("white space around ids", str.strip),
    ("the Unicode form of ids (compose them with NFC)", lambda text: unicodedata.normalize("NFC", text)),
    ("upper and lower case", str.casefold),
    ("numbers written as 7, 7.0 or 007", lambda text: re.sub(r"^0+(?=\d)", "", re.sub(r"\.0+$", "", text))),
    ("a chunk suffix such as '#3' on one side", lambda text: re.sub(r"[#:_-]+(chunk)?[_-]?\d+$", "", text)),
)


def likely_cause(missing: Collection[str], known: Collection[str]) -> str | None:
    """What most of the `missing` ids differ by from `known` ones; None when nothing explains half of them.

    Looks at white space, Unicode composition, case, number format and chunk suffixes, in this order.
    """
    if not missing or not known:
        return None
    for what, spell in _SPELLINGS:
        spelt = {spell(doc) for doc in known}
        explained = [doc for doc in missing if spell(doc) in spelt]
        if 2 * len(explained) >= len(missing):
            example = min(explained)
            partner = min(doc for doc in known if spell(doc) == spell(example))
            return f"The ids differ by {what}: {example!r} here, {partner!r} there."
    return None

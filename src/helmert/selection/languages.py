"""In which language is a text? From what is declared, else by a detector, else by its script alone."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

UNKNOWN = "unknown"
KEYS = ("language", "lang")
"""Names of metadata fields and query slices that declare a language."""
FEWEST_LETTERS = 20
"""Shorter texts are not detected: their language is often anybody's guess."""
LEAST_CONFIDENCE = 0.7

_BY_SCRIPT = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "THAI": "th",
    "GREEK": "el",
    "HEBREW": "he",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KHMER": "km",
    "LAO": "lo",
    "CJK": "zh",
}
"""Scripts that nearly always mean one language; Han without kana is Chinese. Latin, Cyrillic, Arabic say less."""

Detector = Callable[[str], tuple[str, float]]
"""Language code and confidence in [0, 1] of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """Language of each text by id, and how it is known."""

    of: Mapping[str, str]
    declared: int
    detected: int
    by_script: int
    unknown: int

    def sentence(self, what: str) -> str:
        """Where the languages come from, for a reader of a matrix."""
        said = (
            (self.declared, "declared"),
            (self.detected, f"detected with a confidence of at least {LEAST_CONFIDENCE:g}"),
            (self.by_script, "told by their script alone"),
            (self.unknown, "unknown"),
        )
        return f"Languages of {what}: " + ", ".join(f"{count:,} {how}" for count, how in said if count) + "."


def declared_language(facts: Mapping[str, object]) -> str:
    """What metadata or slices say; empty when they say nothing."""
    return next((str(facts[key]).strip().lower() for key in KEYS if facts.get(key)), "")


def find_languages(texts: Iterable[tuple[str, str, str]], detect: Detector | None) -> Languages:
    """Languages of some texts.

    Args:
        texts: Id, text, and what is declared for it (empty for nothing).
        detect: A detector; None to go by script alone.
    """
    how: Counter[str] = Counter()
    found = {}
    for name, text, said in texts:
        found[name], basis = (said, "declared") if said else _told(text, detect)
        how[basis] += 1
    return Languages(
        of=found,
        declared=how["declared"],
        detected=how["detected"],
        by_script=how["script"],
        unknown=how["unknown"],
    )


@cache
def installed_detector() -> Detector | None:
    """py3langid with probabilities, when the extra `languages` is installed."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def detect(text: str) -> tuple[str, float]:
        language, confidence = identifier.classify(text)
        return str(language), float(confidence)

    return detect


def script_of(text: str) -> str:
    """The script most of the letters are of, as Unicode names it: `LATIN`, `CJK`; empty without letters."""
    counts = Counter(_script(character) for character in text if character.isalpha())
    # Japanese is written with more Han than kana; a fifth of kana is a sign that Chinese does not have.
    kana = counts["HIRAGANA"] + counts["KATAKANA"]
    if kana and 5 * kana >= counts.total():
        return "HIRAGANA"
    return min(counts, key=lambda script: (-counts[script], script)) if counts else ""


def _told(text: str, detect: Detector | None) -> tuple[str, str]:
    script = script_of(text)
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script], "script"
    if detect is not None and sum(map(str.isalpha, text)) >= FEWEST_LETTERS:
        language, confidence = detect(text)
        if confidence >= LEAST_CONFIDENCE:
            return language, "detected"
    if script and script != "LATIN":
        return f"script:{script.title()}", "script"
    return UNKNOWN, "unknown"


@cache
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]

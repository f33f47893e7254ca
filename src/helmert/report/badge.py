"""A state or verdict in a word, and how it is coloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "caution", "bad", "quiet"]
"""How a word is coloured. The word itself always says the same, for readers who do not see colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A state or verdict in one or two words."""

    text: str
    tone: Tone = "quiet"

"""What looks like personal data in a text that somebody typed. A hint for people, not a proof of absence."""

from __future__ import annotations

import re

_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_DIGITS = re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]?\d){7,}(?!\w)")
"""Eight digits or more, with the separators of telephone, card and account numbers."""
_YEARS = re.compile(r"(?:19|20)\d\d[-/. ](?:(?:19|20)\d\d|\d\d[-/. ]\d\d)")
"""Dates and ranges of years, which are eight digits as well."""


def looks_personal(text: str) -> str | None:
    """What the text seems to hold: an e-mail address, or a telephone, card or account number; None for neither.

    >>> looks_personal("invoice of jane.doe@example.com")
    'an e-mail address'
    >>> looks_personal("call 030 1234 5678")
    'a number of eight digits or more'
    >>> looks_personal("python 3.11 release 2022-10-24")
    """
    if _E_MAIL.search(text):
        return "an e-mail address"
    found = _DIGITS.search(_YEARS.sub(" ", text))
    return "a number of eight digits or more" if found else None

"""How numbers look in a report. Both renderers use these, so the page and the Markdown cannot disagree."""

from __future__ import annotations

from datetime import UTC, datetime

from helmert.report.model import Estimate

MINUS = "\N{MINUS SIGN}"
SNIPPET_LENGTH = 140


def score(value: float) -> str:
    """A measure or a difference without its sign forced: `0.873`."""
    return _minus(f"{value:z.3f}")


def signed(value: float) -> str:
    """A difference with its sign: `+0.041`; exactly `0.000` when it rounds to nothing."""
    text = f"{value:+z.3f}"
    return "0.000" if text == "+0.000" else _minus(text)


def level(estimate: Estimate) -> str:
    """A measure with its interval: `0.873 [0.85, 0.89]`."""
    if estimate.low is None or estimate.high is None:
        return score(estimate.value)
    return f"{score(estimate.value)} [{_minus(f'{estimate.low:z.2f}')}, {_minus(f'{estimate.high:z.2f}')}]"


def change(estimate: Estimate) -> str:
    """A difference with its interval: `+0.041 [+0.021, +0.061]`; three digits, as the ends decide."""
    if estimate.low is None or estimate.high is None:
        return signed(estimate.value)
    return f"{signed(estimate.value)} [{signed(estimate.low)}, {signed(estimate.high)}]"


def count(value: int) -> str:
    """A whole number with separators: `2,640,118`."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """A time span in the two largest units that matter: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def moment(when: datetime) -> str:
    """A date and time in UTC: `2026-11-22 13:24 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def rank(position: int | None) -> str:
    """A place in a result list, or that there is none."""
    return "not found" if position is None else str(position)


def snippet(text: str) -> str:
    """The beginning of a document on one line, at most `SNIPPET_LENGTH` characters."""
    line = " ".join(text.split())
    return line if len(line) <= SNIPPET_LENGTH else line[: SNIPPET_LENGTH - 1].rstrip() + "…"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)

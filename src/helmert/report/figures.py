"""How numbers look in a report. Both renderers use these, so the page and the Markdown cannot disagree."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Protocol

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""Stands where nothing was measured."""
SNIPPET_LENGTH = 140


class Ranged(Protocol):
    """A number, with its interval where one was computed."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def low(self) -> float | None:
        """Lower end; None without an interval."""

    @property
    def high(self) -> float | None:
        """Upper end; None without an interval."""


def score(value: float) -> str:
    """A measure or a difference without its sign forced: `0.873`."""
    return _minus(f"{value:z.3f}")


def signed(value: float) -> str:
    """A difference with its sign: `+0.041`; exactly `0.000` when it rounds to nothing."""
    text = f"{value:+z.3f}"
    return "0.000" if text == "+0.000" else _minus(text)


def level(estimate: Ranged) -> str:
    """A measure with its interval: `0.873 [0.85, 0.89]`."""
    if estimate.low is None or estimate.high is None:
        return score(estimate.value)
    return f"{score(estimate.value)} {interval(estimate)}"


def interval(estimate: Ranged) -> str:
    """The interval of a measure alone: `[0.85, 0.89]`; empty without one."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{_minus(f'{estimate.low:z.2f}')}, {_minus(f'{estimate.high:z.2f}')}]"


def change(estimate: Ranged) -> str:
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


def milliseconds(seconds: float) -> str:
    """A time that a user waits: `0.42 ms`, `9.3 ms`, `18 ms`, `1.25 s`; infinity is a query that was never answered."""
    if math.isinf(seconds):
        return "no answer"
    if seconds >= 0.9995:
        return f"{seconds:,.2f} s"
    thousandths = 1000 * seconds
    if thousandths >= 9.95:
        return f"{thousandths:.0f} ms"
    return f"{thousandths:.1f} ms" if thousandths >= 0.995 else f"{thousandths:.2f} ms"


def span(low: float, high: float) -> str:
    """The interval of a time: `[17 ms, 19 ms]`; open where so few queries give no upper end."""
    return f"[{milliseconds(low)}, {'open' if math.isinf(high) else milliseconds(high)}]"


def rate(per_second: float) -> str:
    """How often something happens: `23.8/s`, `1,250/s`."""
    return f"{per_second:,.0f}/s" if per_second >= 99.5 else f"{per_second:.3g}/s"


def size(count_of_bytes: float) -> str:
    """Bytes in thousands, as memory is paid for: `384 B`, `15.4 MB`, `245.8 GB`."""
    amount, units = float(count_of_bytes), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if amount == round(amount) else f"{amount:,.1f} {units[0]}"


def money(amount: float, currency: str) -> str:
    """Money for a month: `934 USD`, `3.42 USD`; what is above 0 never looks like nothing."""
    if 0 < amount < 0.005:
        return f"< 0.01 {currency}"
    return f"{amount:,.0f} {currency}" if amount >= 99.5 else f"{amount:,.2f} {currency}"


def probability(p: float) -> str:
    """A p-value: `0.041`; never 0."""
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"


def share(part: float) -> str:
    """A part of the whole: `3.1%`; what is above 0 never looks like nothing."""
    if 0 < part < 0.0005:
        return "< 0.1%"
    return f"{100 * part:.1f}%"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)

"""Money, durations and sizes as people read them."""

from __future__ import annotations


def price(amount: float, currency: str) -> str:
    """`12.34 USD`, or a sentence when nothing is charged."""
    return f"{amount:,.2f} {currency}" if amount else "nothing (the model has no price)"


def duration(seconds: float) -> str:
    """`1.2 s`, `12 s`, `3 min 20 s`, `4 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """Bytes as `12.3 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"

"""Money, durations and sizes as people read them."""

from __future__ import annotations


def price(amount: float, currency: str) -> str:
    """`12.34 USD`, `less than 0.01 USD`, or a sentence when nothing is charged."""
    if not amount:
        return "nothing (the model has no price)"
    return f"{amount:,.2f} {currency}" if amount >= 0.01 else f"less than 0.01 {currency}"


def duration(seconds: float) -> str:
    """`1.2 s`, `12 s`, `3 min 20 s`, `4 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """Bytes as `12.3 MB`."""
    if count < 999.5:
        return f"{count:.0f} B"
    value = count / 1000
    for unit in ("kB", "MB", "GB"):
        if value < 999.95:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"

"""The templates that pages are made from, with every filter they use."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from helmert.report import figures


@cache
def environment() -> Environment:
    """Templates that escape whatever they are given, and stop at a name they do not know."""
    made = Environment(
        loader=PackageLoader("helmert.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for show in (
        figures.score,
        figures.signed,
        figures.level,
        figures.change,
        figures.count,
        figures.duration,
        figures.moment,
        figures.rank,
        figures.snippet,
    ):
        made.filters[show.__name__] = show
    return made

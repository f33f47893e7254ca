"""The report as one HTML file that needs nothing else: no network, no script, charts as inline SVG."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from helmert.report import charts, figures
from helmert.report.model import MigrationReport


def render_html(report: MigrationReport) -> str:
    """The whole page as text; write it as UTF-8.

    Everything from the report is escaped, and the page's own content security policy forbids scripts and
    requests of any kind, so that a hostile document can at worst look odd.
    """
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            differences=charts.differences(report.comparison),
            levels=charts.levels(report.mixing.bars) if report.mixing else None,
            shares=charts.shares([stage.seconds for stage in report.timeline]),
            total=sum(stage.seconds for stage in report.timeline),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("helmert.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for show in (
        figures.score,
        figures.level,
        figures.change,
        figures.count,
        figures.duration,
        figures.moment,
        figures.rank,
        figures.snippet,
    ):
        environment.filters[show.__name__] = show
    return environment

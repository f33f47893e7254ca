"""The report as one HTML file that needs nothing else: no network, no script, charts as inline SVG."""

from __future__ import annotations

from helmert.report.migration import charts
from helmert.report.migration.model import MigrationReport
from helmert.report.templating import environment


def render_html(report: MigrationReport) -> str:
    """The whole page as text; write it as UTF-8.

    Everything from the report is escaped, and the page's own content security policy forbids scripts and
    requests of any kind, so that a hostile document can at worst look odd.
    """
    return (
        environment()
        .get_template("migration.html")
        .render(
            report=report,
            differences=charts.differences(report.comparison),
            levels=charts.levels(report.mixing.bars) if report.mixing else None,
            shares=charts.shares([stage.seconds for stage in report.timeline]),
            total=sum(stage.seconds for stage in report.timeline),
        )
    )

"""Results told on one page: plain values in, one self-contained HTML file, Markdown or JSON out.

Knows nothing of stores, models or running migrations: whoever wants a report fills `MigrationReport` or `Scorecard`.
Sits below `commands`; may import `evaluation`, the scorecard of `selection`, `spaces`, `types` and `errors`.
"""

from helmert.report.badge import Badge, Tone
from helmert.report.migration.markdown import render_markdown
from helmert.report.migration.model import (
    Bar,
    ComparisonRow,
    Estimate,
    Fact,
    GateResult,
    MigrationReport,
    MixingResult,
    NextStep,
    RankedHit,
    Regression,
    StageRow,
    VersionRow,
)
from helmert.report.migration.page import render_html
from helmert.report.selection import render_scorecard_html, render_scorecard_markdown, scorecard_json

__all__ = [
    "Badge",
    "Bar",
    "ComparisonRow",
    "Estimate",
    "Fact",
    "GateResult",
    "MigrationReport",
    "MixingResult",
    "NextStep",
    "RankedHit",
    "Regression",
    "StageRow",
    "Tone",
    "VersionRow",
    "render_html",
    "render_markdown",
    "render_scorecard_html",
    "render_scorecard_markdown",
    "scorecard_json",
]

"""A migration told on one page: plain values in, one self-contained HTML file or Markdown out.

Knows nothing of stores, models or running migrations: whoever wants a report fills `MigrationReport`. Sits
below `commands`; may import `evaluation`, `spaces`, `types` and `errors`.
"""

from helmert.report.markdown import render_markdown
from helmert.report.model import (
    Badge,
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
    Tone,
    VersionRow,
)
from helmert.report.page import render_html

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
]

"""A scorecard told on one page, in Markdown and as JSON: candidates x evaluation set, and the choice it allows."""

from helmert.report.selection.document import scorecard_json
from helmert.report.selection.markdown import render_scorecard_markdown
from helmert.report.selection.page import render_scorecard_html

__all__ = ["render_scorecard_html", "render_scorecard_markdown", "scorecard_json"]

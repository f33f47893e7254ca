"""A gate's decision in the forms that other programs read: JUnit XML for CI servers, Markdown for pull requests.

JSON needs no form of its own: it is `GateDecision.to_dict`.
"""

from helmert.report.gate_formats.junit import render_gate_junit
from helmert.report.gate_formats.markdown import render_gate_markdown

__all__ = ["render_gate_junit", "render_gate_markdown"]

"""Markdown of a gate's decision, as for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helmert.evaluation import GateDecision
from helmert.report import figures
from helmert.report.markdown_text import code, literal, table


def render_gate_markdown(decision: GateDecision, *, title: str, notes: Sequence[str] = ()) -> str:
    """The verdict, a table of the findings, and what they rest on. Markup in texts is shown, not obeyed."""
    sections = (_head(decision, title), _findings(decision), _notes(notes), _trail(decision))
    blocks = ["\n".join(lines) for section in sections if (lines := list(section))]
    return "\n\n".join(blocks) + "\n"


def _head(decision: GateDecision, title: str) -> Iterator[str]:
    yield f"## Gate: {decision.verdict}"
    yield ""
    yield literal(title)
    if decision.queries_needed is not None:
        yield ""
        yield f"About {figures.count(decision.queries_needed)} queries would settle it, if things stay as they look."


def _findings(decision: GateDecision) -> Iterator[str]:
    yield from table(
        ["verdict", "rule", "subject", "finding"],
        "llll",
        (
            (finding.verdict.value, finding.kind, literal(finding.subject), literal(finding.sentence))
            for finding in decision.findings
        ),
    )


def _notes(notes: Sequence[str]) -> Iterator[str]:
    yield from (f"- {literal(note)}" for note in notes)


def _trail(decision: GateDecision) -> Iterator[str]:
    known = {**decision.digests, "decision": decision.digest}
    yield ", ".join(f"{what.replace('_', ' ')} {code(digest[:16])}" for what, digest in known.items() if digest)

"""JUnit XML: one test case per finding, so that a CI server shows which rule said no.

FAIL becomes `<failure>`, INCONCLUSIVE becomes `<error type="INCONCLUSIVE">`: neither lets a pipeline go on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from helmert.evaluation import Finding, GateDecision, Verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, escaped or not."""


def render_gate_junit(decision: GateDecision, *, name: str, notes: Sequence[str] = ()) -> str:
    """The decision as a JUnit report with one suite, called `name`.

    The verdict and the digests of what was judged are properties of the suite, `notes` its standard output. Characters
    that XML cannot carry, as a query id may hold, are written as escapes.
    """
    verdicts = Counter(finding.verdict for finding in decision.findings)
    counts = {
        "tests": str(len(decision.findings)),
        "failures": str(verdicts[Verdict.FAIL]),
        "errors": str(verdicts[Verdict.INCONCLUSIVE]),
        "skipped": "0",
    }
    root = Element("testsuites", {"name": "helmert gate", **counts})
    suite = SubElement(root, "testsuite", {"name": _text(name), **counts})
    _add_properties(suite, decision)
    for title, finding in _titled(decision.findings):
        _add_case(suite, title, finding)
    if notes:
        SubElement(suite, "system-out").text = _text("\n".join(notes))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add_properties(suite: Element, decision: GateDecision) -> None:
    facts = {
        "verdict": decision.verdict.value,
        "queries_needed": decision.queries_needed,
        "decision_digest": decision.digest,
        **{f"{what}_digest": digest for what, digest in decision.digests.items()},
    }
    properties = SubElement(suite, "properties")
    for key, value in facts.items():
        if value is not None:
            SubElement(properties, "property", {"name": key, "value": str(value)})


def _titled(findings: Sequence[Finding]) -> Iterator[tuple[str, Finding]]:
    """Findings with names of their own: CI servers take cases of one name for one case."""
    seen: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        rule = finding.rule or {}
        kind = f" {rule['kind']} {rule['margin']}" if finding.kind == "quality" and rule else ""
        title = f"{finding.subject}{kind}"
        seen[finding.kind, title] += 1
        again = seen[finding.kind, title]
        yield (title if again == 1 else f"{title} ({again})"), finding


def _add_case(suite: Element, title: str, finding: Finding) -> None:
    case = SubElement(suite, "testcase", {"classname": f"gate.{finding.kind}", "name": _text(title), "time": "0"})
    sentence = _text(finding.sentence)
    match finding.verdict:
        case Verdict.FAIL:
            SubElement(case, "failure", {"type": "FAIL", "message": sentence}).text = sentence
        case Verdict.INCONCLUSIVE:
            SubElement(case, "error", {"type": "INCONCLUSIVE", "message": sentence}).text = sentence
        case Verdict.PASS:
            SubElement(case, "system-out").text = sentence


def _text(text: str) -> str:
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)

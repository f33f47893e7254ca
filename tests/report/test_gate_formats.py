"""A decision as JUnit XML and as Markdown: every finding, well-formed whatever texts and ids hold."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import Evidence, Finding, GateDecision, GatePolicy, Limit, MustPass, Verdict, decide
from helmert.report.gate_formats import render_gate_junit, render_gate_markdown
from tests.evaluation.worlds import run_of, set_of

HOSTILE = [
    "<b>\"&'",
    "a|b",
    "]]>",
    "\x00\x1b[31m\x0b",
    "new\nline",
    "`code`",
    "q\ufffe",
    "",
    "日本語 🙂",
]


def decision(*findings: Finding) -> GateDecision:
    return GateDecision(
        verdict=Verdict.worst(finding.verdict for finding in findings),
        findings=findings,
        queries_needed=None,
        policy={},
        digests={"evalset": "abc", "candidate_run": None},
    )


def finding(verdict: Verdict, subject: str = "recall@10", sentence: str = "A sentence.") -> Finding:
    return Finding(kind="quality", subject=subject, verdict=verdict, sentence=sentence)


ONE_OF_EACH = decision(*(finding(verdict, verdict.value.lower()) for verdict in Verdict))


def suite(text: str) -> ET.Element:
    root = ET.fromstring(text.encode())
    assert root.tag == "testsuites"
    (found,) = root
    assert found.tag == "testsuite"
    return found


def test_junit_has_a_case_for_each_finding() -> None:
    found = suite(render_gate_junit(ONE_OF_EACH, name="new against old"))
    assert (found.get("name"), found.get("tests"), found.get("failures"), found.get("errors")) == (
        "new against old",
        "3",
        "1",
        "1",
    )
    passed, failed, open_ = found.findall("testcase")
    assert (passed.get("classname"), passed.get("name")) == ("gate.quality", "pass")
    assert passed.find("failure") is None
    assert passed.find("error") is None
    failure, error = failed.find("failure"), open_.find("error")
    assert failure is not None
    assert error is not None
    assert (failure.get("message"), failure.text) == ("A sentence.", "A sentence.")
    assert error.get("type") == "INCONCLUSIVE"


def test_junit_carries_verdict_digests_and_notes() -> None:
    found = suite(render_gate_junit(ONE_OF_EACH, name="n", notes=["one", "two"]))
    properties = {one.get("name"): one.get("value") for one in found.iter("property")}
    assert properties == {"verdict": "FAIL", "decision_digest": ONE_OF_EACH.digest, "evalset_digest": "abc"}
    out = found.find("system-out")
    assert out is not None
    assert out.text == "one\ntwo"


def test_cases_have_names_of_their_own() -> None:
    twice = decision(finding(Verdict.PASS), finding(Verdict.FAIL), finding(Verdict.FAIL, "recall@5"))
    found = suite(render_gate_junit(twice, name="n"))
    assert [case.get("name") for case in found.findall("testcase")] == ["recall@10", "recall@10 (2)", "recall@5"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_ids_reach_the_report_unharmed(text: str) -> None:
    rule = MustPass(queries=(f"id {text}", "good"))
    found = decide(Evidence(evalset=set_of({"good": {"a": 1}}), candidate_run=run_of({})), GatePolicy(rules=(rule,)))
    cases = suite(render_gate_junit(found, name=text)).findall("testcase")
    assert len(cases) == 2
    assert (cases[0].get("name") or "").startswith("id ")


@given(
    texts=st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40), st.sampled_from(Verdict)), max_size=5),
    name=st.text(max_size=20),
)
def test_junit_is_well_formed_whatever_it_tells(texts: list[tuple[str, str, Verdict]], name: str) -> None:
    told = decision(*(finding(verdict, subject, sentence) for subject, sentence, verdict in texts))
    found = suite(render_gate_junit(told, name=name, notes=[name]))
    cases = found.findall("testcase")
    assert len(cases) == len(texts) == int(found.get("tests") or -1)
    assert sum(case.find("failure") is not None for case in cases) == int(found.get("failures") or 0)
    assert sum(case.find("error") is not None for case in cases) == int(found.get("errors") or 0)
    assert len({case.get("name") for case in cases}) == len(cases) or any(
        not subject.isprintable() for subject, *_ in texts
    )


def rows(markdown: str) -> list[list[str]]:
    """The cells of the table; a pipe with a backslash before it is text."""
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_markdown_is_a_table_of_the_findings() -> None:
    text = render_gate_markdown(ONE_OF_EACH, title="new against old", notes=["Look at this."])
    assert text.startswith("## Gate: FAIL\n\nnew against old\n")
    head, _, *found = rows(text)
    assert head == ["verdict", "rule", "subject", "finding"]
    assert [row[0] for row in found] == ["PASS", "FAIL", "INCONCLUSIVE"]
    assert "- Look at this." in text
    assert text.endswith(f"evalset `abc`, decision `{ONE_OF_EACH.digest[:16]}`\n")


def test_markdown_says_how_many_queries_would_do() -> None:
    limit = GatePolicy(rules=(Limit(name="latency_p95_ms", bound=1.0),))
    assert "queries would settle" not in render_gate_markdown(decide(Evidence(), limit), title="t")
    needy = GateDecision(
        verdict=Verdict.INCONCLUSIVE,
        findings=(finding(Verdict.INCONCLUSIVE),),
        queries_needed=1234,
        policy={},
        digests={},
    )
    assert "About 1,234 queries would settle it" in render_gate_markdown(needy, title="t")


@given(text=st.sampled_from(HOSTILE) | st.text(max_size=40))
def test_markup_in_a_finding_does_not_break_the_table(text: str) -> None:
    told = decision(finding(Verdict.PASS, text, text), finding(Verdict.FAIL))
    found = rows(render_gate_markdown(told, title=text, notes=[text]))
    table = [row for row in found if row[0] in {"PASS", "FAIL"}]
    assert [len(row) for row in table] == [4, 4]
    assert "<b>" not in render_gate_markdown(told, title=text)

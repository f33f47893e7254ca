"""`decide`: apply every rule of a policy to the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helmert.evaluation.gates.decision import Finding, GateDecision, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.gates.policy import GatePolicy
from helmert.evaluation.gates.tracing import digest_of, run_digest


def decide(evidence: Evidence, policy: GatePolicy) -> GateDecision:
    """Apply every rule. FAIL if any fails, else INCONCLUSIVE if any is open, else PASS.

    Absent evidence never passes a rule: a measure that was not compared, a limit that was not measured, a set that is
    empty or smaller than `min_queries` are INCONCLUSIVE. Raises `UsageError` when an interval has another level than
    the policy.
    """
    findings = tuple(_findings(evidence, policy))
    verdict = Verdict.worst(finding.verdict for finding in findings)
    plain = policy.to_dict()
    return GateDecision(
        verdict=verdict,
        findings=findings,
        queries_needed=_largest_need(findings) if verdict is Verdict.INCONCLUSIVE else None,
        policy=plain,
        digests={
            "evalset": evidence.evalset.digest if evidence.evalset else None,
            "candidate_run": run_digest(evidence.candidate_run) if evidence.candidate_run else None,
            "incumbent_run": run_digest(evidence.incumbent_run) if evidence.incumbent_run else None,
            "policy": digest_of(plain),
        },
    )


def _findings(evidence: Evidence, policy: GatePolicy) -> Iterator[Finding]:
    if evidence.alone:
        yield Finding(kind="evidence", subject="incumbent", verdict=Verdict.PASS, sentence=evidence.alone)
    for doubt in evidence.doubts:
        yield Finding(kind="evidence", subject="evidence", verdict=Verdict.INCONCLUSIVE, sentence=doubt)
    for rule in policy.rules:
        if not (rule.comparative and evidence.alone):
            yield from rule.findings(evidence, level=policy.level, min_queries=policy.min_queries)


def _largest_need(findings: Sequence[Finding]) -> int | None:
    """None as soon as one open rule has no estimate: then no number of queries is known to be enough."""
    needs = [finding.queries_needed for finding in findings if finding.verdict is Verdict.INCONCLUSIVE]
    known = [need for need in needs if need is not None]
    return max(known) if known and len(known) == len(needs) else None

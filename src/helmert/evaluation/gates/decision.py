"""What a gate answers: findings with verdicts and sentences, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from helmert.evaluation.gates.tracing import digest_of


class Verdict(StrEnum):
    """What a gate, or one of its rules, says."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """FAIL if any is, else INCONCLUSIVE if any is or if there is none, else PASS."""
        seen = set(verdicts)
        if cls.FAIL in seen:
            return cls.FAIL
        return cls.PASS if seen == {cls.PASS} else cls.INCONCLUSIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one question of a rule."""

    kind: str
    """Which kind of rule asked: `quality`, `slices`, `must-pass`, `limit`; `evidence` for what makes an answer
    impossible or needless."""
    subject: str
    """What was judged, in few words: `recall@10`, `language=de, recall@10`, a query id, `latency_p95_ms`."""
    verdict: Verdict
    sentence: str
    """For people: what was found, on how many queries, how certain."""
    rule: Mapping[str, object] | None = None
    """The rule as plain values; None for `evidence`."""
    evidence: Mapping[str, object] | None = None
    """What the answer rests on, as plain values for JSON; None when there was nothing."""
    queries_needed: int | None = None
    """For INCONCLUSIVE: how large the set should be, where that can be estimated."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "rule": dict(self.rule) if self.rule is not None else None,
            "evidence": dict(self.evidence) if self.evidence is not None else None,
            "queries_needed": self.queries_needed,
        }


@dataclass(frozen=True, kw_only=True)
class GateDecision:
    """The answer of a gate: FAIL if any rule fails, else INCONCLUSIVE if any is, else PASS."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    queries_needed: int | None
    """The largest estimate among the rules when every open rule has one; None otherwise."""
    policy: Mapping[str, object]
    """The rules that were applied, as plain values."""
    digests: Mapping[str, str | None]
    """What was judged: `evalset`, `candidate_run`, `incumbent_run`, `policy`; None for what was not there."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, for people."""
        return tuple(finding.sentence for finding in self.findings)

    @cached_property
    def digest(self) -> str:
        """32 hex characters over the whole decision: a stored one that was changed no longer carries its own."""
        return digest_of(self._plain())

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**self._plain(), "digest": self.digest}

    def _plain(self) -> dict[str, object]:
        return {
            "verdict": self.verdict.value,
            "findings": [finding.to_dict() for finding in self.findings],
            "queries_needed": self.queries_needed,
            "policy": dict(self.policy),
            "digests": dict(self.digests),
        }

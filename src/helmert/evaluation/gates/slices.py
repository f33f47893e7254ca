"""Slices: no part of the queries may get significantly worse, even when the whole does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helmert.errors import UsageError
from helmert.evaluation.gates.decision import Finding, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.gates.quality_wording import count_queries
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.slicing import SliceComparison, compare_slices
from helmert.evaluation.statistics import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One slice under one measure, with the p-value that counts here."""

    comparison: SliceComparison
    p: float
    """One-sided, after Holm over all slices and measures that were tested."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**self.comparison.to_dict(), "p_over_measures": self.p}


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRule:
    """No slice may get significantly worse.

    Raises `UsageError` for no measure, alpha outside (0, 1) or min_queries below 2.

    Slices are judged by tests and not by margins. With 8 equal slices of 50 queries, "no slice may lose more than 3
    points" stops more than half of all changes between equal systems; Holm's correction stops at most a share alpha.
    """

    measures: tuple[Measure, ...]
    alpha: float = 0.05
    """How often some slice may be called worse although none is."""
    min_queries: int = 30
    """A slice with fewer queries is not tested."""
    require_data: bool = False
    """Slices that are too small, and a set without slices, leave the gate open."""

    def __post_init__(self) -> None:
        if not self.measures:
            raise UsageError("A rule about slices needs at least one measure.")
        if not 0.0 < self.alpha < 1.0:
            raise UsageError(f"The alpha of slices must lie between 0 and 1; got {self.alpha}.", next_step="Use 0.05.")
        if self.min_queries < 2:
            raise UsageError(f"A slice needs at least two queries; min_queries is {self.min_queries}.")

    @property
    def comparative(self) -> bool:
        """It looks at differences."""
        return True

    def findings(self, evidence: Evidence, *, level: float, min_queries: int) -> Iterator[Finding]:
        """A finding for each slice that got worse, one for all others that were tested, one for those that were not.

        None when the set has no slices, unless data are required.
        """
        del min_queries
        compared = self._compare(evidence, level)
        if compared is None:
            if self.require_data:
                yield self._finding("slices", Verdict.INCONCLUSIVE, "The slices were not compared.")
            return
        if not compared:
            if self.require_data:
                yield self._finding("slices", Verdict.INCONCLUSIVE, "The evaluation set has no slices.")
            return
        tested = self._test(compared)
        worse = [one for one in tested if one.p <= self.alpha and one.comparison.difference < 0.0]
        yield from (self._worse(one, len(tested)) for one in worse)
        others = [one for one in tested if one not in worse]
        if others:
            yield self._rest(others, len(tested))
        small = [comparison for comparison in compared if not comparison.enough_data]
        if small:
            yield self._too_small(small)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "kind": "slices",
            "measures": [str(measure) for measure in self.measures],
            "alpha": self.alpha,
            "min_queries": self.min_queries,
            "require_data": self.require_data,
        }

    def _compare(self, evidence: Evidence, level: float) -> list[SliceComparison] | None:
        if evidence.candidate is None or evidence.incumbent is None or evidence.evalset is None:
            return None
        return [
            comparison
            for measure in self.measures
            for comparison in compare_slices(
                evidence.candidate,
                evidence.incumbent,
                evidence.evalset,
                measure,
                level=level,
                min_queries=self.min_queries,
            )
        ]

    def _test(self, compared: Sequence[SliceComparison]) -> list[Tested]:
        """Holm over slices and measures together; `SliceComparison.p_holm` knows only the slices of one measure."""
        enough = [comparison for comparison in compared if comparison.enough_data]
        adjusted = holm([comparison.p_worse for comparison in enough])
        return [Tested(comparison=comparison, p=float(p)) for comparison, p in zip(enough, adjusted, strict=True)]

    def _worse(self, one: Tested, tests: int) -> Finding:
        comparison = one.comparison
        sentence = (
            f"Slice {comparison.name}, {comparison.measure}: the candidate is worse by {-comparison.difference:.3f} on "
            f"{count_queries(comparison.n)} (p = {one.p:.2g} after Holm over {_tests(tests)}; drawn towards the other "
            f"slices the difference is {comparison.pooled:+.3f})."
        )
        return self._finding(f"{comparison.name}, {comparison.measure}", Verdict.FAIL, sentence, [one])

    def _rest(self, others: Sequence[Tested], tests: int) -> Finding:
        which = "none got" if len(others) == tests else f"the other {len(others)} did not get"
        smallest = min(one.p for one in others)
        sentence = (
            f"Slices: {which} significantly worse ({_tests(tests)} at {self.alpha:g}; "
            f"smallest p after Holm {smallest:.2g})."
        )
        return self._finding("slices", Verdict.PASS, sentence, others)

    def _too_small(self, small: Sequence[SliceComparison]) -> Finding:
        sizes = {comparison.name: comparison.n for comparison in small}
        listed = ", ".join(f"{name} ({n})" for name, n in list(sizes.items())[:_LISTED])
        more = f" and {len(sizes) - _LISTED} more" if len(sizes) > _LISTED else ""
        blocking = "so the gate stays open" if self.require_data else "which does not block"
        sentence = f"Not enough data for slices with fewer than {self.min_queries} queries, {blocking}: {listed}{more}."
        verdict = Verdict.INCONCLUSIVE if self.require_data else Verdict.PASS
        return self._finding("slices without enough data", verdict, sentence)

    def _finding(self, subject: str, verdict: Verdict, sentence: str, tested: Sequence[Tested] = ()) -> Finding:
        return Finding(
            kind="slices",
            subject=subject,
            verdict=verdict,
            sentence=sentence,
            rule=self.to_dict(),
            evidence={"slices": [one.to_dict() for one in tested]} if tested else None,
        )


_LISTED = 8
"""Slices named in a sentence."""


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"

"""Must-pass queries: a list of queries that a candidate has to answer, each of them, without any statistics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helmert.errors import BadInput, UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.gates.decision import Finding, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.readers.lines import numbered_lines
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import tie_bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class MustPass:
    """Queries that must have a relevant document among the candidate's first k.

    Raises `UsageError` for no query, a blank or repeated id, or k below 1.
    """

    queries: tuple[str, ...]
    k: int = 10

    def __post_init__(self) -> None:
        if not self.queries or not all(query.strip() for query in self.queries):
            raise UsageError("A list of must-pass queries needs at least one id, and none of them blank.")
        if len(set(self.queries)) < len(self.queries):
            twice = next(query for place, query in enumerate(self.queries) if query in self.queries[:place])
            raise UsageError(f"The must-pass query {twice!r} is listed more than once.", next_step="List it once.")
        if self.k < 1:
            raise UsageError(f"Must-pass queries look at the first k hits, k at least 1; got {self.k}.")

    @property
    def measures(self) -> tuple[Measure, ...]:
        """`hit@k`, so that rankings are taken deep enough."""
        return (Measure.parse(f"hit@{self.k}"),)

    @property
    def comparative(self) -> bool:
        """It is about one system."""
        return False

    def findings(self, evidence: Evidence, *, level: float, min_queries: int) -> Iterator[Finding]:
        """One finding for each query that is not answered, and one for all that are."""
        del level, min_queries
        if evidence.evalset is None or evidence.candidate_run is None:
            yield self._finding("must-pass", Verdict.INCONCLUSIVE, "The must-pass queries were not asked.")
            return
        answered = 0
        for query, problem in _problems(self, evidence.candidate_run, evidence.evalset):
            if problem is None:
                answered += 1
            else:
                yield self._finding(query, *problem)
        if answered:
            which = "all" if answered == len(self.queries) else "the other"
            have = f"{which} {answered:,} have" if answered > 1 else "1 has"
            sentence = f"Must-pass queries: {have} a relevant document among the first {self.k}."
            yield self._finding("must-pass", Verdict.PASS, sentence)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"kind": "must-pass", "queries": list(self.queries), "k": self.k}

    def _finding(self, subject: str, verdict: Verdict, sentence: str) -> Finding:
        return Finding(
            kind="must-pass",
            subject=subject,
            verdict=verdict,
            sentence=sentence,
            rule={"kind": "must-pass", "k": self.k},
        )


def read_query_ids(path: Path | str) -> tuple[str, ...]:
    """Read a list of query ids, one per line; blank lines and white space around an id do not count.

    Raises `NotFound` for a missing file and `BadInput` for an empty one or an id that stands there twice.
    """
    first: dict[str, int | None] = {}
    for place, text in numbered_lines(Path(path)):
        query = text.strip()
        if query in first:
            raise place.error(
                f"the query {query!r} stands on line {first[query]} already.", next_step="Write each id once."
            )
        first[query] = place.line
    if not first:
        raise BadInput("there is no query id in it.", path=str(path), next_step="Write one query id on each line.")
    return tuple(first)


def _problems(rule: MustPass, run: Run, evalset: EvalSet) -> Iterator[tuple[str, tuple[Verdict, str] | None]]:
    """Each query with what is wrong with it; None for one that is answered whatever the order of equal scores."""
    (hit,) = rule.measures
    worst, best = tie_bounds(run, evalset, [hit])
    surely = {query for query, value in zip(worst.query_ids, worst.of(hit), strict=True) if value > 0}
    luckily = {query for query, value in zip(best.query_ids, best.of(hit), strict=True) if value > 0}
    known, scored = {query.id for query in evalset.queries}, set(best.query_ids)
    for query in rule.queries:
        name = f"Must-pass query {query!r}"
        if query in surely:
            yield query, None
        elif query in luckily:
            unsure = (
                f"{name}: whether a relevant document is among the first {rule.k} depends on how equal scores fall."
            )
            yield query, (Verdict.INCONCLUSIVE, unsure)
        elif query in scored:
            yield query, (Verdict.FAIL, f"{name}: no relevant document is among the first {rule.k}.")
        elif query in known:
            nothing = f"{name} has no relevant document in the evaluation set, so no system could answer it."
            yield query, (Verdict.INCONCLUSIVE, nothing)
        else:
            stranger = f"{name} is not in the evaluation set {evalset.name!r}."
            yield query, (Verdict.INCONCLUSIVE, stranger)

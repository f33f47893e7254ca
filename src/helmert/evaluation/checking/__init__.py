"""Is an evaluation set fit to decide anything? One module per check; each gives problems as values.

Checks of the set alone are functions; checks that need the documents see them one by one, so that a corpus of any
size streams past. Kept are ids and content hashes, and of texts only those that leakage compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from helmert.evaluation.checking.dangling import DanglingDocuments, dangling_queries
from helmert.evaluation.checking.leakage import LexicalLeakage, LexicalOverlap
from helmert.evaluation.checking.origins import weak_origins
from helmert.evaluation.checking.positives import unjudged, without_positives
from helmert.evaluation.checking.problem import Check, Problem, Severity
from helmert.evaluation.checking.repeats import repeated_judgements
from helmert.evaluation.checking.self_retrieval import SelfRetrieval
from helmert.evaluation.checking.size import few_queries
from helmert.evaluation.checking.spans import SpansOutside
from helmert.evaluation.checking.texts import EmptyDocuments, empty_queries, unusable_rows
from helmert.evaluation.checking.twins import TwinDocuments, twin_queries
from helmert.evaluation.chunks import ChunkFields
from helmert.evaluation.evalset import EvalSet
from helmert.types import Document, content_hash

__all__ = ["CheckReport", "LexicalOverlap", "Problem", "Severity", "check_evalset", "unusable_rows", "worst_first"]

_OF_THE_SET = (
    dangling_queries,
    repeated_judgements,
    without_positives,
    unjudged,
    twin_queries,
    empty_queries,
    few_queries,
    weak_origins,
)
_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """Everything that was found, worst first."""

    problems: tuple[Problem, ...]
    documents: int | None
    """Documents that were looked at; None when there were none to look at, and half of the checks could not run."""
    overlap: LexicalOverlap | None
    """How much of the queries stands verbatim in their documents."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found that makes scores wrong."""
        return all(problem.severity != "error" for problem in self.problems)


def check_evalset(
    evalset: EvalSet, documents: Iterable[Document] | None = None, *, chunks: ChunkFields | None = None
) -> CheckReport:
    """Run every check on a set, and with its documents those that need them. Reads `documents` once.

    What is found is returned and never raised; errors of reading the documents pass through. Where `documents` are
    chunks, `chunks` names the fields that say of what: labels may be of chunks or of their documents, and a document is
    the text of its chunks. Raises `UsageError` for a chunk whose position is none.
    """
    found = [problem for check in _OF_THE_SET for problem in check(evalset)]
    if documents is None:
        return CheckReport(problems=worst_first(found), documents=None, overlap=None)
    leakage, dangling, outside = LexicalLeakage(evalset), DanglingDocuments(evalset), SpansOutside(evalset)
    checks: tuple[Check, ...] = (
        dangling,
        TwinDocuments(evalset),
        SelfRetrieval(evalset),
        leakage,
        EmptyDocuments(evalset),
        outside,
    )
    count = 0
    for document in documents:
        count += 1
        content = content_hash(document.text)
        owner = chunks.chunk(document.id, document.metadata).document if chunks else document.id
        for check in checks:
            if owner == document.id or check is not outside:
                check.see(document, content)
        if owner != document.id:
            for check in (dangling, leakage):
                check.see(replace(document, id=owner), content)
    found += [problem for check in checks for problem in check.problems()]
    return CheckReport(problems=worst_first(found), documents=count, overlap=leakage.overlap())


def worst_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors, then warnings, then notes; within each in the given order."""
    return tuple(sorted(problems, key=lambda problem: _RANK[problem.severity]))

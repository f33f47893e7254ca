"""`Measure`: a family and a cutoff as one value, written `recall@10`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self, assert_never

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.average_precision import AveragePrecision
from helmert.evaluation.measures.family import Family, Valued
from helmert.evaluation.measures.hit import Hit
from helmert.evaluation.measures.judged import Judged
from helmert.evaluation.measures.ndcg import NDCG, ExponentialNDCG
from helmert.evaluation.measures.precision import Precision
from helmert.evaluation.measures.recall import CappedRecall, Recall
from helmert.evaluation.measures.reciprocal_rank import ReciprocalRank
from helmert.evaluation.ties import TieGroups, TiePolicy

FAMILIES: tuple[type[Family], ...] = (
    Recall,
    CappedRecall,
    Precision,
    Hit,
    ReciprocalRank,
    AveragePrecision,
    NDCG,
    ExponentialNDCG,
    Judged,
)
"""Every family that `Measure.parse` knows."""

_NAME = re.compile(r"([a-z-]+)(?:@([1-9]\d{0,6}))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of retrieval quality. Two measures of the same name are equal.

    >>> str(Measure.parse("ndcg@10"))
    'nDCG@10'
    """

    family: type[Family]
    cutoff: int | None = None

    def __post_init__(self) -> None:
        if self.cutoff is None and self.family.needs_cutoff:
            raise UsageError(f"{self.family.name} needs a cutoff.", next_step=f"Write {self.family.name}@10.")
        if self.cutoff is not None and self.cutoff < 1:
            raise UsageError(f"The cutoff of {self.family.name} must be at least 1; got {self.cutoff}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The measure of this name; case does not count. Raises `UsageError` with the known names."""
        match = _NAME.fullmatch(text.strip())
        if match:
            for family in FAMILIES:
                if family.name.lower() == match[1].lower():
                    return cls(family, int(match[2]) if match[2] else None)
        raise UsageError(
            f"There is no measure {text!r}.",
            next_step=f"Use one of {', '.join(known_measures())}, with a cutoff of your choice.",
        )

    def __str__(self) -> str:
        return self.family.name if self.cutoff is None else f"{self.family.name}@{self.cutoff}"

    def values(self, ranking: JudgedRanking, ties: TiePolicy) -> FloatArray:
        """The value of each query. Shape (queries,).

        Only the queries in which equal scores matter take the slower path over tie groups.
        """
        family = self.family()
        valued = Valued(ranking=ranking, worth=family.worth(ranking), cutoff=self.cutoff)
        values = family.total(valued)
        rows = ranking.tied
        if rows.size:
            tied = Valued(ranking=ranking.take(rows), worth=valued.worth[rows], cutoff=self.cutoff)
            values[rows] = _over_ties(family, tied, ties)
        return values


def known_measures() -> tuple[str, ...]:
    """The names that `Measure.parse` knows, with the cutoff 10 where one is needed."""
    return tuple(f"{family.name}@10" if family.needs_cutoff else family.name for family in FAMILIES)


def _over_ties(family: Family, tied: Valued, ties: TiePolicy) -> FloatArray:
    groups = TieGroups.find(tied.ranking.same)
    match ties:
        case "expected":
            return family.expected(tied, groups)
        case "best" | "worst":
            arranged = groups.arranged(tied.worth, best_first=ties == "best")
            return family.total(tied.holding(arranged))
        case _:
            assert_never(ties)

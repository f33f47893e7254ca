"""What a family of measures has to say; one module of this package for each family."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.ties import TieGroups


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """Judged rankings in which every rank holds a worth, and a cutoff."""

    ranking: JudgedRanking
    worth: FloatArray
    """Shape (queries, depth)."""
    cutoff: int | None

    @property
    def top(self) -> FloatArray:
        """The worth at the ranks above the cutoff. Shape (queries, at most cutoff)."""
        return self.worth[:, : self.cutoff]

    @property
    def limit(self) -> int:
        """The cutoff as a number: one larger than any ranking when there is none."""
        return sys.maxsize if self.cutoff is None else self.cutoff

    def holding(self, worth: FloatArray) -> Valued:
        """The same rankings with another worth at their ranks."""
        return replace(self, worth=worth)


class Family(ABC):
    """A formula without its cutoff. Values lie in [0, 1]; more is better. Instances carry no state."""

    name: ClassVar[str]
    """As it is written before the `@`."""
    needs_cutoff: ClassVar[bool] = True
    """The formula has no meaning without a cutoff."""

    @abstractmethod
    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """What the document at each rank is worth. Shape (queries, depth)."""

    @abstractmethod
    def total(self, valued: Valued) -> FloatArray:
        """The value of each query. Shape (queries,)."""

    def expected(self, valued: Valued, groups: TieGroups) -> FloatArray:
        """The mean of `total` over all orders of tied documents. Shape (queries,).

        A family whose total is linear in the worth needs nothing else: by linearity of expectation each rank
        may hold the mean worth of its group. Other families replace this method.
        """
        return self.total(valued.holding(groups.averaged(valued.worth)))

"""Who may be compared with whom on a set whose documents are only a part of the corpus.

In a pooled set the best documents of some systems are there and the rest is missing. The top k of a system that was
pooled to a depth of at least k is the same as in the whole corpus. A system outside the pool misses competitors that
only it would have returned, so its numbers are an upper bound, and every comparison favours it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from helmert.errors import Refused
from helmert.evaluation.evalset import EvalSet

Standing = Literal["exact", "upper bound"]
"""What a number of a system means for the whole corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStanding:
    """What the sampling of a set makes of one system's numbers."""

    system: str
    cutoff: int
    """The k of the measures that are read."""
    method: Literal["whole", "pooled", "random"]
    """`whole` when the documents are not a sample."""
    depth: int | None
    """How deep its ranking went into the pool; 0 when it was not in it, None for sets that are not pooled."""
    standing: Standing

    @property
    def sentence(self) -> str:
        """What a reader must know beside the number; empty when it is what the whole corpus would give."""
        if self.standing == "exact":
            return ""
        if self.method == "random":
            return (
                f"Numbers of {self.system} at rank {self.cutoff} are an upper bound: the documents are a random "
                "sample, and few documents are easy to be the best of."
            )
        where = "was not in the pool" if not self.depth else f"was pooled only to depth {self.depth}"
        return (
            f"Numbers of {self.system} at rank {self.cutoff} are an upper bound: it {where}, so documents that it "
            "alone would return are missing."
        )


def pool_standing(evalset: EvalSet, system: str, cutoff: int) -> PoolStanding:
    """What a system's numbers down to rank `cutoff` mean for the whole corpus.

    `system` is the name under which it was pooled: a candidate's name, or that of BM25.
    """
    sampling = evalset.sampling
    if sampling is None:
        return PoolStanding(system=system, cutoff=cutoff, method="whole", depth=None, standing="exact")
    if sampling.method == "random":
        return PoolStanding(system=system, cutoff=cutoff, method="random", depth=None, standing="upper bound")
    depth = sampling.pool.get(system, 0)
    standing: Standing = "exact" if depth >= cutoff else "upper bound"
    return PoolStanding(system=system, cutoff=cutoff, method="pooled", depth=depth, standing=standing)


def require_comparable(
    evalset: EvalSet, systems: Sequence[str], cutoff: int, *, allow: bool = False
) -> tuple[str, ...]:
    """Sentences that must stand beside a comparison of these systems; none when their numbers are exact.

    Args:
        evalset: The set they were scored on.
        systems: Names under which they would have been pooled.
        cutoff: The largest k of the measures compared.
        allow: Compare pooled with un-pooled systems all the same, and label the latter.

    Raises:
        Refused: the set is pooled, and some of the systems were in the pool deep enough while others were not.
    """
    standings = [pool_standing(evalset, system, cutoff) for system in systems]
    bounded = [each for each in standings if each.standing == "upper bound"]
    exact = [each.system for each in standings if each.standing == "exact"]
    pooled = evalset.sampling is not None and evalset.sampling.method == "pooled"
    if pooled and bounded and exact and not allow:
        raise Refused(
            f"{', '.join(each.system for each in bounded)} cannot be compared with {', '.join(exact)} at rank {cutoff} "
            f"on {evalset.name!r}: {_pool(evalset)}, and a system outside the pool looks better than it is.",
            next_step=f"helmert evalset sample again with every candidate and --depth {max(cutoff, 20)}, "
            "or allow the comparison to see it labelled as an upper bound",
        )
    return tuple(each.sentence for each in bounded)


def _pool(evalset: EvalSet) -> str:
    pool = evalset.sampling.pool if evalset.sampling else {}
    return f"its pool holds {', '.join(f'{name} to depth {depth}' for name, depth in pool.items()) or 'no system'}"

"""What makes two runs hard to compare fairly: their depth, and queries that are not those of the set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What one system returned, under the names that it may be known by."""

    name: str
    """For people."""
    run: Run
    known_as: tuple[str, ...] = ()
    """Other names, as the tag of its run file."""

    @property
    def depth(self) -> int:
        """The most hits that any query has."""
        return int((self.run.offsets[1:] - self.run.offsets[:-1]).max()) if len(self.run) else 0


def depth_cautions(systems: Sequence[System], measures: Collection[Measure]) -> Iterator[str]:
    """A sentence for each system that is shallower than a measure looks, and one when depths differ otherwise."""
    cutoff = max((measure.cutoff for measure in measures if measure.cutoff is not None), default=0)
    shallow = [system for system in systems if system.depth < cutoff]
    for system in shallow:
        yield (
            f"{system.name} has at most {system.depth} hits for a query, and a measure looks at {cutoff}: what would "
            "stand below counts as not found."
        )
    open_ended = [measure for measure in measures if measure.cutoff is None]
    depths = {system.depth for system in systems}
    if open_ended and len(depths) > 1 and not shallow:
        listed = " and ".join(f"{system.name} has up to {system.depth}" for system in systems)
        yield f"{listed} hits for a query, and {open_ended[0]} looks at all of them: the deeper run has an advantage."


def coverage_cautions(system: System, scores: Scores) -> Iterator[str]:
    """Sentences when a run and the set do not hold the same queries: it was made for another version of the set."""
    counts = scores.counts
    if counts.unknown or counts.missing:
        yield (
            f"{system.name} answers {counts.unknown:,} queries that the evaluation set does not hold, and does not "
            f"answer {counts.missing:,} of its {counts.queries:,}: it may be for another version of the set."
        )

"""How far people who judged the same pairs agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from helmert.evaluation.labels import Label
from helmert.evaluation.readers.beir import qrels_file
from helmert.evaluation.readers.qrels import qrels_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two people on the pairs that both judged, relevant or not."""

    first: str
    second: str
    pairs: int
    agreed: int
    kappa: float | None
    """Cohen's kappa; None when both gave the same answer everywhere and there is nothing to agree beyond chance."""

    @property
    def sentence(self) -> str:
        """The agreement in words."""
        beyond = "not defined, as all answers are the same" if self.kappa is None else f"{self.kappa:.2f}"
        return (
            f"{self.first} and {self.second} agree on {self.agreed:,} of {self.pairs:,} pairs; "
            f"Cohen's kappa is {beyond}."
        )


def statements(folder: Path, split: str | None = None) -> list[Label]:
    """Every row of the judgements, several on one pair among them. Raises as `helmert.evaluation.read_evalset`."""
    return list(qrels_rows(qrels_file(folder, split)))


def agreements(labels: Iterable[Label]) -> tuple[Agreement, ...]:
    r"""Agreement of every two people who judged a pair in common; of several answers of one person the last counts.

    \kappa = (p_o - p_e) / (1 - p_e), with the share p_o of equal answers and the share p_e that two people who answer
    at random in their own proportions would reach. Cohen, A Coefficient of Agreement for Nominal Scales, Educational
    and Psychological Measurement 20, 1960.
    """
    answers: dict[str, dict[tuple[str, str], bool]] = {}
    for label in labels:
        if label.facts.origin == "human" and label.facts.by:
            answers.setdefault(label.facts.by, {})[label.query, label.document] = label.grade > 0
    found = (_agreement(first, second, answers[first], answers[second]) for first, second in combinations(answers, 2))
    return tuple(each for each in found if each.pairs)


def _agreement(
    first: str, second: str, ours: dict[tuple[str, str], bool], theirs: dict[tuple[str, str], bool]
) -> Agreement:
    both = ours.keys() & theirs.keys()
    agreed = sum(ours[pair] == theirs[pair] for pair in both)
    n = max(1, len(both))
    yes, other = (sum(answers[pair] for pair in both) / n for answers in (ours, theirs))
    chance = yes * other + (1 - yes) * (1 - other)
    return Agreement(
        first=first,
        second=second,
        pairs=len(both),
        agreed=agreed,
        kappa=(agreed / n - chance) / (1 - chance) if chance < 1.0 else None,
    )

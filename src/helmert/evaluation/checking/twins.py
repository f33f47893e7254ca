"""The same text under several ids, among the documents and among the queries."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.twins import find_twins
from helmert.types import Document, content_hash


class TwinDocuments:
    """Documents of equal text. Finding a twin of a relevant document is as good, and yet counts as a miss.

    Kind: `twin-documents`; a note while no unlabelled twin stands beside a relevant document. Keeps the content
    hash of every document.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._evalset = evalset
        self._contents: list[tuple[str, str]] = []

    def see(self, document: Document, content: str) -> None:
        """Take note of its text."""
        self._contents.append((document.id, content))

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        groups = _groups(find_twins(self._contents))
        if not groups:
            return
        robbed = self._robbed(groups)
        yield Problem(
            kind="twin-documents",
            severity="warning" if robbed else "note",
            count=sum(map(len, groups)),
            examples=some(" = ".join(group[:3]) for group in robbed or groups),
            sentence=f"{sum(map(len, groups)):,} documents share their text with another, in {len(groups):,} groups; "
            f"in {len(robbed):,} of them a relevant document has a twin that counts as a miss.",
            remedy="Remove the copies, label them as well, or merge them with find_twins, merge_run and merge_evalset.",
        )

    def _robbed(self, groups: list[list[str]]) -> list[list[str]]:
        """Groups in which some query calls one document relevant and another not."""
        group_of = {document: number for number, group in enumerate(groups) for document in group}
        robbed: set[int] = set()
        for grades in self._evalset.qrels.values():
            for document, grade in grades.items():
                number = group_of.get(document)
                if grade > 0 and number is not None and any(grades.get(twin, 0) <= 0 for twin in groups[number]):
                    robbed.add(number)
        return [groups[number] for number in sorted(robbed)]


def twin_queries(evalset: EvalSet) -> Iterator[Problem]:
    """Queries of equal text. Kind: `twin-queries`; none is found between queries that share a cluster."""
    groups = _groups(find_twins((query.id, content_hash(query.text)) for query in evalset.queries))
    open_groups = [group for group in groups if not _in_one_cluster(group, evalset)]
    if open_groups:
        count = sum(map(len, open_groups))
        yield Problem(
            kind="twin-queries",
            severity="warning",
            count=count,
            examples=some(" = ".join(group[:3]) for group in open_groups),
            sentence=f"{count:,} queries have the text of another, in {len(open_groups):,} groups; each counts as if "
            "it were one more independent query.",
            remedy="Merge them with all their labels, or give the queries of a group one `cluster`.",
        )


def _groups(twins: dict[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name, first in twins.items():
        groups.setdefault(first, []).append(name)
    return [sorted(groups[first]) for first in sorted(groups)]


def _in_one_cluster(group: list[str], evalset: EvalSet) -> bool:
    clusters = {evalset.facts(query).cluster for query in group}
    return len(clusters) == 1 and "" not in clusters

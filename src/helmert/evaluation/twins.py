"""Documents with the same text under different ids: finding one of them is as good as finding the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Labels
from helmert.evaluation.run import Run


def find_twins(documents: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map every document that has twins to the first of them by id.

    `documents` are pairs of document id and content hash (`helmert.types.content_hash`).
    """
    by_text: dict[str, list[str]] = {}
    for document, text in documents:
        by_text.setdefault(text, []).append(document)
    return {document: min(ids) for ids in by_text.values() if len(ids) > 1 for document in ids}


def merge_run(run: Run, twins: Mapping[str, str]) -> Run:
    """The run with each group of twins as one document, credited once at its first rank.

    Documents below a dropped twin move up. Dropped hits count as `Run.duplicates`.
    """
    names = [twins.get(document, document) for document in run.documents]
    vocabulary = {name: code for code, name in enumerate(dict.fromkeys(names))}
    recode = np.array([vocabulary[name] for name in names], dtype=np.int32)
    merged = Run.from_codes(
        run.query_ids,
        np.diff(run.offsets).tolist(),
        tuple(vocabulary),
        recode[run.codes],
        run.scores,
    )
    return replace(merged, duplicates=merged.duplicates + run.duplicates)


def merge_evalset(evalset: EvalSet, twins: Mapping[str, str]) -> EvalSet:
    """The set with each group of twins as one document, which has the highest grade and all the spans that they had."""
    labels = Labels(overruling=False).add_all(
        replace(label, document=twins.get(label.document, label.document)) for label in evalset.labels()
    )
    return replace(evalset, qrels=labels.grades, label_facts=labels.facts)

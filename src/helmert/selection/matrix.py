"""Query language by document language: what a candidate finds across languages, and which it prefers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from helmert.evaluation import EvalSet, Run, score
from helmert.selection.estimates import Design
from helmert.selection.languages import UNKNOWN
from helmert.selection.material import Material
from helmert.selection.ranking import without
from helmert.selection.scorecard import Estimate, LanguageMatrix
from helmert.selection.slices import FEWEST, OTHER, Known, best_ten
from helmert.selection.terms import Terms
from helmert.selection.trial import Trial


def language_matrices(
    material: Material, trials: Sequence[Trial], known: Known, terms: Terms
) -> tuple[LanguageMatrix, ...]:
    """One matrix for each candidate; none when all queries and documents are of one language.

    A cell is the primary measure over the queries of one language that have relevant documents in the other, counting
    those alone: relevant documents of third languages are neither found nor missed. Cells of fewer than five queries
    are left out.
    """
    parts = _parts(material, known)
    named = {language for language in (*known.queries.of.values(), *known.documents.of.values()) if language != UNKNOWN}
    if len(named - {OTHER}) < 2 or not parts:
        return ()
    return tuple(_matrix(trial, material, known, parts, terms) for trial in trials)


def _parts(material: Material, known: Known) -> dict[str, EvalSet]:
    """For each document language, the set whose relevant documents are in it."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for query in material.queries:
        for document, grade in material.evalset.qrels[query.id].items():
            language = known.documents.of.get(document)
            if grade > 0 and language is not None:
                found.setdefault(language, {}).setdefault(query.id, {})[document] = grade
    counts = {language: len(qrels) for language, qrels in found.items()}
    return {
        language: replace(
            material.evalset,
            queries=tuple(query for query in material.queries if query.id in found[language]),
            qrels=found[language],
        )
        for language in sorted(found, key=lambda language: (-counts[language], language))
        if counts[language] >= FEWEST
    }


def _matrix(
    trial: Trial, material: Material, known: Known, parts: Mapping[str, EvalSet], terms: Terms
) -> LanguageMatrix:
    cells: dict[str, Estimate] = {}
    queries: dict[str, int] = {}
    for language, part in parts.items():
        values = score(_without_others(trial.run, material, part), part, [terms.primary]).of(terms.primary)
        design = Design.of(part, terms.level)
        languages = np.array([known.queries.of[query.id] for query in part.answerable])
        for name in sorted(set(languages.tolist())):
            rows = np.flatnonzero(languages == name)
            if rows.size >= FEWEST:
                cells[f"{name}>{language}"] = design.part(rows).mean(values[rows])
                queries[f"{name}>{language}"] = int(rows.size)
    return LanguageMatrix(
        candidate=trial.name,
        query_languages=_by_size(known.queries.of.values()),
        document_languages=tuple(parts),
        cells=cells,
        queries=queries,
        same_language=_same_language(trial, material, known),
    )


def _without_others(run: Run, material: Material, part: EvalSet) -> Run:
    """The run without documents that are relevant, but not in this part."""

    def others(query: str) -> frozenset[str]:
        mine = part.qrels.get(query, {})
        grades = material.evalset.qrels.get(query, {})
        return frozenset(document for document, grade in grades.items() if grade > 0 and document not in mine)

    return without(run, others)


def _by_size(languages: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(languages)
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _same_language(trial: Trial, material: Material, known: Known) -> dict[str, float]:
    """By query language: share of the ten best whose language is known that is the query's."""
    same: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for query, documents in best_ten(trial, material).items():
        mine = known.queries.of[query]
        if mine in (UNKNOWN, OTHER):
            continue
        theirs = [known.documents.of[document] for document in documents]
        seen[mine] += sum(language != UNKNOWN for language in theirs)
        same[mine] += sum(language == mine for language in theirs)
    return {language: same[language] / count for language, count in sorted(seen.items()) if count}

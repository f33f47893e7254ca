"""Parts of the queries: those the user named, languages, code, and documents beyond a model's limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmert.evaluation import EvalSet, QueryFacts
from helmert.evaluation.slicing import slice_rows
from helmert.evaluation.statistics import normal_quantile, partial_pool
from helmert.selection.code import looks_like_code
from helmert.selection.estimates import Design, estimate
from helmert.selection.languages import UNKNOWN, Detector, Languages, declared_language, find_languages
from helmert.selection.material import Material
from helmert.selection.scorecard import Estimate, SliceRow
from helmert.selection.terms import Terms
from helmert.selection.trial import Trial

CODE = "kind"
LANGUAGE = "language"
LENGTH = "length"
FEWEST = 5
RAREST = 0.02
"""Languages of fewer texts than this number or share are put together as `other`: a detector errs now and then."""
OTHER = "other"


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What is known about queries and documents beside their texts."""

    queries: Languages
    documents: Languages
    """Of documents that are judged, or among the best ten of some candidate."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Where the languages come from."""
        return (self.queries.sentence("queries"), self.documents.sentence("documents"))


def know(material: Material, trials: Sequence[Trial], detect: Detector | None) -> Known:
    """Languages of all queries and of all documents that a matrix looks at."""
    rows: dict[str, int] = {}
    for query, names in _looked_at(material, trials):
        rows |= {name: found[0] for name in names if name not in rows and (found := material.rows_of(query, name))}
    corpus = material.corpus
    queries = find_languages(
        ((q.id, q.text, declared_language(material.evalset.facts(q.id).slices)) for q in material.queries), detect
    )
    texts = ((name, corpus.texts[row], corpus.metadata[row]) for name, row in sorted(rows.items()))
    documents = find_languages(
        ((name, _prose(text), declared_language(metadata)) for name, text, metadata in texts), detect
    )
    return Known(
        queries=replace(queries, of=_rare_as_other(queries.of)),
        documents=replace(documents, of=_rare_as_other(documents.of)),
    )


def _looked_at(material: Material, trials: Sequence[Trial]) -> Iterator[tuple[str, Iterable[str]]]:
    """Queries with documents that are relevant for them or among their best ten."""
    for query in material.queries:
        yield query.id, (document for document, grade in material.evalset.qrels[query.id].items() if grade > 0)
    for trial in trials:
        yield from best_ten(trial, material).items()


def _prose(text: str) -> str:
    """Nothing of a text that is code: its language is nobody's."""
    return "" if looks_like_code(text) else text


def best_ten(trial: Trial, material: Material) -> Mapping[str, tuple[str, ...]]:
    """The ten best documents of every query; at the end of a group of equal scores, the first by id."""
    run = trial.run
    found = {}
    for query in material.queries:
        row = run.rows.get(query.id)
        if row is not None:
            ranked = sorted(run.ranking(query.id), key=lambda hit: (-hit[1], hit[0]))
            found[query.id] = tuple(document for document, _ in ranked[:10])
    return found


def with_derived(material: Material, trials: Sequence[Trial], known: Known) -> EvalSet:
    """The set whose queries also stand in slices of language, kind and length, where those tell queries apart.

    A query's labelled documents decide its kind and length: code when most of them look like code, beyond the limit
    when any of them is longer than the model reads. Slices that the user named stay as they are.
    """
    derived: dict[str, dict[str, str]] = {query.id: {} for query in material.queries}
    for name, values in _derived(material, trials, known):
        if len(set(values.values())) > 1:
            for query, value in values.items():
                derived[query][name] = value
    evalset = material.evalset
    facts: dict[str, QueryFacts] = dict(evalset.query_facts)
    for query, slices in derived.items():
        stated = evalset.facts(query)
        facts[query] = replace(stated, slices={**slices, **stated.slices})
    return replace(evalset, query_facts=facts)


def tabulate(evalset: EvalSet, trials: Sequence[Trial], terms: Terms) -> tuple[SliceRow, ...]:
    """The primary measure of every candidate in every slice, with partial pooling over slices of the same key."""
    rows = slice_rows(evalset)
    keys = Counter(name.partition("=")[0] for name in rows)
    design = Design.of(evalset, terms.level)
    values = {
        trial.name: {name: design.part(part).mean(trial.scores.of(terms.primary)[part]) for name, part in rows.items()}
        for trial in trials
    }
    pooled = {name: _pooled(found, terms.level) for name, found in values.items()}
    return tuple(
        SliceRow(
            name=name,
            queries=len(part),
            enough=len(part) >= terms.min_slice,
            values={trial: found[name] for trial, found in values.items()},
            pooled={trial: found[name] for trial, found in pooled.items()},
        )
        for name, part in rows.items()
        if keys[name.partition("=")[0]] > 1 or len(part) < len(evalset.answerable)
    )


def _pooled(found: Mapping[str, Estimate], level: float) -> dict[str, Estimate]:
    by_key: dict[str, list[str]] = {}
    for name in found:
        by_key.setdefault(name.partition("=")[0], []).append(name)
    shrunk: dict[str, Estimate] = {}
    for names in by_key.values():
        variances = [((found[name].high - found[name].low) / 2.0 / normal_quantile(level)) ** 2 for name in names]
        pool = partial_pool([found[name].value for name in names], variances, level=level)
        for name, value, interval in zip(names, pool.estimates, pool.intervals, strict=True):
            shrunk[name] = estimate(value, replace(interval, low=max(0.0, interval.low), high=min(1.0, interval.high)))
    return shrunk


def _derived(material: Material, trials: Sequence[Trial], known: Known) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Name of a key, and its value for every query."""
    if len(set(known.queries.of.values()) - {UNKNOWN, OTHER}) > 1:
        yield LANGUAGE, known.queries.of
    corpus, labelled = material.corpus, _labelled(material)
    code = {row: looks_like_code(corpus.texts[row]) for rows in labelled.values() for row in rows}
    yield (
        CODE,
        {
            query: "code" if 2 * sum(code[row] for row in rows) > len(rows) else "prose"
            for query, rows in labelled.items()
        },
    )
    for limit, names, beyond in _limits(trials):
        told = f"{LENGTH} ({', '.join(names)}, {limit} tokens)"
        yield told, {q: "beyond limit" if beyond[rows].any() else "within" for q, rows in labelled.items()}


def _limits(trials: Sequence[Trial]) -> Iterator[tuple[int, list[str], np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Each limit with the candidates that lose the same documents by it."""
    groups: dict[tuple[int, bytes], list[Trial]] = {}
    for trial in trials:
        if trial.tokens is not None and trial.tokens.limit is not None:
            groups.setdefault((trial.tokens.limit, trial.tokens.beyond.tobytes()), []).append(trial)
    for (limit, _), group in groups.items():
        first = group[0].tokens
        assert first is not None
        yield limit, [trial.name for trial in group], first.beyond


def _labelled(material: Material) -> dict[str, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Rows of the relevant documents of every query that the corpus has, or of their chunks that are relevant."""
    found = {}
    for query in material.queries:
        relevant = [document for document, grade in material.evalset.qrels[query.id].items() if grade > 0]
        rows = {row for document in relevant for row in material.rows_of(query.id, document)}
        found[query.id] = np.array(sorted(rows), dtype=np.intp)
    return found


def _rare_as_other(of: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(of.values())
    fewest = max(FEWEST, RAREST * len(of))
    return {
        name: language if counts[language] >= fewest or language == UNKNOWN else OTHER for name, language in of.items()
    }

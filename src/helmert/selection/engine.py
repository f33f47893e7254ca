"""Candidates x evaluation set -> scorecard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from helmert.errors import HelmertError
from helmert.evaluation import EvalSet
from helmert.evaluation.sampling.standing import require_comparable
from helmert.selection import bm25
from helmert.selection.attempt import Attempt, as_reference, failed_row
from helmert.selection.candidates import Field
from helmert.selection.changes import regressions
from helmert.selection.choice import choose, contrasts
from helmert.selection.corpus import Corpus
from helmert.selection.forecast import few_queries, forecast, power_sentence
from helmert.selection.languages import installed_detector
from helmert.selection.leaderboard import prior
from helmert.selection.material import prepare
from helmert.selection.matrix import language_matrices
from helmert.selection.scorecard import Prior, Row, Scorecard
from helmert.selection.slices import Known, know, tabulate, with_derived
from helmert.selection.terms import Instruments, Terms
from helmert.selection.trial import Trial
from helmert.selection.truncation import TokenCounts, count_tokens
from helmert.telemetry import Notice, StageFinished

JUDGED_APART = 0.10
"""Shares of judged results that lie further apart make a comparison unsafe."""


def run_selection(
    field: Field, evalset: EvalSet, corpus: Corpus, terms: Terms, instruments: Instruments, *, title: str = "Selection"
) -> Scorecard:
    """Try every candidate on the same documents and queries, and BM25 beside them.

    A candidate that fails costs only its own row, which says why. Vectors are kept on disk as they are made, so a run
    that is killed continues where it stopped. What it will cost is told to the listener before anything is embedded.

    Args:
        field: Who takes part.
        evalset: The labelled queries.
        corpus: The documents.
        terms: What is measured and how it is judged.
        instruments: Cache, clocks, listener, scratch store.
        title: Of the scorecard.

    Raises:
        Refused: The set is pooled, and some candidates were not in the pool; `terms.allow_unpooled` labels them.
        UsageError: There is nothing to try candidates on.
    """
    names = [bm25.NAME, *(candidate.name for candidate in field.candidates)]
    bounds = require_comparable(evalset, names, terms.cutoff, allow=terms.allow_unpooled)
    material = prepare(corpus, evalset, exclude_self=terms.exclude_self, fields=terms.chunks)
    attempt = Attempt(material=material, terms=terms, instruments=instruments)
    power = power_sentence(material.evalset, terms.primary, terms.level)
    tokens, failures = _announce(field, attempt, power)
    trials = [attempt.lexical()]
    for candidate in field.candidates:
        if candidate.name in tokens:
            try:
                trials.append(attempt.dense(candidate, tokens[candidate.name]))
                _finished(trials[-1], terms, instruments)
            except HelmertError as error:
                failures[candidate.name] = error
                instruments.listener(Notice(text=f"{candidate.name} is left out: {error.message}"))
    ranked = sorted(trials, key=lambda trial: (-_primary(trial, terms), trial.name))
    card = _Card(field=field, attempt=attempt, trials=tuple(ranked), failures=failures)
    return card.write(title, (*material.notes, *bounds, *few_queries(material.evalset), power))


def _announce(field: Field, attempt: Attempt, power: str) -> tuple[dict[str, TokenCounts], dict[str, HelmertError]]:
    """Count tokens and say what the run will cost and can show. A model that cannot count is left out."""
    material, instruments = attempt.material, attempt.instruments
    failures = dict(field.unavailable)
    tokens: dict[str, TokenCounts] = {}
    listener = instruments.listener
    listener(
        Notice(text=f"{len(material.corpus):,} documents, {len(material.queries):,} queries, BM25 and these models:")
    )
    queries = [query.text for query in material.queries]
    planned: set[tuple[str, str]] = set()
    total = 0.0
    for candidate in field.candidates:
        try:
            tokens[candidate.name] = count_tokens(candidate.embedder, material.corpus.texts, queries)
        except HelmertError as error:
            failures[candidate.name] = error
            continue
        made = forecast(candidate, tokens[candidate.name], material, instruments.cache, planned)
        total += made.cost
        listener(Notice(text=f"  {made.sentence(attempt.terms.money.currency)}"))
    for name, failure in failures.items():
        listener(Notice(text=f"  {name}: cannot take part. {failure.message}"))
    if total:
        listener(Notice(text=f"Estimated cost of this run: {total:,.4f} {attempt.terms.money.currency}."))
    listener(Notice(text=power))
    return tokens, failures


def _finished(trial: Trial, terms: Terms, instruments: Instruments) -> None:
    found = trial.row.quality[str(terms.primary)]
    bulk = trial.row.bulk
    paid = f"{bulk.texts:,} documents embedded now" if bulk and bulk.texts else "all documents were on disk"
    summary = f"{terms.primary} {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]; {paid}."
    instruments.listener(StageFinished(stage=f"embed {trial.name}", title=trial.name, summary=summary))


def _primary(trial: Trial, terms: Terms) -> float:
    return trial.row.quality[str(terms.primary)].value


@dataclass(frozen=True, kw_only=True, eq=False)
class _Card:
    """Everything that was measured, on its way into a scorecard."""

    field: Field
    attempt: Attempt
    trials: tuple[Trial, ...]
    failures: Mapping[str, HelmertError]

    def write(self, title: str, told: Sequence[str]) -> Scorecard:
        material, terms, instruments = self.attempt.material, self.attempt.terms, self.attempt.instruments
        reference = self._reference()
        choice, beside_best = choose(self.trials, reference, material, terms)
        known = know(material, self.trials, installed_detector())
        matrices = language_matrices(material, self.trials, known, terms)
        evalset = with_derived(material, self.trials, known)
        return Scorecard(
            title=title,
            made_at=instruments.clock(),
            evalset=material.evalset.to_dict(),
            documents=len(material.corpus),
            corpus_digest=material.corpus.digest,
            measures=tuple(map(str, terms.shown)),
            primary=str(terms.primary),
            level=terms.level,
            rows=tuple(self._rows(reference)),
            contrasts=(*contrasts(self.trials, reference, material, terms), *beside_best),
            choice=choice,
            reference=reference,
            sweep=tuple(cell for trial in self.trials for cell in trial.cells),
            slices=tabulate(evalset, self.trials, terms),
            languages=matrices,
            index_loss=tuple(trial.index_loss for trial in self.trials if trial.index_loss is not None),
            priors=tuple(self._priors()),
            regressions=regressions(self.trials, reference, material, terms),
            warnings=(*told, *self._warnings(known if matrices else None)),
            settings=stated(terms),
        )

    def _reference(self) -> str:
        working = {trial.name for trial in self.trials}
        return self.field.live if self.field.live in working and self.field.live else bm25.NAME

    def _rows(self, reference: str) -> Iterator[Row]:
        for trial in self.trials:
            yield as_reference(trial.row) if trial.name == reference else trial.row
        for name in sorted(self.failures):
            yield failed_row(name, self.failures[name])

    def _priors(self) -> Iterator[Prior]:
        instruments, terms = self.attempt.instruments, self.attempt.terms
        means = {trial.name: _primary(trial, terms) for trial in self.trials if trial.dense}
        for board in instruments.leaderboards:
            found = prior(board, means, instruments.leaderboard_names)
            if found is not None:
                yield found

    def _warnings(self, known: Known | None) -> Iterator[str]:
        for trial in self.trials:
            yield from trial.warnings
        if self.failures:
            yield f"Without numbers: {', '.join(sorted(self.failures))}. Their rows say why."
        if self.field.absent_live:
            yield f"The live model {self.field.absent_live} does not take part; others are compared with BM25."
        shares = {trial.name: trial.row.judged for trial in self.trials}
        low, high = min(shares, key=lambda name: shares[name]), max(shares, key=lambda name: shares[name])
        if shares[high] - shares[low] > JUDGED_APART:
            yield (
                f"Of the ten best results {100 * shares[high]:.0f}% are judged for {high} and {100 * shares[low]:.0f}% "
                f"for {low}: unjudged documents count as not relevant, so {low} may look worse than it is."
            )
        if known is not None:
            yield from known.sentences


def stated(terms: Terms) -> dict[str, object]:
    """The terms as plain values, for the end of a report."""
    money = terms.money

    def given(value: object) -> object:
        return asdict(value) if hasattr(value, "basis") else value  # type: ignore[call-overload]

    return {
        "primary": str(terms.primary),
        "measures": [str(measure) for measure in terms.shown],
        "level": terms.level,
        "holdout": terms.holdout,
        "seed": terms.seed,
        "exclude_self": terms.exclude_self,
        "rate": terms.load.rate if terms.load else None,
        "budget": terms.load.budget if terms.load else None,
        "oversample": terms.sweep.oversample if terms.sweep else None,
        "currency": money.currency,
        "queries_per_month": given(money.queries_per_month),
        "documents_changed_per_month": given(money.documents_changed_per_month),
        "months_between_changes": given(money.months_between_changes),
        "corpus_size": money.corpus_size,
        "storage_price": given(money.storage_price),
        "replicas": given(money.replicas),
        "serving_hour": {model: given(price) for model, price in money.serving_hour.items()},
    }

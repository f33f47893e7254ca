"""Try one candidate: embed, rank, score, and everything else that needs its vectors, which are then let go."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmert.errors import HelmertError, UsageError
from helmert.evaluation import Run
from helmert.evaluation.sampling.correction import correct_recall
from helmert.evaluation.sampling.standing import pool_standing
from helmert.selection import bm25
from helmert.selection.candidates import Candidate
from helmert.selection.costs import NOTHING, Given, Prices, Volume, monthly_cost
from helmert.selection.embedding import embed_all
from helmert.selection.families import family_of, prefix_warnings
from helmert.selection.index_loss import Exact, measure_index_loss
from helmert.selection.latency import asking, measure_latency
from helmert.selection.material import Material
from helmert.selection.ranking import Ids, rank_exact
from helmert.selection.scorecard import Bulk, Cell, Estimate, IndexLoss, Latency, MonthlyCost, Row
from helmert.selection.sweep import Embeddings, sweep
from helmert.selection.terms import INDEX_LOSS_FROM, Instruments, Terms
from helmert.selection.trial import Scored, Trial, depth
from helmert.selection.truncation import TokenCounts, truncation_warnings
from helmert.selection.vectors import Embedded
from helmert.telemetry import StageProgress, StageStarted

FLOAT32 = 4
LOSS_WORTH_SAYING = 0.02
"""Loss of the primary measure at half the dimensions from which a model that is not known to be cut is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What every candidate is tried on, and with what."""

    material: Material
    terms: Terms
    instruments: Instruments

    def lexical(self) -> Trial:
        """BM25: the row that needs no model."""
        material = self.material
        ranking = bm25.BM25Ranking(material.corpus.ids, material.corpus.texts)
        run = ranking.rank(material.queries, depth(material, self.terms))
        scored = Scored.of(run, material, self.terms)
        row = Row(
            name=bm25.NAME,
            kind="lexical",
            model="",
            prompt="",
            dims=None,
            space="",
            pool_depth=self._pool_depth(bm25.NAME),
            corrected=self._corrected(scored.run),
            notes=scored.scores.counts.sentences(),
            quality=scored.quality,
            tie_range=scored.tie_range,
            judged=scored.judged,
        )
        return Trial(row=row, run=scored.run, scores=scored.scores)

    def dense(self, candidate: Candidate, tokens: TokenCounts) -> Trial:
        """A model. Raises what its provider raises."""
        vectors = embed_all(candidate, self.material, self.instruments)
        documents, queries = vectors.documents, vectors.queries
        embeddings = self._embeddings(candidate, documents, queries)
        run = self._rank(embeddings)
        scored = Scored.of(run, self.material, self.terms)
        cells = sweep(embeddings, self.material, self.terms) if self.terms.sweep else ()
        index_loss, index_notes = self._index_loss(candidate, embeddings, scored, queries.refused)
        latency, latency_notes = self._latency(candidate, queries)
        refused = tuple(vectors.refused(self.material))
        space = candidate.embedder.space
        row = Row(
            name=candidate.name,
            kind="dense",
            model=candidate.model,
            prompt=candidate.prompt,
            dims=space.dims,
            space=space.record_hash,
            latency=latency,
            bulk=Bulk(tokens=documents.tokens, texts=documents.computed, seconds=documents.seconds, basis="measured"),
            cost=self._cost(candidate, tokens),
            storage_bytes=FLOAT32 * space.dims * self._corpus_size(),
            truncation=tokens.truncation(),
            pool_depth=self._pool_depth(candidate.name),
            corrected=self._corrected(scored.run),
            notes=(
                *scored.scores.counts.sentences(),
                *vectors.replaced(),
                *refused,
                *index_notes,
                *latency_notes,
            ),
            quality=scored.quality,
            tie_range=scored.tie_range,
            judged=scored.judged,
        )
        return Trial(
            row=row,
            run=scored.run,
            scores=scored.scores,
            candidate=candidate,
            tokens=tokens,
            cells=cells,
            index_loss=index_loss,
            warnings=(
                *(f"{candidate.name}: {sentence}" for sentence in refused),
                *self._warnings(candidate, tokens, cells),
            ),
        )

    def _embeddings(self, candidate: Candidate, documents: Embedded, queries: Embedded) -> Embeddings:
        ids = Ids(documents=self.material.corpus.ids, queries=[query.id for query in self.material.queries])
        norms = self.terms.sweep.layer_norm if self.terms.sweep else {}
        family = family_of(candidate.embedder.space)
        known = family is not None and family.layer_norm
        layer_norm = norms.get(candidate.name, norms.get(candidate.model, known))
        return Embeddings(
            name=candidate.name,
            documents=documents.vectors,
            queries=queries.vectors,
            ids=ids,
            layer_norm=layer_norm,
        )

    def _rank(self, embeddings: Embeddings) -> Run:
        ids = embeddings.ids
        return rank_exact(
            embeddings.documents, ids.documents, embeddings.queries, ids.queries, depth(self.material, self.terms)
        )

    def _index_loss(
        self, candidate: Candidate, embeddings: Embeddings, scored: Scored, refused: Sequence[int]
    ) -> tuple[IndexLoss | None, tuple[str, ...]]:
        wanted = self.terms.index_loss
        scratch = self.instruments.scratch
        large = len(self.material.corpus) >= INDEX_LOSS_FROM
        if scratch is None or not (large if wanted is None else wanted):
            return None, ()
        try:
            with scratch() as store:
                exact = Exact(run=scored.run, scores=scored.scores)
                asked = embeddings.without_queries(refused)
                return measure_index_loss(candidate, asked, exact, self.material, self.terms, store), ()
        except HelmertError as error:
            return None, (f"Index loss was not measured: {error.message}",)

    def _latency(self, candidate: Candidate, queries: Embedded) -> tuple[Latency | None, tuple[str, ...]]:
        """Asked are the queries that the model takes: the time of a refusal is not that of an answer."""
        if self.terms.load is None:
            return None, ()
        refused, asked = set(queries.refused), 0
        listener, stage = self.instruments.listener, f"latency {candidate.name}"
        listener(StageStarted(stage=stage, title=f"{candidate.name}: latency"))

        def heard(more: int) -> None:
            nonlocal asked
            asked += more
            listener(StageProgress(stage=stage, done=asked, total=None))

        try:
            found = measure_latency(
                asking(candidate.embedder),
                [query.text for row, query in enumerate(self.material.queries) if row not in refused],
                self.terms.load,
                rng=np.random.default_rng(self.terms.seed),
                timing=self.instruments.timing,
                level=self.terms.level,
                on_asked=heard,
            )
        except HelmertError as error:
            return None, (f"Latency was not measured: {error.message}",)
        return replace(found, note=f"{self.instruments.place} {found.note}".strip()), ()

    def _cost(self, candidate: Candidate, tokens: TokenCounts) -> MonthlyCost:
        money, limits = self.terms.money, candidate.embedder.limits
        here = "mean of this corpus and these queries by the model's own count"
        most = tokens.limit or sys.maxsize
        volume = Volume(
            queries=money.queries_per_month,
            query_tokens=Given(value=float(np.minimum(tokens.queries, most).mean()), basis="measured", source=here),
            documents=Given(value=float(self._corpus_size()), basis="supplied" if money.corpus_size else "measured"),
            document_tokens=Given(
                value=float(np.minimum(tokens.documents, most).mean()), basis="measured", source=here
            ),
            changed_documents=money.documents_changed_per_month,
            months_between_models=money.months_between_changes,
        )
        price, where = limits.price_per_million, "price_per_million of the model"
        own = Given(value=price, basis="supplied", source=where) if price else replace(NOTHING, source=f"no {where}")
        prices = Prices(
            million_tokens=money.token_price.get(candidate.model, own),
            gigabyte_month=money.storage_price,
            store_replicas=money.replicas,
            serving_hour=money.serving_hour.get(candidate.model, Prices().serving_hour),
        )
        stored = Given(value=float(FLOAT32 * candidate.embedder.space.dims), basis="measured", source="float32")
        return monthly_cost(volume, prices, vector_bytes=stored, currency=money.currency)

    def _corpus_size(self) -> int:
        return self.terms.money.corpus_size or len(self.material.corpus)

    def _pool_depth(self, name: str) -> int | None:
        return pool_standing(self.material.evalset, name, self.terms.cutoff).depth

    def _corrected(self, run: Run) -> dict[str, Estimate]:
        """recall@k of a random sample as it would be in the whole corpus; empty where it cannot be estimated."""
        sampling = self.material.evalset.sampling
        if sampling is None or sampling.method != "random":
            return {}
        found = {}
        for measure in self.terms.shown:
            if measure.family.name != "recall" or measure.cutoff is None:
                continue
            rng = np.random.default_rng(self.terms.seed)
            try:
                value = correct_recall(run, self.material.evalset, measure.cutoff, rng=rng, level=self.terms.level)
            except UsageError:
                continue
            found[str(measure)] = Estimate(value=value.corrected, low=value.low, high=value.high)
        return found

    def _warnings(self, candidate: Candidate, tokens: TokenCounts, cells: tuple[Cell, ...]) -> Iterator[str]:
        yield from prefix_warnings(candidate.name, candidate.embedder.space)
        yield from truncation_warnings(candidate.name, tokens.truncation())
        family = family_of(candidate.embedder.space)
        trained = family.truncatable if family is not None else None
        lost = [
            cell
            for cell in cells
            if cell.quantisation == "float32"
            and 2 * cell.dims >= candidate.embedder.space.dims > cell.dims
            and cell.loss.value < -LOSS_WORTH_SAYING
        ]
        if lost and trained is not True:
            what = "was not trained" if trained is False else "is not known to be trained"
            cell = min(lost, key=lambda each: each.dims)
            yield (
                f"{candidate.name} {what} to be cut: {cell.dims} of {candidate.embedder.space.dims} dimensions lose "
                f"{-cell.loss.value:.3f} of {self.terms.primary} here, and may lose more on other queries."
            )


def failed_row(name: str, error: HelmertError) -> Row:
    """The row of a candidate without numbers."""
    advice = f" Next: {error.next_step}" if error.next_step else ""
    return Row(
        name=name,
        kind="dense",
        model=name.partition("+")[0],
        prompt=name.partition("+")[2],
        dims=None,
        space="",
        quality={},
        tie_range={},
        judged=0.0,
        failure=f"{error.message}{advice}",
    )


def as_reference(row: Row) -> Row:
    """The row, which says that others are compared with it."""
    return replace(row, notes=("Others are compared with this one.", *row.notes))

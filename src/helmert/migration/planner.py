"""From the present state and a wish to a plan. Reads, measures, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from helmert.corpus import OnBad, ReadReport
from helmert.errors import Refused, UsageError
from helmert.migration.context import Context
from helmert.migration.plan import Estimate, Plan, stamp
from helmert.migration.stages import (
    Backfill,
    CatchUp,
    Complete,
    CreateIndex,
    Evaluate,
    Optimise,
    Promote,
    Prove,
    Stage,
)
from helmert.models.base import Embedder
from helmert.registry import IndexRecord
from helmert.spaces import IndexName, Relation, compare

SAMPLE = 200
"""Documents read to estimate tokens and sizes."""
TIMED = 64
"""Documents embedded to estimate time, only with models that cost nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    collection: str
    alias: str
    store: str
    model: str
    on_bad: OnBad
    """What a bad row of the source does."""
    force: bool = False
    """Build again even though the space is the one that is live."""


def plan_parallel(wish: Wish, context: Context) -> Plan:
    """A plan that builds a new index beside the live one.

    Raises `Refused` when a migration of this alias is under way or the model makes the space that is already
    live, `UsageError` when there is nothing to embed.
    """
    active = context.registry.migrations.active(wish.alias)
    if active is not None:
        raise Refused(
            f"Migration {active.id} of {wish.alias} is {active.state}; one at a time.",
            next_step=f"helmert status  (then apply, promote, rollback or complete {active.id})",
        )
    _require_one_alias(wish, context)
    alias = context.registry.aliases.find(wish.alias)
    live = context.registry.indexes.get(alias.index) if alias else None
    if live is not None:
        _require_model_of(live, context)
    embedder = context.embedder(wish.model)
    if live is not None and not wish.force:
        _require_change(wish, live, context, embedder)
    space = embedder.space
    version = context.registry.indexes.next_version(wish.collection)
    day = context.clock().date()
    name = str(IndexName(collection=wish.collection, slug=space.slug, version=version, day=day))
    context.store(wish.store).capabilities.alphabet.spell(name)
    stages = _stages(name, wish, live.name if live else None)
    return Plan(
        collection=wish.collection,
        alias=wish.alias,
        strategy="parallel",
        store=wish.store,
        target_index=name,
        target_model=wish.model,
        target_space=space.vector_hash,
        source_index=live.name if live else None,
        source_model=alias.model if alias else None,
        expected_generation=alias.generation if alias else 0,
        estimate=_estimate(wish, live, embedder, context),
        stages=stages,
        created_at=stamp(context.clock()),
        on_bad=wish.on_bad,
    )


def _require_one_alias(wish: Wish, context: Context) -> None:
    for other in context.registry.aliases.list():
        if other.collection == wish.collection and other.alias != wish.alias:
            raise Refused(
                f"Collection {wish.collection!r} is live under the alias {other.alias}; a second one, {wish.alias}, "
                "would be built from the source files and miss every write since.",
                next_step=f'set alias = "{other.alias}" in [collections.{wish.collection}]',
            )


def _require_model_of(live: IndexRecord, context: Context) -> None:
    """The model that made the live index must stay as it is: queries, the gate and a rollback need it."""
    made_with, now = context.registry.spaces.get(live.space), context.embedder(live.model).space
    if not compare(made_with, now).may_meet:
        raise Refused(
            f"[models.{live.model}] made the live index {live.name} as {made_with}; now it makes {now}.",
            next_step=f"restore [models.{live.model}] and give the new settings a name of their own",
        )


def _require_change(wish: Wish, live: IndexRecord, context: Context, embedder: Embedder) -> None:
    verdict = compare(context.registry.spaces.get(live.space), embedder.space)
    if verdict.relation is Relation.SAME and live.store == wish.store:
        raise Refused(
            f"{live.name} is live and already holds the space of model {wish.model!r}.",
            next_step="helmert plan --force  builds it again; helmert plan --model NAME  takes another model",
        )


def _stages(target: str, wish: Wish, live: str | None) -> tuple[Stage, ...]:
    building = (
        CreateIndex(index=target, model=wish.model),
        Backfill(index=target, model=wish.model, source_index=live),
        Optimise(index=target),
        CatchUp(index=target),
        Prove(index=target, source_index=live),
        Evaluate(index=target, incumbent=live),
        Promote(alias=wish.alias, index=target, model=wish.model),
    )
    # A first index has nothing to hold over: its promotion is the end of the migration.
    return building if live is None else (*building, Complete(old_index=live))


def _estimate(wish: Wish, live: IndexRecord | None, embedder: Embedder, context: Context) -> Estimate:
    rows, sample, origin = _survey(wish, live, context)
    if not sample:
        raise UsageError(f"Collection {wish.collection!r} has no documents to embed.", next_step="helmert doctor")
    mean_tokens = sum(embedder.count_tokens(text) for text in sample) / len(sample)
    mean_bytes = sum(len(text.encode()) for text in sample) / len(sample)
    tokens = round(mean_tokens * rows)
    seconds, timing = _timing(embedder, sample, rows, context)
    return Estimate(
        rows=rows,
        tokens=tokens,
        cost=tokens * embedder.limits.price_per_million / 1e6,
        currency=context.policy.currency,
        seconds=seconds,
        storage_bytes=round(rows * (embedder.space.dims * 4 + mean_bytes)),
        basis=(
            f"rows: {origin}",
            f"tokens and storage: estimated from {len(sample)} documents ({mean_tokens:.0f} tokens each)",
            timing,
        ),
    )


def _survey(wish: Wish, live: IndexRecord | None, context: Context) -> tuple[int, list[str], str]:
    if live is None:
        report = ReadReport()
        documents = context.source(wish.collection, wish.on_bad).documents(report)
        rows, sample = _spread(document.text for document in documents)
        return rows, sample, f"counted in the source of {wish.collection}{skipped(report)}"
    store = context.store(live.store)
    texts = (text for rows in store.scan(live.name, batch=SAMPLE) for text in rows.texts)
    return store.describe(live.name).rows, list(islice(texts, SAMPLE)), f"counted in {live.name}"


def skipped(report: ReadReport) -> str:
    """Bad rows that were left out, with the place of the first; empty when there was none."""
    if not report.skipped_total:
        return ""
    first = report.skipped[0]
    place = first.path if first.line is None else f"{first.path}:{first.line}"
    return f"; {report.skipped_total:,} bad rows left out, the first at {place}: {first.reason}"


def _spread(texts: Iterable[str]) -> tuple[int, list[str]]:
    """Count the texts and keep every n-th one, n doubling, so that the sample is spread over all of them."""
    sample: list[str] = []
    count, stride = 0, 1
    for count, text in enumerate(texts, start=1):
        if (count - 1) % stride == 0:
            sample.append(text)
        if len(sample) > SAMPLE:
            sample, stride = sample[::2], stride * 2
    return count, sample


def _timing(embedder: Embedder, sample: Sequence[str], rows: int, context: Context) -> tuple[float | None, str]:
    if embedder.limits.price_per_million:
        return None, "time: not measured, since the model charges for every call"
    texts = sample[:TIMED]
    embedder.embed_documents(texts[:1])
    start = context.seconds()
    embedder.embed_documents(texts)
    seconds = (context.seconds() - start) / len(texts) * rows
    return seconds, f"time: measured on {len(texts)} documents, one batch at a time"

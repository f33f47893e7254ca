"""Go back: after a promotion to the old index without losing a write, before it by giving the target up."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.errors import AliasMoved, HelmertError, Refused, Transient
from helmert.migration.context import Context
from helmert.migration.leasing import held
from helmert.migration.plan import Plan
from helmert.registry import IndexState, MigrationRecord, MigrationState
from helmert.serving.follower import Followed


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """What a rollback did."""

    migration: str
    state: MigrationState
    live: str | None
    """The index the alias points at now."""
    followed: Followed
    """Writes since the promotion that were replayed into the old index first."""
    summary: str


def rollback(migration: str, context: Context, *, why: str) -> RolledBack:
    """Undo a migration.

    Promoted: the old index first follows every write it has not seen, with its own model, and only then does the
    alias point at it again. Not yet promoted: the target is retired; the live index was never touched.
    Raises `Refused` when the migration is over, `AliasMoved` when the alias was moved by somebody else,
    `DifferentSpace` when the old model's name stands for another model now.
    """
    record = context.registry.migrations.get(migration)
    plan = Plan.from_dict(record.plan)
    with held(f"migration:{record.alias}", context):
        match record.state:
            case MigrationState.PROMOTED:
                return _switch_back(record, plan, context, why)
            case MigrationState.PLANNED | MigrationState.RUNNING | MigrationState.READY:
                return _give_up(record, plan, context, why)
            case _:
                raise Refused(
                    f"Migration {migration} is {record.state}; there is nothing to roll back.",
                    next_step=f"helmert plan {plan.collection}  to change the model again",
                )


def _switch_back(record: MigrationRecord, plan: Plan, context: Context, why: str) -> RolledBack:
    current = context.registry.aliases.find(plan.alias)
    if current is None or current.index != plan.target_index:
        raise AliasMoved(
            f"{plan.alias} points at {current.index if current else 'nothing'}, not at {plan.target_index}.",
            next_step="helmert status",
        )
    assert plan.source_index is not None
    context.follower.require_writable(plan.source_index)
    followed = _bring_up_to_date(plan, context)
    with context.follower.pausing(plan.target_index):
        followed += _bring_up_to_date(plan, context)
        _swap_back(record, plan, context, generation=current.generation, why=why)
    context.resolver.forget(plan.alias)
    return RolledBack(
        migration=record.id,
        state=MigrationState.ROLLED_BACK,
        live=plan.source_index,
        followed=followed,
        summary=f"{plan.alias} points at {plan.source_index} again; {_count(followed.entries)} brought over first.",
    )


def _swap_back(record: MigrationRecord, plan: Plan, context: Context, *, generation: int, why: str) -> None:
    registry = context.registry
    assert plan.source_index is not None
    assert plan.source_model is not None
    old = registry.indexes.get(plan.source_index)
    with registry.transaction():
        registry.aliases.swap(
            plan.alias,
            expected_generation=generation,
            index=old.name,
            model=plan.source_model,
            space=old.space,
            who=context.owner,
            why=f"rollback: {why}",
        )
        registry.indexes.set_state(old.name, IndexState.LIVE)
        registry.indexes.set_state(plan.target_index, IndexState.RETIRED)
        registry.migrations.set_state(record.id, MigrationState.ROLLED_BACK)


def _count(entries: int) -> str:
    match entries:
        case 0:
            return "no write had to be"
        case 1:
            return "1 later write was"
        case _:
            return f"{entries:,} later writes were"


def _bring_up_to_date(plan: Plan, context: Context) -> Followed:
    assert plan.source_index is not None
    try:
        return context.follower.follow(plan.source_index)
    except Transient as error:
        old = context.registry.indexes.get(plan.source_index)
        behind = sorted(context.registry.journal.ids_after(plan.collection, old.applied_seq))
        shown = ", ".join(map(repr, behind[:5])) + (", …" if len(behind) > 5 else "")
        raise HelmertError(
            f"Not rolled back: {old.name} lacks {len(behind):,} documents written since ({shown}), and its model "
            f"cannot embed them now: {error.message}",
            next_step=f"helmert rollback {plan.collection}  again when the model answers",
        ) from error


def _give_up(record: MigrationRecord, plan: Plan, context: Context, why: str) -> RolledBack:
    registry = context.registry
    with registry.transaction():
        if registry.indexes.find(plan.target_index) is not None:
            alias = registry.aliases.find(plan.alias)
            # Somebody may have pointed the alias at the target by hand: then it is live, and stays so.
            in_use = alias is not None and alias.index == plan.target_index
            registry.indexes.set_state(plan.target_index, IndexState.LIVE if in_use else IndexState.RETIRED)
        registry.migrations.set_state(record.id, MigrationState.ABORTED)
        registry.ledger.append(
            who=context.owner,
            kind="migration.aborted",
            subject=record.id,
            why=why,
            detail={"alias": plan.alias, "target": plan.target_index},
        )
    context.spool(plan.target_index).clear()
    return RolledBack(
        migration=record.id,
        state=MigrationState.ABORTED,
        live=plan.source_index,
        followed=Followed(),
        summary=f"Migration {record.id} was given up before promotion; {plan.alias} was never touched.",
    )

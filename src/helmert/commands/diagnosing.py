"""`helmert doctor`: is everything a migration will need in order? Reads and probes, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from helmert.commands.outcome import Outcome
from helmert.corpus import ReadReport
from helmert.errors import HelmertError
from helmert.migration.fingerprints import check
from helmert.registry import IndexRecord, IndexState
from helmert.spaces.probes import Likeness
from helmert.workspace import Workspace


class Health(StrEnum):
    """The result of one check."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, what was found, and what to do about it."""

    subject: str
    health: Health
    finding: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(Outcome):
    """All checks, in the order in which a migration would need them."""

    checks: tuple[Check, ...]


def doctor(workspace: Workspace) -> Diagnosis:
    """Look at registry, stores, models, documents, labelled queries, indexes and aliases.

    A check that fails does not stop the others; `go` is False when any is bad.
    """
    checks = tuple(_all(workspace))
    good = all(check.health is not Health.BAD for check in checks)
    first_bad = next((check.remedy for check in checks if check.health is Health.BAD and check.remedy), None)
    live = bool(workspace.registry.aliases.list()) if good else False
    next_step = ("helmert status" if live else "helmert plan") if good else first_bad or "mend what is marked bad"
    return Diagnosis(checks=checks, go=good, next_step=next_step)


def _all(workspace: Workspace) -> Iterator[Check]:
    settings = workspace.settings
    registry = _guard("registry", partial(_registry, workspace))
    opens = registry.health is not Health.BAD
    indexes = workspace.registry.indexes.list() if opens else ()
    yield registry
    for name in sorted(settings.stores):
        yield _guard(f"store {name}", partial(_store, workspace, name, indexes))
    for name in sorted(settings.models):
        yield _guard(f"model {name}", partial(_model, workspace, name, fingerprinted=opens))
    for name in sorted(settings.collections):
        yield _guard(f"documents of {name}", partial(_documents, workspace, name))
        yield _guard(f"queries of {name}", partial(_queries, workspace, name))
    for record in indexes:
        if record.state not in {IndexState.RETIRED, IndexState.DROPPED}:
            yield _guard(f"index {record.name}", partial(_index, workspace, record))
    for alias in workspace.registry.aliases.list() if opens else ():
        yield _guard(f"alias {alias.alias}", partial(_alias, workspace, alias.alias))


def _guard(subject: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except HelmertError as error:
        return Check(subject=subject, health=Health.BAD, finding=error.message, remedy=error.next_step or "")


def _registry(workspace: Workspace) -> Check:
    count = len(workspace.registry.indexes.list())
    return Check(subject="registry", health=Health.GOOD, finding=f"opens; it knows {count} indexes")


def _store(workspace: Workspace, name: str, indexes: Sequence[IndexRecord]) -> Check:
    present = set(workspace.store(name).list_indexes())
    known = {record.name for record in indexes if record.store == name}
    strangers = sorted(present - known)
    finding = f"opens; {len(present & known)} managed indexes"
    if strangers:
        return Check(
            subject=f"store {name}",
            health=Health.NOTE,
            finding=f"{finding}, {len(strangers)} that Helmert does not manage: {', '.join(strangers[:5])}",
        )
    return Check(subject=f"store {name}", health=Health.GOOD, finding=finding)


def _model(workspace: Workspace, name: str, *, fingerprinted: bool) -> Check:
    embedder = workspace.embedder(name)
    verdict = check(embedder, workspace.registry) if fingerprinted else None
    subject = f"model {name}"
    if verdict is None:
        embedder.embed_queries(["hello"])
        return Check(subject=subject, health=Health.GOOD, finding=f"answers; {embedder.space}")
    bad = verdict.likeness is Likeness.DIFFERENT
    return Check(
        subject=subject,
        health=Health.BAD if bad else Health.GOOD,
        finding=f"{embedder.space}: {verdict.likeness} to its fingerprint. {verdict.reason}",
        remedy="ask the provider what changed before anything is written" if bad else "",
    )


def _documents(workspace: Workspace, name: str) -> Check:
    report = ReadReport()
    count = sum(1 for _ in workspace.source(name).documents(report))
    skipped = f", {report.skipped_total:,} bad rows skipped" if report.skipped_total else ""
    return Check(
        subject=f"documents of {name}",
        health=Health.NOTE if report.skipped_total else Health.GOOD,
        finding=f"{count:,} documents{skipped}",
    )


def _queries(workspace: Workspace, name: str) -> Check:
    subject = f"queries of {name}"
    evalset = workspace.evalset(name)
    if evalset is None:
        return Check(
            subject=subject,
            health=Health.NOTE,
            finding="no labelled queries: every gate will answer INCONCLUSIVE",
            remedy=f"set `evalset` in [collections.{name}]",
        )
    ids = {document.id for document in workspace.source(name).documents()}
    dangling = len(evalset.relevant_documents - ids)
    finding = f"{len(evalset.answerable):,} labelled queries"
    if dangling:
        return Check(
            subject=subject,
            health=Health.BAD if dangling == len(evalset.relevant_documents) else Health.NOTE,
            finding=f"{finding}; {dangling:,} relevant documents are not in the collection",
            remedy="check that ids are written the same way on both sides",
        )
    return Check(subject=subject, health=Health.GOOD, finding=finding)


def _index(workspace: Workspace, record: IndexRecord) -> Check:
    name = record.name
    info = workspace.store(record.store).describe(name)
    if info.spec.space != record.vector_hash:
        return Check(
            subject=f"index {name}",
            health=Health.BAD,
            finding=f"the store says space {info.spec.space}, the registry {record.vector_hash}",
            remedy="do not write to it; plan a new index",
        )
    behind = workspace.follower.behind(name)
    if record.state in {IndexState.LIVE} and behind:
        return Check(
            subject=f"index {name}",
            health=Health.NOTE,
            finding=f"{info.rows:,} rows, {behind:,} writes behind the journal; the next write brings them in",
        )
    return Check(subject=f"index {name}", health=Health.GOOD, finding=f"{record.state}, {info.rows:,} rows")


def _alias(workspace: Workspace, name: str) -> Check:
    resolved = workspace.resolver.resolve(name)
    return Check(
        subject=f"alias {name}",
        health=Health.GOOD,
        finding=f"{resolved.index} with model {resolved.model!r}, generation {resolved.generation}",
    )

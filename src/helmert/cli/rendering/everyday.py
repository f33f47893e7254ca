"""The verbs that build, change, search and watch over indexes, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.cli.rendering.base import lines, table
from helmert.cli.rendering.gates import judgement_lines
from helmert.commands.applying import Applied
from helmert.commands.diagnosing import Diagnosis, Health
from helmert.commands.evaluating import Evaluated
from helmert.commands.fitting import Fitted
from helmert.commands.initialising import Initialised
from helmert.commands.overview import Status
from helmert.commands.planning import Planned
from helmert.commands.searching import Found
from helmert.commands.switching import Adjusted
from helmert.demo import Demonstrated
from helmert.migration.quantities import duration, price, size


@lines.register
def _(outcome: Initialised) -> Iterator[str]:
    yield f"Wrote {outcome.path} with the collection {outcome.collection!r}. Look at it and adapt it."


@lines.register
def _(outcome: Fitted) -> Iterator[str]:
    yield (
        f"Fitted {outcome.model!r} on {outcome.documents:,} documents: {outcome.dims} dims, written to {outcome.path}."
    )


@lines.register
def _(outcome: Planned) -> Iterator[str]:
    plan, estimate = outcome.plan, outcome.plan.estimate
    now = f"{plan.source_index} ({plan.source_model})" if plan.source_index else "nothing yet"
    yield f"Plan for {plan.alias}: {plan.strategy}, digest {plan.digest}"
    yield f"  live now     {now}"
    yield f"  new index    {plan.target_index} ({plan.target_model}) in store {plan.store!r}"
    yield f"  rows         {estimate.rows:,}"
    yield f"  tokens       {estimate.tokens:,}"
    yield f"  cost         {price(estimate.cost, estimate.currency)}"
    yield f"  time         {duration(estimate.seconds) if estimate.seconds is not None else 'unknown'}"
    yield f"  storage      {size(estimate.storage_bytes)} more until the old index is removed"
    for basis in estimate.basis:
        yield f"               ({basis})"
    for number, (stage, text) in enumerate(zip(plan.stages, outcome.stages, strict=True), start=1):
        yield f"  {number}. {stage.title:<18} {text}"
    yield f"Nothing has been changed. The plan is in {outcome.file}."


@lines.register
def _(outcome: Applied) -> Iterator[str]:
    again = " (continued)" if outcome.resumed else ""
    yield f"Migration {outcome.migration} of {outcome.alias}{again}: {outcome.target_index} is built."
    yield from judgement_lines(outcome.judgement)


@lines.register
def _(outcome: Evaluated) -> Iterator[str]:
    yield from judgement_lines(outcome.judgement)
    if outcome.run_file:
        yield f"Ranking written to {outcome.run_file}."
    yield from (f"Written: {path}" for path in outcome.files)


@lines.register
def _(outcome: Adjusted) -> Iterator[str]:
    yield outcome.summary
    if outcome.index:
        yield f"{outcome.alias} is at generation {outcome.generation}: {outcome.index} with model {outcome.model!r}."


@lines.register
def _(outcome: Found) -> Iterator[str]:
    for rank, hit in enumerate(outcome.hits, start=1):
        snippet = " ".join(hit.text.split())
        yield f"{rank:>3}  {hit.score:.3f}  {hit.id}  {snippet[:100]}{'…' if len(snippet) > 100 else ''}"
    if not outcome.hits:
        yield "No documents."
    yield f"from {outcome.index} with model {outcome.model!r} (generation {outcome.generation})"


@lines.register
def _(outcome: Diagnosis) -> Iterator[str]:
    marks = {Health.GOOD: "good", Health.NOTE: "note", Health.BAD: "BAD "}
    width = max((len(check.subject) for check in outcome.checks), default=0)
    for check in outcome.checks:
        yield f"{marks[check.health]}  {check.subject:<{width}}  {check.finding}"
        if check.remedy:
            yield f"      {'':<{width}}  → {check.remedy}"


@lines.register
def _(outcome: Status) -> Iterator[str]:
    if not outcome.aliases:
        yield "No alias yet: nothing is live."
    for alias in outcome.aliases:
        behind = f", {alias.behind:,} writes behind" if alias.behind else ""
        yield f"{alias.alias} → {alias.index} with model {alias.model!r} (generation {alias.generation}{behind})"
    rows = [(index.name, index.state, f"{index.rows:,} rows", index.space) for index in outcome.indexes]
    yield from table(rows)
    for migration in outcome.migrations:
        yield f"Migration {migration.id} of {migration.alias} to {migration.target_index}: {migration.standing}"


@lines.register
def _(outcome: Demonstrated) -> Iterator[str]:
    yield f"Report: {outcome.report}"

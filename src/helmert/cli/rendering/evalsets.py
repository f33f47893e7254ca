"""The verbs about evaluation sets, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helmert.cli.rendering.base import lines, table
from helmert.commands.evalset_checking import EvalsetChecked

_MARKS = {"error": "ERROR  ", "warning": "warning", "note": "note   "}


@lines.register
def _(outcome: EvalsetChecked) -> Iterator[str]:
    contents = outcome.contents
    yield (
        f"{outcome.name}: {contents['answerable']:,} of {contents['queries']:,} queries can be scored, "
        f"{contents['judgements']:,} judgements, digest {outcome.digest}"
    )
    if outcome.accepted:
        yield "The manifest was written anew and describes the files as they are."
    yield from table(_facts(outcome))
    for problem in outcome.problems:
        yield f"{_MARKS[problem.severity]}  {problem.kind}: {problem.sentence}"
        if problem.examples:
            yield f"         for example {'; '.join(problem.examples)}"
        yield f"         → {problem.remedy}"
    if not outcome.problems:
        yield "Nothing was found."


def _facts(outcome: EvalsetChecked) -> Iterator[tuple[str, str]]:
    contents = outcome.contents
    yield "documents", "none to look at" if outcome.documents is None else f"{outcome.documents:,} in {outcome.corpus}"
    yield "origins", _counted(contents["origins"])
    if contents["clusters"]:
        yield "clusters", _counted(contents["clusters"])
    slices = contents["slices"]
    if isinstance(slices, Mapping):
        for name, values in slices.items():
            yield f"slice {name}", _counted(values)
    if contents["weights"]:
        yield "weights", _counted(contents["weights"])
    if outcome.overlap is not None:
        overlap = outcome.overlap
        yield (
            "word by word",
            f"{overlap.copied:.0%} of {overlap.queries:,} queries in their document, "
            f"{overlap.baseline:.0%} in another's",
        )


def _counted(values: object) -> str:
    """Counts as people read them. A slice of many values shows the first few."""
    if not isinstance(values, Mapping) or not values:
        return "none"
    shown = [f"{name} {count:,}" for name, count in list(values.items())[:8]]
    return ", ".join(shown) + (f" and {len(values) - 8:,} more" if len(values) > 8 else "")

"""Runs verbs in children that kill themselves at a given moment.

Each line of standard input is `{"verb": ..., "moment": [where, name]}` about the project in the current folder or
in `"folder"`; each line of standard output is how the child ended, -9 when it was killed. Children are forked from a
process that has imported everything and opened nothing, so that each costs no new start of the interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lance_namespace  # noqa: F401 - most of what importing lancedb takes; has no threads, so it may be forked

from helmert import commands
from helmert.registry.aliases import Aliases
from helmert.serving.resolver import Resolver
from helmert.telemetry import Event, StageFinished, StageStarted, silent
from helmert.workspace import Workspace


def die() -> None:
    """As if the machine had lost its power: no handler runs, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_stage(kind: type[StageStarted | StageFinished], stage: str) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if isinstance(event, kind) and event.stage == stage:
            die()

    return listen


def at_swap(when: str) -> None:
    """Arm the swap: die before its transaction, inside it, or as soon as it is committed."""
    swap = Aliases.swap

    def dying_swap(*arguments: Any, **named: Any) -> Any:
        if when == "before":
            die()
        record = swap(*arguments, **named)
        if when == "inside":
            die()
        return record

    def dying_forget(self: Resolver, alias: str) -> None:
        die()

    Aliases.swap = dying_swap  # type: ignore[method-assign]
    if when == "after":
        Resolver.forget = dying_forget  # type: ignore[method-assign]


def live_and_die(case: dict[str, Any]) -> None:
    where, name = case["moment"]
    listener: Callable[[Event], None] = silent
    match where:
        case "started":
            listener = at_stage(StageStarted, name)
        case "finished":
            listener = at_stage(StageFinished, name)
        case "swap":
            at_swap(name)
    with Workspace.open(Path(case["folder"]), listener=listener) as workspace:
        getattr(commands, case["verb"])(workspace)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                live_and_die(json.loads(line))
            except BaseException:  # noqa: BLE001 - a forked child must not go on with its parent's loop
                traceback.print_exc()
            os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


main()

"""The verbs of Helmert as plain functions: what the command line, a service, tests and notebooks call.

Each takes a `Workspace` and returns a frozen outcome with `to_dict()`, `exit_code` and `next_step`. Nothing here
prints. May import `workspace` and every room below it.
"""

from helmert.commands.applying import apply
from helmert.commands.comparing import compare
from helmert.commands.diagnosing import doctor
from helmert.commands.evaluating import evaluate
from helmert.commands.fitting import fit
from helmert.commands.initialising import init
from helmert.commands.overview import status
from helmert.commands.planning import plan
from helmert.commands.searching import search
from helmert.commands.selecting import select
from helmert.commands.switching import complete, promote, rollback
from helmert.commands.writing import delete, upsert

__all__ = [
    "apply",
    "compare",
    "complete",
    "delete",
    "doctor",
    "evaluate",
    "fit",
    "init",
    "plan",
    "promote",
    "rollback",
    "search",
    "select",
    "status",
    "upsert",
]

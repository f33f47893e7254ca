"""What each stage does when it is run: one file per stage, one function `run(stage, task)` in each.

Every one of them can be run again after a crash, at any point, and comes to the same end.
"""

from helmert.migration.steps import backfill, catch_up, complete, create, evaluate, optimise, promote, prove

__all__ = ["backfill", "catch_up", "complete", "create", "evaluate", "optimise", "promote", "prove"]

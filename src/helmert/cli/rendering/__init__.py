"""Outcomes as lines of plain text, one function per outcome, one module per family of verbs.

Importing this package registers all of them with `lines`.
"""

from helmert.cli.rendering import evalset_building, evalsets, everyday, gates, power, selecting
from helmert.cli.rendering.base import lines, table

__all__ = ["evalset_building", "evalsets", "everyday", "gates", "lines", "power", "selecting", "table"]

"""Outcomes as lines of plain text, one function per outcome, one module per family of verbs.

Importing this package registers all of them with `lines`.
"""

from helmert.cli.rendering import everyday
from helmert.cli.rendering.base import lines, table

__all__ = ["everyday", "lines", "table"]

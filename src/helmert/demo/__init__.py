"""The demo: the main job on real text that every Python carries with it, offline, in under two minutes.

May import `commands` and every room below it.
"""

from helmert.demo.story import Demonstrated, tell

__all__ = ["Demonstrated", "tell"]

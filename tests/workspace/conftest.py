"""The projects that the verbs are tested with."""

from __future__ import annotations

from tests.commands.conftest import live, live_original, project, servers

__all__ = ["live", "live_original", "project", "servers"]

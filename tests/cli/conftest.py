"""The command line in this process: what it prints where, and the code it ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from helmert.cli.main import run
from tests.commands.conftest import live, live_original, project, ready, ready_original, servers

__all__ = ["live", "live_original", "project", "ready", "ready_original", "servers"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        """What was printed, which must be one JSON object and a line end."""
        assert self.out.endswith("}\n"), self.out
        assert self.out.count("\n") == 1, self.out
        found = json.loads(self.out, parse_constant=refuse)
        assert isinstance(found, dict)
        return found


def refuse(constant: str) -> None:
    pytest.fail(f"{constant} is not JSON")


Helmert = Callable[..., Ran]


@pytest.fixture
def helmert(capsys: pytest.CaptureFixture[str]) -> Helmert:
    """Run a command line in the current folder."""

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        printed = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code=code, out=printed.out, err=printed.err)

    return ran

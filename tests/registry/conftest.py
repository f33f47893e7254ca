"""A registry for each test: on SQLite, and on Postgres too where HELMERT_TEST_POSTGRES names a server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from helmert.registry import IndexRecord, IndexState, Registry
from helmert.spaces import EmbeddingSpace
from tests.registry.staging import AddIndex, NewUrl, RunTogether, SteppingClock

POSTGRES = os.environ.get("HELMERT_TEST_POSTGRES")
"""As `postgresql://user@host/database`; every test gets a schema of its own there."""

BACKENDS = ("sqlite", "postgres") if POSTGRES else ("sqlite",)
ROOT = Path(__file__).parents[2]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what did not run, in a line that the lanes repeat at the end."""
    if POSTGRES is None:
        terminalreporter.write_line("not exercised: registry on Postgres (HELMERT_TEST_POSTGRES names no server)")


@contextmanager
def postgres_schema(server: str) -> Iterator[str]:
    url = make_url(server).set(drivername="postgresql+psycopg")
    schema = f"test_{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=BACKENDS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewUrl]:
    with ExitStack() as stack:

        def new() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{tmp_path / uuid4().hex}.db"
            assert POSTGRES
            return stack.enter_context(postgres_schema(POSTGRES))

        yield new


@pytest.fixture
def url(new_url: NewUrl) -> str:
    return new_url()


@pytest.fixture
def registry(url: str, clock: SteppingClock) -> Iterator[Registry]:
    with Registry.open(url, clock) as opened:
        yield opened


@pytest.fixture
def space() -> EmbeddingSpace:
    return EmbeddingSpace(model="maker/small", dims=4)


@pytest.fixture
def add_index(registry: Registry, space: EmbeddingSpace) -> AddIndex:
    def add(
        collection: str = "docs",
        *,
        state: Literal[IndexState.BUILDING, IndexState.BUILT] = IndexState.BUILT,
        applied_seq: int = 0,
    ) -> IndexRecord:
        version = registry.indexes.next_version(collection)
        return registry.indexes.add(
            name=f"{collection}_v{version}",
            collection=collection,
            store="main",
            model="small",
            space=space,
            version=version,
            state=state,
            applied_seq=applied_seq,
        )

    return add


@pytest.fixture
def run_together() -> RunTogether:
    def run(program: str, arguments: Sequence[Sequence[str]], *, returncode: int = 0) -> list[str]:
        processes = [
            subprocess.Popen(
                [sys.executable, "-W", "error", "-m", f"tests.registry.programs.{program}", *each],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for each in arguments
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        printed = [process.communicate("go\n", timeout=120)[0] for process in processes]
        assert [process.returncode for process in processes] == [returncode] * len(processes)
        return printed

    return run

"""The program as a process: run as a module, cut off by its reader, interrupted, on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest

from helmert import commands
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.openai_server import Misbehaviour, Server, serve
from tests.commands.projects import Project

HANG_SECONDS = 120
HELMERT = (sys.executable, "-W", "error", "-m", "helmert")


def interruptible() -> None:
    """In the child: a parent that ignores Control-C, as background jobs of a shell do, would pass that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(project: Project, arguments: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*HELMERT, *arguments],
        cwd=project.folder,
        stdin=subprocess.DEVNULL,
        preexec_fn=interruptible,  # noqa: PLW1509 - it takes no lock
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def test_it_runs_as_a_module(live: Project) -> None:
    with start(live, ["search", "harbour", "-k", "1", "--json"]) as process:
        out, err = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, err) == (0, b"")
    assert len(json.loads(out)["hits"]) == 1


def test_a_reader_that_has_enough_ends_it_without_a_word(live: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with start(live, ["search", "harbour"], stdout=writing) as process:
            _, err = process.communicate(timeout=HANG_SECONDS)
    finally:
        os.close(writing)
    assert (process.returncode, err) == (141, b"")


def test_a_terminal_that_knows_no_unicode_gets_all_it_can_show(live: Project) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with start(live, ["status"], env=environment) as process:
        out, err = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, err) == (0, b"")
    assert out.startswith(b"docs_current \\u2192 docs__small_v1__")


@pytest.fixture
def silent(live: Project) -> Iterator[Server]:
    """The large model takes every request and answers none."""
    urls = [line for line in live.settings.read_text().splitlines() if line.startswith("url = ") and "http" in line]
    misbehaviour = Misbehaviour(silent=range(1, 1000))
    with serve(ToyEmbedder(model="toy-large", dims=32), misbehaviour=misbehaviour) as server:
        live.edit(urls[1], f'url = "{server.url}"')
        yield server


def wait_for_a_request(server: Server) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not server.requests:
        assert time.monotonic() < deadline, "the model was never asked"
        time.sleep(0.02)


def test_control_c_ends_it_with_a_word_of_advice(live: Project, silent: Server) -> None:
    with start(live, ["plan", "--model", "large"]) as process:
        wait_for_a_request(silent)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().split("\n")[-3:] == [
        "Interrupted.",
        "Next: the same command continues where this stopped",
        "",
    ]
    assert b"Traceback" not in err


def test_control_c_is_json_too(live: Project, silent: Server) -> None:
    with start(live, ["plan", "--model", "large", "--json"]) as process:
        wait_for_a_request(silent)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130
    assert json.loads(out)["kind"] == "Interrupted"


def test_bars_are_for_terminals_and_results_are_not_in_them(live: Project) -> None:
    with live.open() as workspace:
        commands.plan(workspace, model="large")
    master, slave = pty.openpty()
    with start(live, ["apply"], stderr=slave) as process:
        os.close(slave)
        out, _ = process.communicate(timeout=HANG_SECONDS)
        shown = b""
        while chunk := read(master):
            shown += chunk
    os.close(master)
    assert process.returncode == 0
    assert b"\x1b" not in out
    assert b"30 documents embedded and written" in out
    assert b"Backfill" in shown
    assert b"\x1b" in shown


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end of a terminal was closed
        return b""

"""What all tests share: shared data or an honest deselection, no network, deterministic properties.

A line that begins with `not exercised: ` is collected by the lanes and repeated at the end of the whole run.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
MINILM = ROOT / ".cache" / "models" / "all-MiniLM-L6-v2"
DATA_VARIABLE = "HELMERT_TEST_DATA"

hypothesis.settings.register_profile(
    "gate",
    deadline=None,  # a timing is never a test
    derandomize=True,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "explore", hypothesis.settings.get_profile("gate"), derandomize=False, max_examples=2000
)
hypothesis.settings.load_profile("gate")

deselected: Counter[str] = Counter()
"""Tests left out by their marker, in this process and in the workers that have reported."""


def collections_folder() -> Path | None:
    """The shared collections, or None when this machine has none."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named and Path(named).is_dir() else None


def missing() -> dict[str, str]:
    """Markers whose tests cannot run here, each with the reason and the remedy."""
    absent = {}
    if collections_folder() is None:
        absent["data"] = f"{DATA_VARIABLE} does not name a folder of test collections"
    if not MINILM.is_dir():
        absent["minilm"] = f"{MINILM.relative_to(ROOT)} does not exist; `make test` builds it"
    return absent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests whose data or weights this machine lacks, and count them by marker."""
    absent = missing()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        marker = next((m for m in absent if item.get_closest_marker(m)), None)
        if marker is None:
            kept.append(item)
        else:
            left_out.append(item)
            deselected[marker] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist hands its count to the main process, which is the one that prints."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["deselected"] = dict(deselected)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take a worker's count. Every worker collects every test, so the counts agree and are not summed."""
    deselected.update(Counter(getattr(node, "workeroutput", {}).get("deselected", {})) - deselected)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests did not run, and why, in lines that the lanes repeat at the end."""
    reasons = missing()
    for marker, count in sorted(deselected.items()):
        terminalreporter.write_line(f"not exercised: {count} tests marked `{marker}`: {reasons[marker]}")
    skipped: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        skipped[report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)] += 1
    for reason, count in sorted(skipped.items()):
        terminalreporter.write_line(f"not exercised: {count} tests: {reason}")


@pytest.fixture(scope="session")
def collections() -> Path:
    """The folder of shared test collections. For tests marked `data`; others fail here."""
    folder = collections_folder()
    assert folder is not None, "mark this test `data`: it reads the shared collections"
    return folder


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """The MiniLM ONNX folder that the set-up builds. For tests marked `minilm`; others fail here."""
    assert MINILM.is_dir(), "mark this test `minilm`: it reads the weights that the set-up builds"
    return MINILM


def is_local(host: object) -> bool:
    """Whether a host is this machine: a loopback address or its name, or the wildcard address."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        address = ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_distant(host: object) -> None:
    """Fail the running test when a host is not this machine. No `except Exception` swallows it."""
    if not is_local(host):
        pytest.fail(f"a test reached for the network: {host!r}. Serve what it needs on loopback.")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections and name look-ups of this process stay on this machine. Unix sockets are always local."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            refuse_distant(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            refuse_distant(address[0])
        return connect_ex(self, address)

    def guarded_look_up(host: bytes | str | None, *arguments: Any, **named: Any) -> Any:
        refuse_distant(host)
        return look_up(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield

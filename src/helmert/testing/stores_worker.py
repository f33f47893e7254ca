"""A process that uses a store for the contract: `python -m helmert.testing.stores_worker URL COMMAND ...`.

Commands: `names` lists the indexes, `create NAME` makes one, `ingest NAME FIRST END SIZE` writes the batches
with these numbers and confirms each with a line. `--driver SCHEME=MODULE:FUNCTION` names a driver that is not
installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import numpy as np

from helmert.errors import HelmertError, StoreBusy, UsageError
from helmert.stores.base import IndexSpec, Rows, VectorStore
from helmert.stores.discovery import GROUP, open_store
from helmert.types import content_hash

DIMS = 8
SPACE = "0123456789abcdef"
ATTEMPTS = 50
"""Tries at one batch while other writers keep the store busy."""


def batch_of(number: int, size: int) -> Rows:
    """The batch with this number, the same in every process."""
    texts = [f"Row {row} of batch {number}." for row in range(size)]
    return Rows(
        ids=[f"batch-{number}-{row}" for row in range(size)],
        vectors=np.random.default_rng(number).standard_normal((size, DIMS), dtype=np.float32),
        texts=texts,
        hashes=[content_hash(text) for text in texts],
        metadata=[{"batch": number} for _ in texts],
    )


def main(arguments: list[str], say: Callable[[str], None]) -> int:
    """Run one command; the exit code is that of the error, if one is raised."""
    parser = argparse.ArgumentParser(prog="helmert.testing.stores_worker")
    parser.add_argument("--driver", action="append", default=[])
    parser.add_argument("url")
    parser.add_argument("command", choices=["names", "create", "ingest"])
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args(arguments)
    drivers = [_entry_point(driver) for driver in given.driver]
    try:
        with open_store(given.url, entry_points=drivers or None) as store:
            _obey(store, given.command, given.rest, say)
    except HelmertError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    return 0


def _entry_point(driver: str) -> EntryPoint:
    scheme, _, value = driver.partition("=")
    return EntryPoint(scheme, value, GROUP)


def _obey(store: VectorStore, command: str, rest: list[str], say: Callable[[str], None]) -> None:
    match command, rest:
        case "names", []:
            for name in store.list_indexes():
                say(name)
        case "create", [name]:
            store.create_index(IndexSpec(name=name, dims=DIMS, space=SPACE))
        case "ingest", [name, first, end, size]:
            for number in range(int(first), int(end)):
                _write(store, name, batch_of(number, int(size)))
                say(str(number))
        case _:
            raise UsageError(f"Command {command!r} does not take {rest}.")


def _write(store: VectorStore, name: str, batch: Rows) -> None:
    for _ in range(ATTEMPTS - 1):
        try:
            return store.upsert(name, batch, space=SPACE)
        except StoreBusy:
            continue
    return store.upsert(name, batch, space=SPACE)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], _say))

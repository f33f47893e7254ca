"""Searches through the alias in several threads until the file `stop` appears; every answer becomes a line of JSON.

Arguments: the file to write to, and how many threads. Times are of the machine's monotonic clock.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from itertools import count
from pathlib import Path
from typing import TextIO

from helmert.errors import HelmertError
from helmert.workspace import Workspace

PAUSE = 0.01
HITS = 5


def read(workspace: Workspace, queries: list[str], reader: int, log: TextIO, lock: threading.Lock) -> None:
    for turn in count(reader):
        if Path("stop").exists():
            return
        query = queries[turn % len(queries)]
        asked = time.monotonic()
        line: dict[str, object] = {"reader": reader, "query": query, "asked": asked}
        try:
            answer = workspace.searcher.search("docs_current", query, HITS)
        except HelmertError as error:
            line["error"] = repr(error)
        else:
            line |= {
                "answered": time.monotonic(),
                "index": answer.index,
                "model": answer.model,
                "generation": answer.generation,
                "ids": [hit.id for hit in answer.hits],
            }
        with lock:
            print(json.dumps(line), file=log, flush=True)
        time.sleep(PAUSE)


def main() -> None:
    queries = [json.loads(line)["text"] for line in Path("queries.jsonl").read_text(encoding="utf-8").splitlines()]
    lock = threading.Lock()
    with Workspace.open() as workspace, Path(sys.argv[1]).open("w", encoding="utf-8") as log:
        readers = [
            threading.Thread(target=read, args=(workspace, queries, number, log, lock))
            for number in range(int(sys.argv[2]))
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()


main()

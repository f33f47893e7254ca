"""What the benchmarks share: arguments, collections, alternating measurements, and the line they end with.

A figure that two programs share is measured on both in the same run, by turns, and compared as the median over the
turns: on a busy machine a single comparison may be wrong by half, and times of different runs say nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TypeVar

import numpy as np

from helmert.corpus import open_source
from helmert.demo.stdlib_corpus import StdlibCollection, collect
from helmert.errors import UsageError
from helmert.evaluation.readers.queries import read_queries
from helmert.types import Document

Item = TypeVar("Item")

CORPUS = "corpus.jsonl"
QUERIES = "queries.jsonl"
LEAST_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a piece of work took."""

    seconds: float
    cpu: float
    """Processor seconds of this process, all threads; depends less than `seconds` on what else the machine does."""


Work = Callable[[], Mapping[str, Cost]]
"""Does something once and says what its parts took."""


def parser(about: str) -> argparse.ArgumentParser:
    """The arguments that every benchmark takes. `about` is the module's docstring; its first line is shown."""
    made = argparse.ArgumentParser(description=about.partition("\n")[0])
    made.add_argument("--quick", action="store_true", help="less input, so that the whole run takes under 50 s")
    made.add_argument(
        "--data",
        action="append",
        default=[],
        type=_beir_folders,
        metavar="DIR",
        help="a BEIR folder, or a folder of such folders; may be repeated (default: input made on the spot)",
    )
    return made


def _beir_folders(argument: str) -> list[Path]:
    folder = Path(argument)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{argument} is not a folder")
    candidates = [folder, *sorted(child for child in folder.iterdir() if child.is_dir())]
    found = [place for place in candidates if (place / CORPUS).is_file()]
    if not found:
        raise argparse.ArgumentTypeError(f"neither {argument} nor a folder in it holds {CORPUS}")
    return [folder] if folder in found else found


@contextmanager
def faults_of_data(made: argparse.ArgumentParser) -> Iterator[None]:
    """Files that are wrong or missing end the run as wrong arguments do: a message and exit code 2."""
    try:
        yield
    except UsageError as error:
        made.error(error.message)


def folders(arguments: argparse.Namespace) -> list[Path]:
    """The collections that `--data` named."""
    return list(chain.from_iterable(arguments.data))


@cache
def standard_library() -> StdlibCollection:
    """The collection that every Python brings along; reading it takes seconds."""
    return collect()


def documents(data: Sequence[Path], most: int) -> list[Document]:
    """Documents of all collections by turns, or of the standard library without collections; at most so many."""
    if data:
        return list(islice(_by_turns([_renamed(folder) for folder in data]), most))
    return list(standard_library().documents[:most])


def query_texts(data: Sequence[Path], most: int) -> list[str]:
    """Texts of queries, drawn as `documents` draws."""
    if not data:
        return [query.text for query in standard_library().queries[:most]]
    files = [folder / QUERIES for folder in data if (folder / QUERIES).is_file()]
    if not files:
        raise UsageError(f"None of the {len(data)} collections has {QUERIES}.")
    return list(islice(_by_turns([(query.text for query in read_queries(file).queries) for file in files]), most))


def _renamed(folder: Path) -> Iterator[Document]:
    """Documents with the collection's name in their ids: two collections may use the same ones."""
    for document in open_source(folder, on_bad="skip").documents():
        yield replace(document, id=f"{folder.name}:{document.id}")


def _by_turns(sources: Sequence[Iterator[Item]]) -> Iterator[Item]:
    for turn in zip_longest(*sources):
        yield from (item for item in turn if item is not None)


def cost_of(work: Callable[[], object]) -> Cost:
    """What one call takes."""
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return Cost(seconds=time.perf_counter() - start, cpu=time.process_time() - cpu)


def by_turns(works: Sequence[Work], *, rounds: int, budget: float) -> dict[str, list[Cost]]:
    """Do all works in every round and collect what their parts took.

    The order turns from round to round, so that none is always the one after a pause. After `budget` seconds no
    further round begins, but there are at least `LEAST_ROUNDS`.
    """
    taken: dict[str, list[Cost]] = {}
    start = time.perf_counter()
    for done in range(rounds):
        if done >= LEAST_ROUNDS and time.perf_counter() - start > budget:
            break
        turn = done % len(works)
        for work in (*works[turn:], *works[:turn]):
            for name, cost in work().items():
                taken.setdefault(name, []).append(cost)
    return taken


def median(costs: Sequence[Cost]) -> float:
    """The middle one of the wall-clock times."""
    return float(np.median([cost.seconds for cost in costs]))


def median_cpu(costs: Sequence[Cost]) -> float:
    """The middle one of the processor times."""
    return float(np.median([cost.cpu for cost in costs]))


def compared(name: str, over: Sequence[Cost], under: Sequence[Cost]) -> dict[str, object]:
    """Ratios of paired costs: the median, its quartiles (how restless the machine was), and processor time alone."""
    ratios = np.divide([cost.seconds for cost in over], [cost.seconds for cost in under])
    processor = np.divide([cost.cpu for cost in over], [cost.cpu for cost in under])
    return {
        name: {
            "ratio": rounded(float(np.median(ratios))),
            "quartiles": [rounded(float(quartile)) for quartile in np.quantile(ratios, [0.25, 0.75])],
            "processor_ratio": rounded(float(np.median(processor))),
        }
    }


def rates_of(counts: Mapping[str, Mapping[str, int]], method: str, sets: int) -> dict[str, object]:
    """How often something happened to a method in `sets` drawn sets: the mean over all cases, and the worst of them."""
    worst = max(counts, key=lambda case: counts[case][method])
    mean = float(np.mean([count[method] for count in counts.values()])) / sets
    return {"mean": round(mean, 4), "worst": round(counts[worst][method] / sets, 4), "where": worst}


def rounded(value: float) -> float:
    """Three significant digits: more would pretend that the machine was quiet."""
    return float(f"{value:.3g}")


def conclude(benchmark: str, figures: Mapping[str, object], *, goal: str, holds: bool) -> int:
    """Print the line that every benchmark ends with. The exit code is 0: a missed goal is a result."""
    line = {"benchmark": benchmark, "figures": figures, "goal": goal, "holds": bool(holds)}
    print(json.dumps(line, ensure_ascii=False))
    return 0

"""Leaderboard results as a prior: what they say about the candidates, and how little that decides.

Reads result files as mteb writes them (`results/<model>/<revision>/<Task>.json`), folders of them, a JSON object of
model to score, and CSV with a column for the model and one for the score.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import orjson

from helmert.errors import BadInput, NotFound
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.readers.lines import Place, numbered_lines, shorten
from helmert.selection.scorecard import Prior

META = "model_meta.json"
FEW = 10
"""A rank correlation over fewer candidates says little."""
WORTH = (
    "Among the 20 leading models, the rank correlation of a leaderboard's mean with a single domain task was 0.41 to "
    "0.49 in the median, and the leader was the best on 5 of 29 tasks: a fair shortlist, a poor decision."
)
"""Measured on published results of 46 to 176 dense models: 16 open and 13 closed domain tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Scores of models by a public benchmark."""

    source: str
    """The file or folder."""
    task: str
    """The benchmark's task, or how many."""
    scores: Mapping[str, float]
    """By model, as the leaderboard names it; more is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """The main score of one model on one task."""

    model: str
    revision: str
    task: str
    score: float


def read_leaderboard(path: Path) -> Leaderboard:
    """Read scores from a file or a folder.

    A model's score on a task is the mean of `main_score` over splits and subsets, as mteb reports it. Over a folder it
    is the mean over the tasks that all its models have, so that no model is ahead because of an easy task. Of several
    revisions of a model the one with most tasks counts.

    Raises `NotFound` for a missing path and `BadInput`, with file and key or line, for whatever else it cannot read.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():
        raise NotFound(f"There is no leaderboard file {path}.", next_step="Check the path.")
    if path.suffix.lower() == ".csv":
        return Leaderboard(source=str(path), task=path.stem, scores=_from_csv(path))
    content = _object(path)
    if "scores" not in content and "mteb_dataset_name" not in content:
        return Leaderboard(source=str(path), task=path.stem, scores=_from_mapping(path, content))
    result = _result(path, content)
    return Leaderboard(source=str(path), task=result.task, scores={result.model: result.score})


def prior(board: Leaderboard, measured: Mapping[str, float], names: Mapping[str, str]) -> Prior:
    """What the leaderboard says about the candidates; when it has none of them, its sentence says so.

    Args:
        board: The leaderboard.
        measured: Candidate to what was measured here.
        names: Candidate to its name on the leaderboard, tried before the candidate's own. Names meet when they are
            equal but for case, or when one has no organisation and equals the other without it, and only one does:
            `MiniLM` and `org/minilm`.
    """
    scores: dict[str, float] = {}
    for candidate in measured:
        found = [_score_of(board, name) for name in (names.get(candidate, candidate), candidate)]
        known = [score for score in found if score is not None]
        if known:
            scores[candidate] = known[0]
    theirs = np.array(list(scores.values()))
    ours = np.array([measured[candidate] for candidate in scores])
    tau = kendall_tau(theirs, ours) if len(scores) >= 3 else None
    return Prior(
        source=board.source,
        task=board.task,
        scores=scores,
        tau=tau,
        sentence=_sentence(board, scores, measured, tau),
    )


def kendall_tau(x: FloatArray, y: FloatArray) -> float | None:
    r"""Kendall's rank correlation with the correction for ties (tau-b), in [-1, 1]; None when one has only ties.

    \tau_b = (C - D) / \sqrt{(n_0 - n_1)(n_0 - n_2)} with C concordant and D discordant of the n_0 = n (n - 1) / 2
    pairs, n_1 and n_2 of them tied in x and in y. Kendall, The Treatment of Ties in Ranking Problems, Biometrika 33,
    1945.
    """
    upper = np.triu_indices(x.size, k=1)
    of_x = np.sign(x[:, None] - x[None, :])[upper]
    of_y = np.sign(y[:, None] - y[None, :])[upper]
    untied = float(np.count_nonzero(of_x)) * float(np.count_nonzero(of_y))
    return float((of_x * of_y).sum() / math.sqrt(untied)) if untied else None


def _sentence(board: Leaderboard, scores: Mapping[str, float], measured: Mapping[str, float], tau: float | None) -> str:
    if not scores:
        known = shorten(", ".join(sorted(board.scores)), 200)
        return f"{board.task} knows none of the candidates. Its models are {known}."
    if tau is None:
        return (
            f"{board.task} knows {len(scores)} of {len(measured)} candidates: too few to compare two rankings. {WORTH}"
        )
    said = f"Kendall's tau between {board.task} and what was measured here is {tau:.2f} over {len(scores)} candidates."
    if len(scores) < FEW:
        said += " From so few, it may be chance."
    leader = max(scores, key=lambda candidate: scores[candidate])
    best = max(scores, key=lambda candidate: measured[candidate])
    if leader != best:
        said += f" The leaderboard puts {leader} first; here it is {best}."
    return f"{said} {WORTH}"


def _score_of(board: Leaderboard, name: str) -> float | None:
    wanted = name.casefold()
    known = {model.casefold(): score for model, score in board.scores.items()}
    if wanted in known:
        return known[wanted]
    organisation, _, last = wanted.rpartition("/")
    if organisation:
        return known.get(last)
    candidates = [score for model, score in known.items() if model.rpartition("/")[2] == last]
    return candidates[0] if len(candidates) == 1 else None


def _from_folder(folder: Path) -> Leaderboard:
    results = [_result(path, _object(path)) for path in sorted(folder.rglob("*.json")) if path.name != META]
    if not results:
        raise BadInput(
            "holds no result files.", path=str(folder), next_step="Name the folder that mteb wrote its results to."
        )
    by_model: dict[str, dict[str, dict[str, float]]] = {}
    for result in results:
        by_model.setdefault(result.model, {}).setdefault(result.revision, {})[result.task] = result.score
    chosen = {model: max(sorted(revisions.items()), key=_tasks)[1] for model, revisions in by_model.items()}
    shared = sorted(set.intersection(*(set(tasks) for tasks in chosen.values())))
    if not shared:
        counts = ", ".join(f"{model} has {', '.join(sorted(tasks))}" for model, tasks in sorted(chosen.items()))
        raise BadInput(
            f"its {len(chosen)} models have no task in common: {shorten(counts, 300)}",
            path=str(folder),
            next_step="Keep result files of tasks that every model was run on.",
        )
    task = shared[0] if len(shared) == 1 else f"mean of {len(shared)} tasks"
    scores = {model: fmean(tasks[name] for name in shared) for model, tasks in chosen.items()}
    return Leaderboard(source=str(folder), task=task, scores=scores)


def _tasks(revision: tuple[str, Mapping[str, float]]) -> int:
    return len(revision[1])


def _result(path: Path, content: Mapping[str, object]) -> _Result:
    """One result file. The model's name stands beside it in model_meta.json, else in the folder's name."""
    if "mteb_dataset_name" in content:
        raise BadInput(
            "was written by mteb before 1.11, which does not say which score is the main one.",
            path=str(path),
            next_step="Load and save it again with a newer mteb.",
        )
    task = content.get("task_name")
    if not isinstance(task, str) or not task:
        raise _wrong(path, "task_name", task, "the task's name")
    model, revision = _model(path)
    return _Result(model=model, revision=revision, task=task, score=fmean(_main_scores(path, content.get("scores"))))


def _main_scores(path: Path, scores: object) -> Iterator[float]:
    if not isinstance(scores, dict) or not scores:
        raise _wrong(path, "scores", scores, "an object of split to results")
    for split, entries in scores.items():
        if not isinstance(entries, list) or not entries:
            raise _wrong(path, f"scores.{split}", entries, "a list of results")
        for number, entry in enumerate(entries):
            key = f"scores.{split}[{number}]"
            if not isinstance(entry, dict):
                raise _wrong(path, key, entry, "an object with main_score")
            yield _number(path, f"{key}.main_score", entry.get("main_score"))


def _model(path: Path) -> tuple[str, str]:
    meta = path.with_name(META)
    folder, revision = path.parent.parent.name, path.parent.name
    if not meta.is_file():
        return folder.replace("__", "/"), revision
    content = _object(meta)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise _wrong(meta, "name", name, "the model's name")
    return name, str(content.get("revision") or revision)


def _from_mapping(path: Path, content: Mapping[str, object]) -> dict[str, float]:
    if not content:
        raise BadInput("holds no scores.", path=str(path), next_step='Write {"model": 0.61, ...}.')
    return {model: _number(path, model, score) for model, score in content.items()}


def _from_csv(path: Path) -> dict[str, float]:
    """A header, then rows. The columns are `model` and `score` when they are called so, else the first two."""
    lines = list(numbered_lines(path))
    rows = list(csv.reader(text for _, text in lines))
    if len(rows) < 2 or len(lines) != len(rows):
        raise BadInput(
            "needs a header and at least one row, each on one line.", path=str(path), next_step="Write `model,score`."
        )
    header = [name.strip().casefold() for name in rows[0]]
    columns = (header.index("model"), header.index("score")) if {"model", "score"} <= set(header) else (0, 1)
    scores: dict[str, float] = {}
    for (place, _), row in zip(lines[1:], rows[1:], strict=True):
        model, score = _row(place, row, columns)
        if model in scores:
            raise place.error(f"{model!r} has a score already.", next_step="Keep one row for each model.")
        scores[model] = score
    return scores


def _row(place: Place, row: list[str], columns: tuple[int, int]) -> tuple[str, float]:
    if len(row) <= max(columns) or not row[columns[0]].strip():
        raise place.error(f"needs a model and a score; got {shorten(row)}.", next_step="Write `model,score`.")
    written = row[columns[1]].strip()
    try:
        score = float(written)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise place.error(f"the score {shorten(written)} is not a number.", next_step="Remove the row or correct it.")
    return row[columns[0]].strip(), score


def _object(path: Path) -> dict[str, object]:
    try:
        content = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not valid JSON: {error}.", path=str(path), line=error.lineno) from error
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}.", path=str(path)) from error
    if not isinstance(content, dict):
        raise BadInput(
            f"expected a JSON object, got {shorten(content)}", path=str(path), next_step='Write {"model": 0.61, ...}.'
        )
    return content


def _number(path: Path, key: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise _wrong(path, key, value, "a number")


def _wrong(path: Path, key: str, value: object, wanted: str) -> BadInput:
    return BadInput(
        f"`{key}` must be {wanted}; got {shorten(value)}.",
        path=str(path),
        next_step="Correct the file or leave it out.",
    )

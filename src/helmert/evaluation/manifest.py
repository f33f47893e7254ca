"""`manifest.json` in the folder of an evaluation set: its name, its identity, and what it holds."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from helmert.errors import BadInput
from helmert.evaluation.durable import replace_file
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import ORIGINS, Sampling

FILE_NAME = "manifest.json"
FORMAT_KEY = "helmert_evalset"
"""Tells our manifest from others of that name; its value is the version of the form."""
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a reader needs of the file; the rest is for people."""

    name: str
    split: str
    """The `qrels/<split>.tsv` it speaks of."""
    digest: str
    """Of the set that the queries and the first `rows` rows of the judgements make."""
    rows: int
    """Rows of the judgements when the manifest was written. Those after them were added by labelling since."""
    all_queries: bool
    """Whether queries without a judgement belong to the set. Else they are those of another split."""
    sampling: Sampling | None
    documents: int | None
    """Documents in `corpus.jsonl`; None when the folder was written without them."""


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None when it has none, or one of another program.

    Raises `BadInput` for a manifest that cannot be read, and for one that a later version wrote.
    """
    path = folder / FILE_NAME
    try:
        content = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}.", path=str(path)) from error
    except orjson.JSONDecodeError as error:
        raise _broken(path, f"not valid JSON ({error})") from error
    if not isinstance(content, dict) or FORMAT_KEY not in content:
        return None
    if content[FORMAT_KEY] != FORMAT:
        raise BadInput(
            f"has the form {content[FORMAT_KEY]!r}; this version reads form {FORMAT}.",
            path=str(path),
            next_step="Update Helmert.",
        )
    return _parsed(path, content)


def write_manifest(folder: Path, evalset: EvalSet, manifest: Manifest, *, at: str) -> None:
    """Write the manifest of a set, with counts for people. A reader sees the old file or the new one."""
    replace_file(folder / FILE_NAME, orjson.dumps(_content(evalset, manifest, at), option=orjson.OPT_INDENT_2) + b"\n")


def accepting(folder: Path) -> str:
    """The command that takes the files of a folder as they are and writes their manifest anew."""
    return f"helmert evalset check {shlex.quote(str(folder))} --accept"


def overview(evalset: EvalSet) -> dict[str, object]:
    """What a set holds, counted: queries, judgements, origins, clusters, slices, weights."""
    return {
        "queries": len(evalset.queries),
        "answerable": len(evalset.answerable),
        "judgements": sum(len(grades) for grades in evalset.qrels.values()),
        "origins": origins(evalset),
        "spans": sum(len(label.facts.spans) for label in evalset.labels()),
        "clusters": _clusters(evalset),
        "slices": _slices(evalset),
        "weights": _weights(evalset),
    }


def origins(evalset: EvalSet) -> dict[str, int]:
    """How many labels came from where, in the order of `ORIGINS`; origins without a label are left out."""
    counted = Counter(label.facts.origin for label in evalset.labels())
    return {origin: counted[origin] for origin in ORIGINS if counted[origin]}


def _clusters(evalset: EvalSet) -> dict[str, int] | None:
    sizes = Counter(cluster for query in evalset.queries if (cluster := evalset.facts(query.id).cluster))
    return {"count": len(sizes), "queries": sizes.total(), "largest": max(sizes.values())} if sizes else None


def _slices(evalset: EvalSet) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for query in evalset.queries:
        for name, value in evalset.facts(query.id).slices.items():
            counted.setdefault(name, Counter())[value] += 1
    return {name: dict(sorted(counted[name].items())) for name in sorted(counted)}


def _weights(evalset: EvalSet) -> dict[str, float] | None:
    weights = [evalset.facts(query.id).weight for query in evalset.queries]
    if not weights or set(weights) == {1.0}:
        return None
    return {"min": min(weights), "max": max(weights), "sum": sum(weights)}


def _content(evalset: EvalSet, manifest: Manifest, at: str) -> dict[str, object]:
    return {
        FORMAT_KEY: FORMAT,
        "name": manifest.name,
        "split": manifest.split,
        "digest": manifest.digest,
        "written": at,
        "rows": manifest.rows,
        "all_queries": manifest.all_queries,
        "documents": manifest.documents,
        **overview(evalset),
        "sampling": None if manifest.sampling is None else manifest.sampling.to_dict(),
    }


def _parsed(path: Path, content: Mapping[str, object]) -> Manifest:
    match content:
        case {
            "name": str(name),
            "split": str(split),
            "digest": str(digest),
            "rows": int(rows),
            "all_queries": bool(all_queries),
            "sampling": dict() | None as sampling,
            "documents": int() | None as documents,
        }:
            return Manifest(
                name=name,
                split=split,
                digest=digest,
                rows=rows,
                all_queries=all_queries,
                sampling=None if sampling is None else _sampling(path, sampling),
                documents=documents,
            )
    raise _broken(
        path, "lacks name, split, digest, rows, all_queries, sampling or documents, or has one of another type"
    )


def _sampling(path: Path, content: Mapping[str, object]) -> Sampling:
    method: Literal["pooled", "random"]
    match content:
        case {
            "method": "pooled" | "random" as method,
            "corpus": int(corpus),
            "sampled": int(sampled),
            "seed": int(seed),
            "pool": dict(pool),
            "corpus_digest": str(corpus_digest),
        }:
            return Sampling(
                method=method, corpus=corpus, sampled=sampled, seed=seed, pool=pool, corpus_digest=corpus_digest
            )
    raise _broken(path, f"sampling is {dict(content)!r}")


def _broken(path: Path, what: str) -> BadInput:
    return BadInput(
        f"{what}.",
        path=str(path),
        next_step=f"{accepting(path.parent)} (what it said of name and sampling is lost)",
    )

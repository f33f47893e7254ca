"""Digests, so that a stored verdict can be traced to exactly what it was reached on."""

from __future__ import annotations

import hashlib

import numpy as np
import orjson

from helmert.evaluation.run import Run


def digest_of(value: object) -> str:
    """32 hex characters over plain values; the order of keys does not count."""
    return hashlib.blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def run_digest(run: Run) -> str:
    """32 hex characters over queries, documents and scores of a run.

    Neither the order of the queries nor that of documents with equal scores counts: they say nothing about what was
    found.
    """
    order = np.argsort(np.array(run.query_ids, dtype=object), kind="stable")
    lengths = np.diff(run.offsets)
    used = np.unique(run.codes)
    names = sorted(run.documents[code] for code in used)
    place = {name: number for number, name in enumerate(names)}
    recode = np.zeros(len(run.documents), dtype=np.int64)
    recode[used] = [place[run.documents[code]] for code in used]
    rank_of_query = np.empty(len(run.query_ids), dtype=np.int64)
    rank_of_query[order] = np.arange(order.size)
    rows, codes = np.repeat(rank_of_query, lengths), recode[run.codes]
    best_first = np.lexsort((codes, -run.scores, rows))
    state = hashlib.blake2b(digest_size=16)
    state.update(orjson.dumps([[run.query_ids[row] for row in order], names]))
    for column in (lengths[order].astype("<i8"), codes[best_first].astype("<i8")):
        state.update(column.tobytes())
    state.update((run.scores[best_first] + 0.0).astype("<f8").tobytes())
    return state.hexdigest()

"""Probe texts: a space's identity by behaviour, when names cannot be trusted.

A model id may keep its name and change its vectors, or change its name and keep them. So Helmert embeds a fixed
set of texts once, keeps the vectors, and later asks whether the model still gives them. The noise of an honest
model (batch effects, other hardware, quantisation) is measured at recording by calling it repeatedly, with the
texts in order, reversed, and one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from helmert.types import Vectors

PROBE_SET = "probes-1"

PROBES: tuple[str, ...] = (
    "water",
    "invoice 2024-118",
    "The cat sat on the mat.",
    "the cat sat on the mat",
    "How do I reset my password?",
    "Refunds are paid within fourteen days of the return.",
    "Not all who wander are lost, but some of them are.",
    "ERROR 503: upstream connect error or disconnect before headers",
    "def mean(xs):\n    return sum(xs) / len(xs)",
    "SELECT name, count(*) FROM orders GROUP BY name HAVING count(*) > 3;",
    "Die Rechnung wurde am Dienstag an den Kunden geschickt.",
    "La fonction renvoie la moyenne de la liste donnée en entrée.",
    "¿Dónde está la estación de tren más cercana?",
    "东京的春天常常下雨。",
    "Поезд отправляется в семь часов утра.",
    "القطار يغادر في السابعة صباحا",
    "naïve café, coöperation, Ærøskøbing",
    "E = mc² and ∑ᵢ xᵢ ≤ n",
    "https://example.org/docs/index.html?page=3#section",
    "3.14159 2.71828 1.41421",
    "A long sentence follows another long sentence so that a model which cuts its input early is found out: " * 4,
    "Alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau. " * 24,
)
"""Short, long, cased, accented, several scripts, code, numbers; two differ only in case, one exceeds 512 tokens."""

TOLERANCE = 1e-3
"""Cosine distance below which two answers are called equivalent when the measured noise is smaller still."""


class Likeness(StrEnum):
    """What a probe says about two embedders."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """Vectors a model gave for the probe texts, and how much they vary from call to call."""

    probe_set: str
    vectors: Vectors
    """Shape (probes, dims)."""
    noise: NDArray[np.float32]
    """Per probe, the largest cosine distance between repeated calls."""
    reported_model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeVerdict:
    """The likeness, the worst cosine distance found, and a sentence that says which probe shows it."""

    likeness: Likeness
    worst: float
    reason: str


def record(embed: Callable[[Sequence[str]], Vectors], *, reported_model: str | None = None) -> Fingerprint:
    """Embed the probe texts three ways and keep the first answer with the noise between the answers.

    `embed` is the document side of a model. Costs 3 x len(PROBES) texts.
    """
    first = embed(PROBES)
    reverse = embed(PROBES[::-1])[::-1]
    singly = np.concatenate([embed([text]) for text in PROBES])
    noise = np.maximum(_distances(first, reverse), _distances(first, singly))
    return Fingerprint(
        probe_set=PROBE_SET, vectors=first, noise=noise.astype(np.float32), reported_model=reported_model
    )


def judge(reference: Fingerprint, now: Vectors) -> ProbeVerdict:
    """Compare fresh vectors of the probe texts, in the order of `PROBES`, with a recorded fingerprint.

    Identical: equal to float32 rounding (1e-6). Equivalent: every probe within the larger of `TOLERANCE` and four
    times its recorded noise. Different: another width, or any probe further away. Unknown: no common probe set.
    """
    if reference.probe_set != PROBE_SET:
        reason = f"The fingerprint was taken with {reference.probe_set}, this version probes with {PROBE_SET}."
        return ProbeVerdict(likeness=Likeness.UNKNOWN, worst=float("nan"), reason=reason)
    if reference.vectors.shape != now.shape:
        reason = f"Probe vectors had shape {reference.vectors.shape}, now {now.shape}."
        return ProbeVerdict(likeness=Likeness.DIFFERENT, worst=float("inf"), reason=reason)
    if np.allclose(reference.vectors, now, rtol=0.0, atol=1e-6):
        return ProbeVerdict(likeness=Likeness.IDENTICAL, worst=0.0, reason="All probes give the same vectors.")
    distances = _distances(reference.vectors, now)
    excess = distances - np.maximum(TOLERANCE, 4.0 * reference.noise)
    probe = int(np.argmax(excess))
    worst = float(distances[probe])
    likeness = Likeness.DIFFERENT if excess[probe] > 0 else Likeness.EQUIVALENT
    shown = PROBES[probe][:40]
    reason = (
        f"The furthest probe, {shown!r}, moved by cosine distance {worst:.2g} (noise {reference.noise[probe]:.2g})."
    )
    return ProbeVerdict(likeness=likeness, worst=worst, reason=reason)


def _distances(a: Vectors, b: Vectors) -> NDArray[np.float64]:
    left, right = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.einsum("ij,ij->i", left, right) / lengths
    return np.asarray(1.0 - np.nan_to_num(cosine, nan=-1.0))

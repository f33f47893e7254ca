"""Record a model's fingerprint the first time its space is used, and compare with it every time after."""

from __future__ import annotations

from helmert.errors import DifferentSpace
from helmert.models.base import Embedder
from helmert.registry import Registry
from helmert.spaces.probes import PROBE_SET, PROBES, Fingerprint, Likeness, ProbeVerdict, judge, record


def record_or_check(embedder: Embedder, registry: Registry) -> str:
    """Make sure the model behaves as its space is known to. Returns a sentence for people.

    Raises `DifferentSpace` when the same name now gives other vectors. Where no fingerprint is known yet it is
    taken now: absent evidence never refuses.
    """
    space = embedder.space
    verdict = check(embedder, registry)
    if verdict is None:
        reported = embedder.embed_documents(PROBES[:1]).reported_model
        fingerprint = record(lambda texts: embedder.embed_documents(texts).vectors, reported_model=reported)
        registry.spaces.remember(space)
        registry.spaces.record_fingerprint(
            space=space.record_hash,
            probe_set=fingerprint.probe_set,
            vectors=fingerprint.vectors,
            noise=fingerprint.noise,
            reported_model=fingerprint.reported_model,
        )
        return f"Fingerprint of {space} taken with {len(PROBES)} probe texts."
    if verdict.likeness is Likeness.DIFFERENT:
        raise DifferentSpace(
            f"Model {space.model!r} does not behave as when its fingerprint was taken. {verdict.reason}",
            next_step="Ask the provider what changed; if it is another model now, set `revision` in helmert.toml.",
        )
    return f"Model behaves as recorded ({verdict.likeness})."


def check(embedder: Embedder, registry: Registry) -> ProbeVerdict | None:
    """Compare a model with the fingerprint of its space; None when none was recorded."""
    known = registry.spaces.known_fingerprint(embedder.space.vector_hash, PROBE_SET)
    if known is None:
        return None
    reference = Fingerprint(probe_set=known.probe_set, vectors=known.vectors, noise=known.noise)
    return judge(reference, embedder.embed_documents(PROBES).vectors)

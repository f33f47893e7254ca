"""One candidate over all documents and queries: the only part of a selection that is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from helmert.selection.candidates import Candidate
from helmert.selection.material import Material
from helmert.selection.refusals import refusal_sentence
from helmert.selection.terms import Instruments
from helmert.selection.vectors import Embedded
from helmert.telemetry import StageProgress, StageStarted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingPass:
    """Vectors of both sides of one candidate."""

    documents: Embedded
    queries: Embedded

    def replaced(self) -> Iterator[str]:
        """A sentence when vectors on disk could not be used."""
        if self.documents.replaced or self.queries.replaced:
            yield (
                "Vectors on disk were of another model behind the same name: its canary text has another vector now. "
                "All were embedded again."
            )

    def refused(self, material: Material) -> Iterator[str]:
        """What the model did not take. Such a document cannot be found, and such a query finds nothing."""
        documents, queries = self.documents, self.queries
        if documents.refused:
            ids = material.corpus.ids
            yield refusal_sentence("documents", "never found", documents.refused, ids, documents.refusal)
        if queries.refused:
            asked = [query.id for query in material.queries]
            outcome = "counted as an empty result"
            yield refusal_sentence("queries", outcome, queries.refused, asked, queries.refusal)


def embed_all(candidate: Candidate, material: Material, instruments: Instruments) -> EmbeddingPass:
    """Embed queries, then documents; what is on disk is not paid for. Raises what the embedder raises."""
    texts, queries = material.corpus.texts, [query.text for query in material.queries]
    total = len(texts) + len(queries)
    listener, stage = instruments.listener, f"embed {candidate.name}"
    listener(StageStarted(stage=stage, title=candidate.name))

    def heard(before: int) -> Callable[[int], None]:
        return lambda done: listener(StageProgress(stage=stage, done=before + done, total=total))

    cache, served = instruments.cache, candidate.model
    asked = cache.embed(candidate.embedder, "query", queries, heard(0), served_by=served)
    stored = cache.embed(candidate.embedder, "document", texts, heard(len(queries)), served_by=served)
    return EmbeddingPass(documents=stored, queries=asked)

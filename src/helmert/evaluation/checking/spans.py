"""Labelled passages that are not in the text."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet
from helmert.types import Document


class SpansOutside:
    """Spans that end behind the end of their document, so that they are about another version of it.

    Positions count the characters of `Document.text`: where a corpus file has a title, that is the title, a line
    end, and the text. Kind: `span-outside`.
    """

    def __init__(self, evalset: EvalSet) -> None:
        self._spanned: dict[str, list[tuple[str, int]]] = {}
        for (query, document), facts in evalset.label_facts.items():
            if facts.spans and document in evalset.qrels.get(query, {}):
                self._spanned.setdefault(document, []).append((query, max(span.end for span in facts.spans)))
        self._outside: list[str] = []

    def see(self, document: Document, content: str) -> None:
        """Compare the spans in it with its length."""
        del content
        for query, end in self._spanned.get(document.id, ()):
            if end > len(document.text):
                self._outside.append(f"query {query}, document {document.id}: {end} of {len(document.text)} characters")

    def problems(self) -> Iterator[Problem]:
        """What was found."""
        if self._outside:
            yield Problem(
                kind="span-outside",
                severity="error",
                count=len(self._outside),
                examples=some(self._outside),
                sentence=f"{len(self._outside):,} labels have a span that ends behind the end of their document.",
                remedy="Use the text that was labelled, or label these passages anew.",
            )

"""What no index could hold is refused before the journal has it: every later write waits behind an entry that fails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helmert.errors import BadInput, StoreFailure
from helmert.stores.base import IndexSpec, Rows
from helmert.stores.guards import checked_rows
from helmert.types import Document

_PATH = "<documents>"


def require_storable(document: Document, specs: Sequence[IndexSpec], *, position: int) -> None:
    """Raise `BadInput` unless every index with one of these specs could hold the document.

    `position` is the document's place in what was written together, for the message.
    """
    what = f"document {document.id!r} (number {position})"
    if not document.id or not document.text.strip():
        raise BadInput(f"{what} needs an id and a text that is not blank", path=_PATH)
    for spec in specs:
        row = Rows(
            ids=[document.id],
            vectors=np.ones((1, spec.dims), dtype=np.float32),  # stands for the vector it will have
            texts=[document.text],
            hashes=[""],
            metadata=[document.metadata],
        )
        try:
            checked_rows(spec, row, space=spec.space)
        except StoreFailure as error:
            raise BadInput(f"{what} cannot be kept: {error.message}", path=_PATH) from error

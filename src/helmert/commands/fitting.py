"""`helmert fit`: fit a model on the collection's own documents."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.commands.outcome import Outcome
from helmert.errors import UsageError
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted(Outcome):
    """The folder the fitted model was written to."""

    model: str
    path: str
    documents: int
    dims: int


def fit(workspace: Workspace, model: str, *, collection: str | None = None, seed: int = 0) -> Fitted:
    """Fit a corpus model (`provider = "lsa"`) on the documents of a collection and write it to its `path`.

    The file's digest is the revision of its space, so a model that is fitted again is another space.

    Raises:
        UsageError: the model is not one that is fitted.
    """
    from helmert.models.providers.lsa import fit as fit_lsa  # noqa: PLC0415  (scikit-learn is heavy)

    name = workspace.only_collection(collection)
    settings = workspace.model(model)
    if settings.provider != "lsa":
        raise UsageError(
            f"Model {model!r} has provider {settings.provider!r}; only 'lsa' is fitted on a corpus.",
            next_step=f'set provider = "lsa", path and dims in [models.{model}]',
        )
    path, dims = settings.options.get("path"), settings.options.get("dims", 256)
    if not isinstance(path, str) or not isinstance(dims, int):
        raise UsageError(f"Model {model!r} needs `path` (a folder) and `dims` (a number) in helmert.toml.")
    texts = [document.text for document in workspace.source(name).documents()]
    fit_lsa(texts, dims=dims, path=workspace.folder / path, seed=seed)
    return Fitted(
        model=model, path=path, documents=len(texts), dims=dims, next_step=f"helmert plan {name} --model {model}"
    )

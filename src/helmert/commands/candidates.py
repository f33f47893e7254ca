"""Models and prompt variants of the configuration, by the names that people write them with."""

from __future__ import annotations

from collections.abc import Sequence

from helmert.errors import NotFound
from helmert.selection.candidates import Candidate
from helmert.workspace import Workspace


def entered(workspace: Workspace, names: Sequence[str]) -> dict[str, str]:
    """The candidates named, or all when none is, each with its prompt variant; that is empty for a plain model.

    Raises `NotFound` for a name that the configuration does not have.
    """
    prompts = {f"{prompt.model}+{name}": name for name, prompt in workspace.settings.selection.prompts.items()}
    known = {**dict.fromkeys(workspace.settings.models, ""), **prompts}
    strangers = [name for name in names if name not in known]
    if strangers or not known:
        raise NotFound(
            f"No candidate {', '.join(map(repr, strangers))} in helmert.toml. Defined: {', '.join(known)}."
            if known
            else "helmert.toml defines no model.",
            next_step="add [models.<name>] or [selection.prompts.<name>] to helmert.toml",
        )
    return {name: known[name] for name in dict.fromkeys(names or known)}


def open_candidate(workspace: Workspace, name: str, prompt: str) -> Candidate:
    """One candidate with its embedder. Raises what opening a model raises."""
    embedder = workspace.prompted(prompt) if prompt else workspace.embedder(name)
    model = name.removesuffix(f"+{prompt}") if prompt else name
    return Candidate(name=name, model=model, prompt=prompt, embedder=embedder)

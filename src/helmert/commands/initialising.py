"""`helmert init`: a first helmert.toml."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.outcome import Outcome
from helmert.config import FILE_NAME, parse
from helmert.errors import UsageError
from helmert.spaces.naming import check_collection

_TEMPLATE = """\
# Helmert: which documents are searched, where their vectors live, which models make them.
# Every key is explained in docs/configuration.md. Secrets are never written here, only the names of
# environment variables that hold them.

registry = "sqlite:///.helmert/registry.db"

[stores.default]
url = "lancedb:///.helmert/lancedb"

# Two sizes of a small model that runs on this machine without a network.
[models.small]
provider = "wordllama"
dims = 64

[models.large]
provider = "wordllama"
dims = 256

# Any endpoint of the OpenAI shape:
# [models.hosted]
# provider = "openai"
# url = "https://api.example.com/v1"
# model = "text-embedding-3-small"
# dims = 1536
# api_key_env = "EXAMPLE_API_KEY"
# price_per_million = 0.02

[collections.{collection}]
source = {source}
model = "small"
{evalset}
[[gate.rules]]
measure = "recall@10"
margin = 0.02

[[gate.rules]]
measure = "nDCG@10"
margin = 0.02
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised(Outcome):
    """The file that was written."""

    path: str
    collection: str


def init(folder: Path, *, collection: str = "docs", source: str = "corpus.jsonl", evalset: str = "") -> Initialised:
    """Write a `helmert.toml` for one collection, after a check that it will load.

    Args:
        folder: where the file goes; created when missing.
        collection: name of the collection, `[a-z0-9_]`.
        source: the documents, relative to `folder`.
        evalset: labelled queries, relative to `folder`; empty for none yet.

    Raises:
        UsageError: the file exists already, or what was given makes no settings. Nothing is written then.
    """
    check_collection(collection)
    path = folder / FILE_NAME
    labelled = (
        f"evalset = {_toml(evalset)}\n"
        if evalset
        else '# evalset = "evalset"  # a BEIR folder or JSONL of labelled queries\n'
    )
    text = _TEMPLATE.format(collection=collection, source=_toml(source), evalset=labelled)
    parse(text, path)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already and is left as it is.", next_step="helmert doctor") from error
    enter = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    return Initialised(path=str(path), collection=collection, next_step=f"{enter}helmert doctor")


def _toml(text: str) -> str:
    """A TOML string. JSON writes the same, but for the character DEL, which TOML does not allow bare."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{text!r} is not valid Unicode and cannot be written into {FILE_NAME}.") from error
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

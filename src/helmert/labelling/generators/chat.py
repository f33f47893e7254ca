"""Queries from any endpoint that speaks the OpenAI-shaped `/v1/chat/completions` protocol."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from helmert.errors import ProviderMisconfigured, ProviderOutage
from helmert.labelling.generators.base import Generated
from helmert.labelling.generators.chat_wire import failure, read_answer, write_request
from helmert.labelling.generators.options import read_options
from helmert.models.options import SecretName, read_secret
from helmert.models.retrying import Patience, Sleep, call_patiently
from helmert.selection.corpus import Corpus
from helmert.types import Document

if TYPE_CHECKING:
    import httpx2

PROMPT = """\
Below is a document from a search system. Write {count} different queries that a person would type who needs what it \
says and has not read it. Use the language of the document, the person's own words rather than its wording, and no \
reference to "the document". Each query must be answered by this document. Write one query on each line and nothing \
else.

Document:
{document}
"""


class ChatOptions(BaseModel):
    """Options of the generator `chat`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^/]")
    """The base ("https://api.openai.com/v1") or the whole address of the chat completions endpoint."""
    model: str = Field(min_length=1)
    api_key_env: SecretName | None = None
    """Name of the environment variable that holds the key; None for a server without keys."""
    prompt: str = PROMPT
    """With {document}, and {count} where more than one query is asked for."""
    body: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Further fields of a request: temperature, max_tokens, seed."""
    max_characters: int = Field(default=6000, ge=100)
    """Of a document; the rest is not sent."""
    concurrency: int = Field(default=4, ge=1, le=64)
    attempts: int = Field(default=5, ge=1)
    timeout: float = Field(default=120.0, gt=0.0)

    @field_validator("prompt")
    @classmethod
    def _names_the_document(cls, prompt: str) -> str:
        if "{document}" not in prompt:
            raise ValueError("the prompt must say where the document goes: {document}")
        return prompt


class ChatGenerator:
    """Asks a language model. What it writes is not checked for truth: the label is as good as the model."""

    def __init__(self, options: ChatOptions, *, client: httpx2.Client, secret: str, sleep: Sleep) -> None:
        self._options = options
        self._client = client
        self._secret = secret.encode()
        self._sleep = sleep
        self._url = _endpoint_url(options.url)
        self._patience = Patience(attempts=options.attempts)
        self._prompt_hash = hashlib.blake2b(options.prompt.encode(), digest_size=4).hexdigest()
        facts = options.model_dump(include={"model", "prompt", "body", "max_characters"}) | {"url": self._url}
        self.identity = hashlib.blake2b(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()

    @property
    def name(self) -> str:
        """Generator, model and digest of the prompt."""
        return f"chat {self._options.model} prompt {self._prompt_hash}"

    @property
    def concurrency(self) -> int:
        """Requests under way at the same time."""
        return self._options.concurrency

    @property
    def caution(self) -> str:
        """What the queries cannot show."""
        return (
            "Synthetic queries rank systems of one kind well, but their values are not those that people would see; "
            "confirm a close decision on human labels."
        )

    def generate(self, document: Document, count: int) -> Sequence[Generated]:
        """Ask for queries. An answer without any gives none.

        Raises `ProviderOutage`, `RateLimited`, `ProviderMisconfigured` and `RejectedInput` when patience ends.
        """
        text = document.text[: self._options.max_characters]
        prompt = self._options.prompt.replace("{count}", str(count)).replace("{document}", text)
        content = write_request(prompt, model=self._options.model, extra=self._options.body)
        answered = call_patiently(lambda: self._ask(content), self._patience, self._sleep)
        return [Generated(text=query) for query in answered[:count]]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def _where(self) -> str:
        parts = urlsplit(self._url)
        return f"Model {self._options.model!r} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def _ask(self, content: bytes) -> Sequence[str]:
        import httpx2

        try:
            response = self._client.post(self._url, content=content)
        except httpx2.TimeoutException as error:
            raise ProviderOutage(f"{self._where} did not answer in time ({type(error).__name__}).") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise ProviderOutage(f"{self._where} cannot be reached: {error}.") from error
        except (httpx2.InvalidURL, httpx2.RequestError) as error:
            raise ProviderMisconfigured(f"{self._where} cannot be asked: {error}.") from error
        said = response.content.replace(self._secret, b"***") if self._secret else response.content
        if response.status_code != 200:
            raise failure(response.status_code, response.headers, said, where=self._where)
        return read_answer(said, where=self._where)


def open_generator(options: Mapping[str, object], corpus: Corpus) -> ChatGenerator:
    """Open it. Raises `ConfigError` for a wrong option or an unset key."""
    del corpus
    return connect(options, environ=os.environ, sleep=time.sleep)


def connect(options: Mapping[str, object], *, environ: Mapping[str, str], sleep: Sleep) -> ChatGenerator:
    """`open_generator` with the environment and the waiting as arguments."""
    import httpx2

    settings = read_options(ChatOptions, options, generator="chat")
    headers = {"content-type": "application/json", "user-agent": "helmert"}
    secret = read_secret(settings.api_key_env, environ) if settings.api_key_env else ""
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    client = httpx2.Client(headers=headers, timeout=httpx2.Timeout(settings.timeout, pool=None))
    return ChatGenerator(settings, client=client, secret=secret, sleep=sleep)


def _endpoint_url(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return urlunsplit(parts._replace(path=path, fragment=""))

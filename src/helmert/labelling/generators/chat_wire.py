"""The `/v1/chat/completions` protocol as bytes and values: what is asked, what is answered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import orjson

from helmert.errors import HelmertError, ProviderMisconfigured, ProviderOutage, RejectedInput
from helmert.models.openai_wire import excerpt
from helmert.models.openai_wire import failure as embeddings_failure

_BULLET = re.compile(r"^\s*(?:[-*•]\s+|\(?\d+[.):]\s*)")
_QUOTES = "\"'“”„«»`"


def write_request(prompt: str, *, model: str, extra: Mapping[str, object]) -> bytes:
    """The JSON body of a request. Raises `RejectedInput` for a text that UTF-8 cannot carry."""
    body = {**extra, "model": model, "messages": [{"role": "user", "content": prompt}]}
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise RejectedInput(f"A document cannot be sent to model {model!r}: {error}.") from error


def read_answer(content: bytes, *, where: str) -> Sequence[str]:
    """The queries in the body of a response with status 200; none when the model wrote nothing.

    Raises `ProviderOutage` for a body that is no chat answer: that is what a broken transfer or the error page of a
    gateway looks like, and both pass.
    """
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProviderOutage(
            f"{where} answered 200 with a body that is not JSON ({error}): {excerpt(content)}"
        ) from error
    match answer:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return queries_in(text)
        case {"choices": [{"message": {"content": None}}, *_]}:
            return ()
    raise ProviderOutage(f"{where} answered 200 without a message: {excerpt(content)}")


def queries_in(text: str) -> tuple[str, ...]:
    r"""Queries that a model wrote as a JSON list of texts, or one on each line, numbered or quoted or not.

    >>> queries_in('1. "how to refund"\n2) where is my money')
    ('how to refund', 'where is my money')
    >>> queries_in('["one query", "another"]')
    ('one query', 'another')
    """
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        listed = None
    if isinstance(listed, list) and all(isinstance(item, str) for item in listed):
        lines = [" ".join(item.split()) for item in listed]
    else:
        lines = [_BULLET.sub("", line).strip().strip(_QUOTES).strip() for line in text.splitlines()]
    return tuple(line for line in lines if line and not line.startswith("```"))


def failure(status: int, headers: Mapping[str, str], content: bytes, *, where: str) -> HelmertError:
    """The error that a response with another status than 200 stands for."""
    error = embeddings_failure(status, headers, content, where=where)
    if isinstance(error, ProviderMisconfigured) and status not in {401, 403}:
        return ProviderMisconfigured(error.message, next_step="Check url and model of the generator.")
    return error

"""The `/v1/embeddings` protocol as bytes and values: what is asked, what is answered, what a failure means.
Pure.

Vectors are asked for as base64 of little-endian float32, which is a quarter of the size of decimal numbers
and decodes many times faster. Not every server keeps to that: some answer with numbers, some refuse the
field, and gateways exist whose base64 holds other types, so that 768 numbers arrive as 192. The decoded
length is therefore compared with the dimensions expected; a difference is `BadEncoding`, which the caller may
answer by asking for plain numbers.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import numpy as np
import orjson

from helmert.errors import (
    GarbageVectors,
    HelmertError,
    ProviderMisconfigured,
    ProviderOutage,
    RateLimited,
    RejectedInput,
)
from helmert.types import Vectors

OWN_FIELDS = frozenset({"input", "model", "encoding_format", "dimensions"})
"""Fields of a request that this module writes itself."""
EXCERPT = 300
"""Characters of a server's own words that are repeated in an error."""


class BadEncoding(GarbageVectors):
    """The base64 of an answer does not hold as many float32 numbers as the space has dimensions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response, in the order of the texts."""

    vectors: Vectors
    model: str | None
    tokens: int | None
    encoded: bool
    """The vectors came as base64."""


def write_request(
    texts: Sequence[str], *, model: str, dimensions: int | None, extra: Mapping[str, str], encoded: bool
) -> bytes:
    """The JSON body of a request. Raises `RejectedInput` for a text that UTF-8 cannot carry."""
    body: dict[str, object] = {**extra, "model": model, "input": list(texts)}
    if encoded:
        body["encoding_format"] = "base64"
    if dimensions is not None:
        body["dimensions"] = dimensions
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise RejectedInput(f"One of {len(texts)} texts cannot be sent to model {model!r}: {error}.") from error


def read_answer(content: bytes, *, count: int, dims: int | None, where: str) -> Answer:
    """Decode the body of a response with status 200.

    Args:
        content: the body.
        count: how many texts were sent.
        dims: how many dimensions are expected; None while they are being measured.
        where: model and URL, for messages.

    Raises:
        ProviderOutage: the body is not an embeddings answer at all. That is what a transfer that broke off or
        the
            error page of a gateway looks like, and both pass; an endpoint that stays so uses up the attempts.
        GarbageVectors: it is one, but with rows missing, twice, or of the wrong length.
        BadEncoding: the wrong length is that of decoded base64.
    """
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProviderOutage(
            f"{where} answered 200 with a body that is not JSON ({error}): {excerpt(content)}"
        ) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise ProviderOutage(f"{where} answered 200 without vectors: {excerpt(content)}")
    rows = _in_order(answer["data"], count=count, where=where)
    encoded = count > 0 and all(isinstance(row, str) for row in rows)
    model = answer.get("model")
    return Answer(
        vectors=_decode(rows, dims=dims, where=where) if encoded else _convert(rows, dims=dims, where=where),
        model=model if isinstance(model, str) and model else None,
        tokens=_tokens(answer.get("usage")),
        encoded=encoded,
    )


def failure(status: int, headers: Mapping[str, str], content: bytes, *, where: str) -> HelmertError:
    """The error that a response with another status than 200 stands for."""
    said = f"{where} answered {status}: {excerpt(content)}"
    match status:
        case 429:
            return RateLimited(said, retry_after=retry_after(headers))
        case 400 | 413 | 422 if _blamed_field(content) not in {"model", "dimensions"}:
            return RejectedInput(said)
        case 408 | 425:
            return ProviderOutage(said)
        case _ if status >= 500:
            return ProviderOutage(said)
        case 401 | 403:
            return ProviderMisconfigured(said, next_step="Check the key that api_key_env names, and its rights.")
        case _:
            return ProviderMisconfigured(said, next_step="Check url, model and dims of the model in helmert.toml.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the header `Retry-After` asks for, as a number or a date (RFC 9110, section 10.2.3).

    A date is compared with the response's own `Date`, so that the clock of this machine does not matter.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if np.isfinite(seconds) else None


def excerpt(content: bytes) -> str:
    """The beginning of a body as one line of text."""
    text = " ".join(content[: 4 * EXCERPT].decode(errors="replace").split())
    return text[:EXCERPT] or "(empty)"


def _in_order(data: Sequence[object], *, count: int, where: str) -> list[object]:
    """The embeddings sorted by `index`, each of 0 to count - 1 exactly once."""
    if len(data) != count:
        raise GarbageVectors(f"{where} answered with {len(data)} vectors for {count} texts.")
    rows: list[object] = [None] * count
    seen: set[int] = set()
    for item in data:
        entry = item if isinstance(item, dict) else {}
        index = entry.get("index")
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < count:
            raise GarbageVectors(f"{where} answered with the index {index!r} for {count} texts.")
        if index in seen:
            raise GarbageVectors(f"{where} answered twice for text {index} of {count}.")
        seen.add(index)
        rows[index] = entry.get("embedding")
    return rows


def _decode(rows: list[object], *, dims: int | None, where: str) -> Vectors:
    try:
        blobs = [binascii.a2b_base64(str(row), strict_mode=True) for row in rows]
    except ValueError as error:
        raise BadEncoding(f"{where} answered with text that is not base64: {error}.") from error
    width = len(blobs[0]) if dims is None else 4 * dims
    wrong = next((row for row, blob in enumerate(blobs) if len(blob) != width or width % 4), None)
    if wrong is not None:
        raise BadEncoding(
            f"{where} answered with {len(blobs[wrong])} bytes of base64 for text {wrong}; "
            f"{dims or 'whole'} float32 numbers take {width}."
        )
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(rows), width // 4).astype(np.float32)


def _convert(rows: list[object], *, dims: int | None, where: str) -> Vectors:
    try:
        # A number too large for float32 becomes infinite, which the checks on every batch find and name.
        with np.errstate(over="ignore"):
            vectors = np.array(rows, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise GarbageVectors(f"{where} answered with rows that are not vectors: {error}.") from error
    if vectors.ndim != 2 or vectors.shape[1] != (dims or vectors.shape[1]):
        raise GarbageVectors(
            f"{where} answered with vectors of shape {vectors.shape[1:]}; expected were {dims} dimensions.",
            next_step="Compare `dims` in helmert.toml with what the endpoint serves.",
        )
    return vectors


def _tokens(usage: object) -> int | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get(name) for name in ("prompt_tokens", "total_tokens"))
    return next((count for count in counts if isinstance(count, int)), None)


def _blamed_field(content: bytes) -> str | None:
    """The request field that the documented error object blames, in its member `param`."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    return param if isinstance(param, str) else None

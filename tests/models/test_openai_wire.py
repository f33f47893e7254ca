"""What is sent, what is understood, and what each failure is called."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helmert.errors import (
    GarbageVectors,
    HelmertError,
    ProviderMisconfigured,
    ProviderOutage,
    RateLimited,
    RejectedInput,
)
from helmert.models.openai_wire import BadEncoding, excerpt, failure, read_answer, retry_after, write_request
from helmert.types import Vectors

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)
matrices = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


def encoded(rows: Vectors) -> list[object]:
    return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in rows]


def response(embeddings: Sequence[object], **more: object) -> bytes:
    data = [{"index": index, "embedding": embedding} for index, embedding in enumerate(embeddings)]
    return json.dumps({"data": data, **more}).encode()


@given(matrix=matrices)
def test_base64_and_numbers_are_read_alike(matrix: Vectors) -> None:
    count, dims = matrix.shape
    packed = read_answer(response(encoded(matrix)), count=count, dims=dims, where="m")
    plain = read_answer(response(matrix.tolist()), count=count, dims=dims, where="m")
    assert np.array_equal(packed.vectors, matrix)
    assert np.array_equal(plain.vectors, matrix)
    assert packed.vectors.dtype == plain.vectors.dtype == np.float32
    assert (packed.encoded, plain.encoded) == (True, False)


@given(matrix=matrices, order=st.randoms(use_true_random=False))
def test_rows_are_sorted_by_index(matrix: Vectors, order: object) -> None:
    data = [{"index": index, "embedding": row} for index, row in enumerate(matrix.tolist())]
    order.shuffle(data)  # type: ignore[attr-defined]
    answer = read_answer(json.dumps({"data": data}).encode(), count=len(matrix), dims=None, where="m")
    assert np.array_equal(answer.vectors, matrix)


def test_dimensions_are_taken_as_they_come_while_they_are_measured() -> None:
    assert read_answer(response(ROWS.tolist()), count=4, dims=None, where="m").vectors.shape == (4, 3)
    assert read_answer(response(encoded(ROWS)), count=4, dims=None, where="m").vectors.shape == (4, 3)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 8, "total_tokens": 9}, 8),
        ({"total_tokens": 9}, 9),
        ({"prompt_tokens": None, "total_tokens": 9}, 9),
        ({}, None),
        (None, None),
        ("8", None),
    ],
)
def test_tokens(usage: object, tokens: int | None) -> None:
    assert read_answer(response(ROWS.tolist(), usage=usage), count=4, dims=3, where="m").tokens == tokens


@pytest.mark.parametrize(("said", "model"), [("m-1", "m-1"), ("", None), (None, None), (7, None)])
def test_the_model_that_answered(said: object, model: str | None) -> None:
    assert read_answer(response(ROWS.tolist(), model=said), count=4, dims=3, where="m").model == model


BROKEN: list[tuple[str, bytes, type[HelmertError], str]] = [
    ("cut off", response(ROWS.tolist())[:-9], ProviderOutage, "not JSON"),
    ("a gateway's page", b"<html><title>502 Bad Gateway</title></html>", ProviderOutage, "502 Bad Gateway"),
    ("empty", b"", ProviderOutage, r"\(empty\)"),
    ("an error with status 200", b'{"error": {"message": "overloaded"}}', ProviderOutage, "overloaded"),
    ("a list", b"[1, 2]", ProviderOutage, "without vectors"),
    ("a row too few", response(ROWS[:3].tolist()), GarbageVectors, "3 vectors for 4 texts"),
    (
        "a row too many",
        response(np.vstack([ROWS, ROWS[:1]]).tolist()),
        GarbageVectors,
        "5 vectors for 4 texts",
    ),
    ("no index", b'{"data": [{"embedding": [1]}, 2, 3, 4]}', GarbageVectors, "index None"),
    (
        "an index out of range",
        response([]).replace(b"[]", b'[{"index": 4}, 1, 1, 1]'),
        GarbageVectors,
        "index 4",
    ),
    ("an index that is no number", b'{"data": [{"index": true}, 2, 3, 4]}', GarbageVectors, "index True"),
    ("another width", response(ROWS[:, :2].tolist()), GarbageVectors, r"shape \(2,\); expected were 3"),
    ("ragged", response([[1, 2, 3], [1, 2, 3], [1, 2], [1, 2, 3]]), GarbageVectors, "not vectors"),
    ("words", response([["a", "b", "c"]] * 4), GarbageVectors, "not vectors"),
    ("no embedding", response([None] * 4), GarbageVectors, "shape"),
    ("numbers and base64 mixed", response([*encoded(ROWS[:3]), [1, 2, 3]]), GarbageVectors, "not vectors"),
    ("no base64", response(["!!!!"] * 4), BadEncoding, "not base64"),
    ("base64 of one byte a number", response(["AAAA"] * 4), BadEncoding, "3 bytes"),
    ("base64 of float64", response(encoded(ROWS.repeat(2, axis=1))), BadEncoding, "24 bytes"),
]


@pytest.mark.parametrize(("content", "error", "told"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_an_answer_that_cannot_be_used(content: bytes, error: type[HelmertError], told: str) -> None:
    with pytest.raises(error, match=told) as caught:
        read_answer(content, count=4, dims=3, where="Model 'm' at http://h/v1/embeddings")
    assert type(caught.value) is error
    assert caught.value.message.startswith("Model 'm' at http://h/v1/embeddings")


def test_an_index_given_twice() -> None:
    content = response(ROWS.tolist()).replace(b'"index": 3', b'"index": 0')
    with pytest.raises(GarbageVectors, match="twice for text 0 of 4"):
        read_answer(content, count=4, dims=3, where="m")


def test_missing_numbers_are_left_to_the_checks_on_every_batch() -> None:
    answer = read_answer(response([[1, None, 1e300]]), count=1, dims=3, where="m")
    assert np.isnan(answer.vectors[0, 1])
    assert np.isinf(answer.vectors[0, 2])


@given(content=st.binary(max_size=200))
def test_no_body_whatever_raises_anything_outside_the_tree(content: bytes) -> None:
    with pytest.raises((ProviderOutage, GarbageVectors)):
        read_answer(content, count=1, dims=3, where="m")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["index", "embedding", "x"]), inner),
    max_leaves=8,
)


@given(data=json_values, usage=json_values, model=json_values)
def test_no_json_whatever_raises_anything_outside_the_tree(data: object, usage: object, model: object) -> None:
    content = orjson.dumps({"data": data, "usage": usage, "model": model})
    try:
        answer = read_answer(content, count=2, dims=3, where="m")
    except (ProviderOutage, GarbageVectors):
        return
    assert answer.vectors.shape == (2, 3)


STATUSES = [
    (400, RejectedInput),
    (401, ProviderMisconfigured),
    (402, ProviderMisconfigured),
    (403, ProviderMisconfigured),
    (404, ProviderMisconfigured),
    (405, ProviderMisconfigured),
    (408, ProviderOutage),
    (413, RejectedInput),
    (422, RejectedInput),
    (425, ProviderOutage),
    (429, RateLimited),
    (500, ProviderOutage),
    (502, ProviderOutage),
    (503, ProviderOutage),
    (504, ProviderOutage),
    (529, ProviderOutage),
    (301, ProviderMisconfigured),
    (204, ProviderMisconfigured),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_every_status_has_its_error(status: int, error: type[HelmertError]) -> None:
    found = failure(status, {}, b'{"error": {"message": "so it is"}}', where="Model 'm' at u")
    assert type(found) is error
    assert f"Model 'm' at u answered {status}" in found.message
    assert "so it is" in found.message


@pytest.mark.parametrize("field", ["model", "dimensions"])
def test_a_400_about_the_configuration_does_not_blame_the_texts(field: str) -> None:
    """Otherwise a whole corpus would be bisected and quarantined, document by document."""
    content = json.dumps({"error": {"message": "no such thing", "param": field}}).encode()
    assert isinstance(failure(400, {}, content, where="m"), ProviderMisconfigured)
    assert isinstance(failure(400, {}, content.replace(field.encode(), b"input"), where="m"), RejectedInput)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"error": "text"}', b'{"error": {"param": 3}}', b"\xff\xfe"])
def test_error_bodies_of_any_form_are_understood_as_far_as_possible(content: bytes) -> None:
    assert isinstance(failure(400, {}, content, where="m"), RejectedInput)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        (
            {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"},
            30.0,
        ),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    limited = failure(429, headers, b"", where="m")
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == seconds


def test_requests() -> None:
    body = orjson.loads(write_request(["a", "ü"], model="m", dimensions=8, extra={"input_type": "query"}, encoded=True))
    assert body == {
        "input": ["a", "ü"],
        "model": "m",
        "dimensions": 8,
        "encoding_format": "base64",
        "input_type": "query",
    }
    plain = orjson.loads(write_request(["a"], model="m", dimensions=None, extra={}, encoded=False))
    assert plain == {"input": ["a"], "model": "m"}


def test_a_text_that_cannot_be_sent_is_rejected() -> None:
    with pytest.raises(RejectedInput, match="cannot be sent"):
        write_request(["a", "\ud800"], model="m", dimensions=None, extra={}, encoded=True)


def test_excerpts_are_one_short_line() -> None:
    assert excerpt(b"  two\n\n words ") == "two words"
    assert len(excerpt(b"x" * 5000)) == 300
    assert excerpt(b"") == "(empty)"

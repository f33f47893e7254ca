"""The provider against a real server on this machine that keeps to the protocol, or breaks it on purpose."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import (
    ConfigError,
    GarbageVectors,
    HelmertError,
    ProviderMisconfigured,
    ProviderOutage,
    RateLimited,
    RejectedInput,
)
from helmert.models import CheckedEmbedder
from helmert.models.providers import openai
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.testing.openai_server import Disorder, Encoding, Misbehaviour, Server
from tests.models.conftest import Connect, Naps

TEXTS = [f"text number {number} about things" for number in range(10)]
EXPECTED = ToyEmbedder().embed_documents(TEXTS).vectors


def formats(server: Server) -> list[object]:
    return [request.body.get("encoding_format") for request in server.requests]


def test_one_request_and_what_it_carries(connect: Connect) -> None:
    embedder, server = connect(api_key_env="TOY_KEY")
    batch = embedder.embed_documents(TEXTS)
    np.testing.assert_allclose(batch.vectors, EXPECTED, atol=1e-6)
    assert (batch.requested_model, batch.reported_model, batch.tokens) == ("toy", "toy", 50)
    (request,) = server.requests
    assert request.path == "/v1/embeddings"
    assert request.authorization == "Bearer secret-of-the-toy"
    assert request.body == {"model": "toy", "input": TEXTS, "encoding_format": "base64"}


@pytest.mark.parametrize("path", ["", "/", "/embeddings", "/embeddings/"])
def test_the_url_may_be_the_base_or_the_endpoint(connect: Connect, path: str) -> None:
    _, server = connect()
    embedder, _ = connect(url=server.url + path)
    embedder.embed_documents(TEXTS)
    assert server.requests[-1].path == "/v1/embeddings"


def test_a_query_in_the_url_is_kept(connect: Connect) -> None:
    _, server = connect()
    embedder, _ = connect(url=f"{server.url}?api-version=2024-10-21")
    embedder.embed_documents(TEXTS)
    assert server.requests[-1].path == "/v1/embeddings?api-version=2024-10-21"


def test_sides_differ_by_prefix_and_body(connect: Connect) -> None:
    embedder, server = connect(
        query_prefix="query: ",
        document_prefix="passage: ",
        query_body={"input_type": "query"},
        document_body={"input_type": "document"},
    )
    embedder.embed_documents(["a"])
    embedder.embed_queries(["a"])
    document, query = (dict(request.body) for request in server.requests)
    assert (document["input"], document["input_type"]) == (["passage: a"], "document")
    assert (query["input"], query["input_type"]) == (["query: a"], "query")
    assert embedder.space.document_recipe.body == {"input_type": "document"}
    assert embedder.space.query_recipe.prefix == "query: "


def test_dimensions_are_measured_with_one_call_for_numbers(connect: Connect) -> None:
    embedder, server = connect(toy=ToyEmbedder(dims=24), dims=None)
    assert embedder.space.dims == 24
    assert formats(server) == [None]


def test_dimensions_are_sent_where_asked_for(connect: Connect) -> None:
    embedder, server = connect(dims=16, send_dimensions=True)
    vectors = CheckedEmbedder(embedder).embed_documents(TEXTS).vectors
    assert server.requests[0].body["dimensions"] == 16
    assert vectors.shape == (10, 16)


def test_vectors_are_scaled_unless_told_otherwise(connect: Connect) -> None:
    scaled, _ = connect(dims=16, send_dimensions=True)
    raw, _ = connect(dims=16, send_dimensions=True, normalise=False)
    lengths = np.linalg.norm(raw.embed_documents(TEXTS).vectors, axis=1)
    assert lengths.max() < 0.99
    np.testing.assert_allclose(np.linalg.norm(scaled.embed_documents(TEXTS).vectors, axis=1), 1.0, atol=1e-6)
    assert (scaled.space.normalised, raw.space.normalised) == (True, False)


def test_requests_hold_what_fits_and_come_back_in_order(connect: Connect) -> None:
    embedder, server = connect(batch_texts=3, batch_tokens=15, concurrency=4)
    batch = embedder.embed_documents(TEXTS)
    np.testing.assert_allclose(batch.vectors, EXPECTED, atol=1e-6)
    sizes = sorted(len(request.body["input"]) for request in server.requests)  # type: ignore[arg-type]
    assert embedder.count_tokens(TEXTS[0]) == 7
    assert sizes == [2, 2, 2, 2, 2]
    assert batch.tokens == 50


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 1), ("abc", 1), ("abcde", 2), ("x" * 400, 100), ("水" * 400, 300), ("\ud800", 1)],
)
def test_tokens_are_estimated_from_bytes(connect: Connect, text: str, tokens: int) -> None:
    embedder, _ = connect()
    assert embedder.count_tokens(text) == tokens


@pytest.mark.parametrize(
    ("encoding", "asked"),
    [
        ("honoured", ["base64", "base64", "base64"]),
        ("ignored", ["base64", None, None]),
        ("refused", ["base64", None, None, None]),
        ("narrow", ["base64", None, None, None]),
    ],
)
def test_any_treatment_of_base64_ends_in_the_same_vectors(
    connect: Connect, encoding: Encoding, asked: list[str | None]
) -> None:
    """And what the server can do is asked once, not with every request."""
    embedder, server = connect(Misbehaviour(encoding=encoding))
    for _ in range(3):
        np.testing.assert_allclose(embedder.embed_documents(TEXTS).vectors, EXPECTED, atol=1e-6)
    assert formats(server) == asked


def test_a_poisoned_text_does_not_cost_the_other_texts_base64(connect: Connect) -> None:
    embedder, server = connect(toy=ToyEmbedder(faults=Faults(poison="arsenic")))
    with pytest.raises(RejectedInput, match="answered 400"):
        embedder.embed_documents(["with arsenic"])
    embedder.embed_documents(TEXTS)
    with pytest.raises(RejectedInput):
        embedder.embed_documents(["more arsenic"])
    assert formats(server) == ["base64", None, "base64", "base64"]


@pytest.mark.parametrize("encoding", ["honoured", "refused"])
@pytest.mark.parametrize(
    ("disorder", "told"),
    [
        ("truncated", "9 vectors for 10 texts"),
        ("duplicated", "twice for text 0 of 10"),
        ("unindexed", "index None"),
        ("ragged", "122 bytes of base64|not vectors"),
    ],
)
def test_disorder_is_garbage(connect: Connect, disorder: Disorder, encoding: Encoding, told: str) -> None:
    embedder, _ = connect(Misbehaviour(disorder=disorder, encoding=encoding))
    with pytest.raises(GarbageVectors, match=told):
        embedder.embed_documents(TEXTS)


def test_another_order_with_the_right_index_is_no_disorder(connect: Connect) -> None:
    embedder, _ = connect(Misbehaviour(disorder="shuffled"))
    np.testing.assert_allclose(embedder.embed_documents(TEXTS).vectors, EXPECTED, atol=1e-6)


def test_wrong_dimensions_in_the_configuration_are_found(connect: Connect) -> None:
    embedder, _ = connect(dims=31)
    with pytest.raises(GarbageVectors, match="expected were 31 dimensions"):
        embedder.embed_documents(TEXTS)


def test_rate_limits_are_waited_for_as_long_as_asked(connect: Connect, naps: Naps) -> None:
    embedder, server = connect(Misbehaviour(rate_limited_first=2, retry_after="3"))
    np.testing.assert_allclose(embedder.embed_documents(TEXTS).vectors, EXPECTED, atol=1e-6)
    assert naps.seconds == [3.0, 3.0]
    assert len(server.requests) == 3


def test_rate_limits_end_as_an_error_that_says_when(connect: Connect, naps: Naps) -> None:
    embedder, server = connect(Misbehaviour(rate_limited_first=99, retry_after="3"), attempts=3)
    with pytest.raises(RateLimited, match="slow down") as caught:
        embedder.embed_documents(TEXTS)
    assert caught.value.retry_after == 3.0
    assert len(server.requests) == 3
    assert naps.seconds == [3.0, 3.0]


def test_a_quota_that_resets_tomorrow_is_not_waited_for(connect: Connect, naps: Naps) -> None:
    embedder, server = connect(Misbehaviour(rate_limited_first=99, retry_after="86400"))
    with pytest.raises(RateLimited):
        embedder.embed_documents(TEXTS)
    assert (len(server.requests), naps.seconds) == (1, [])


def test_a_short_outage_is_bridged(connect: Connect, naps: Naps) -> None:
    embedder, _ = connect(Misbehaviour(unavailable=range(2, 4)))
    embedder.embed_documents(TEXTS)
    np.testing.assert_allclose(embedder.embed_documents(TEXTS).vectors, EXPECTED, atol=1e-6)
    assert naps.seconds == [0.5, 1.0]


def test_a_long_outage_is_an_outage(connect: Connect) -> None:
    embedder, server = connect(Misbehaviour(unavailable=range(1, 99)), attempts=4)
    with pytest.raises(ProviderOutage, match="answered 503"):
        embedder.embed_documents(TEXTS)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("status", "error", "calls"),
    [
        (400, RejectedInput, 2),
        (401, ProviderMisconfigured, 1),
        (403, ProviderMisconfigured, 1),
        (404, ProviderMisconfigured, 1),
        (413, RejectedInput, 2),
        (422, RejectedInput, 2),
        (500, ProviderOutage, 2),
        (503, ProviderOutage, 2),
    ],
)
def test_statuses_become_errors_of_our_tree(
    connect: Connect, status: int, error: type[HelmertError], calls: int
) -> None:
    """Rejected input is asked for once more without base64, an outage until the attempts are used up."""
    embedder, server = connect(Misbehaviour(status=status), attempts=2)
    with pytest.raises(error, match=f"'toy' at http://127.0.0.1:[0-9]+/v1/embeddings answered {status}"):
        embedder.embed_documents(TEXTS)
    assert len(server.requests) == calls


def test_a_body_that_is_not_json_is_an_outage(connect: Connect) -> None:
    embedder, server = connect(Misbehaviour(status=200, body=b"<html>maintenance</html>"), attempts=2)
    with pytest.raises(ProviderOutage, match="maintenance"):
        embedder.embed_documents(TEXTS)
    assert len(server.requests) == 2


def test_a_server_that_does_not_answer_is_an_outage(connect: Connect) -> None:
    embedder, server = connect(Misbehaviour(silent=range(1, 3)), attempts=2, timeout=0.1)
    with pytest.raises(ProviderOutage, match="did not answer in time"):
        embedder.embed_documents(TEXTS)
    assert len(server.requests) == 2


def test_a_server_that_is_not_there_is_an_outage(connect: Connect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        embedder, _ = connect(url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", attempts=2)
        with pytest.raises(ProviderOutage, match="cannot be reached"):
            embedder.embed_documents(TEXTS)


def test_measuring_dimensions_bridges_outages_and_fails_like_any_call(connect: Connect) -> None:
    embedder, _ = connect(Misbehaviour(unavailable=range(1, 3)), dims=None)
    assert embedder.space.dims == 32
    with pytest.raises(ProviderMisconfigured):
        connect(Misbehaviour(status=404), dims=None)


def test_a_key_that_the_server_repeats_stays_out_of_the_message(connect: Connect) -> None:
    said = b'{"error": {"message": "Incorrect key: secret-of-the-toy"}}'
    embedder, _ = connect(Misbehaviour(status=401, body=said), api_key_env="TOY_KEY")
    with pytest.raises(ProviderMisconfigured, match=r"Incorrect key: \*\*\*") as caught:
        embedder.embed_documents(TEXTS)
    assert "secret-of-the-toy" not in repr(caught.value)


def test_a_password_in_the_url_stays_out_of_the_message(connect: Connect) -> None:
    _, server = connect(Misbehaviour(status=404))
    embedder, _ = connect(url=server.url.replace("http://", "http://user:hunter2@") + "?key=hunter2")
    with pytest.raises(ProviderMisconfigured) as caught:
        embedder.embed_documents(TEXTS)
    assert "hunter2" not in caught.value.message


def test_a_model_renamed_between_calls_is_refused_by_the_checks(connect: Connect) -> None:
    embedder, _ = connect(Misbehaviour(renamed_from=2))
    checked = CheckedEmbedder(embedder)
    checked.embed_documents(TEXTS)
    with pytest.raises(GarbageVectors, match="'toy' before and answers as 'another-model' now"):
        checked.embed_documents(TEXTS)


def test_a_model_renamed_within_one_call_is_refused(connect: Connect) -> None:
    embedder, _ = connect(Misbehaviour(renamed_from=3), batch_texts=2, concurrency=1)
    with pytest.raises(GarbageVectors, match="answered by another-model, toy"):
        embedder.embed_documents(TEXTS)


def test_tokens_are_unknown_where_one_answer_does_not_say(connect: Connect) -> None:
    embedder, _ = connect(Misbehaviour(without_usage=True), batch_texts=3)
    assert embedder.embed_documents(TEXTS).tokens is None


def test_one_failed_request_fails_the_call(connect: Connect) -> None:
    embedder, _ = connect(toy=ToyEmbedder(faults=Faults(poison="number 7")), batch_texts=2)
    with pytest.raises(RejectedInput):
        embedder.embed_documents(TEXTS)


def test_concurrency_is_used_and_bounded(connect: Connect) -> None:
    """Each call of the model waits until three are under way, which fewer would never be."""
    together = threading.Barrier(3, timeout=10)
    under_way, most = [0], [0]

    def meet(seconds: float) -> None:
        under_way[0] += 1
        together.wait()
        most[0] = max(most[0], under_way[0])
        together.wait()
        under_way[0] -= 1

    toy = ToyEmbedder(latency=1.0, sleep=meet)
    embedder, server = connect(toy=toy, batch_texts=1, concurrency=3)
    np.testing.assert_allclose(embedder.embed_documents(TEXTS[:9]).vectors, EXPECTED[:9], atol=1e-6)
    assert len(server.requests) == 9
    assert most == [3]


def test_options_become_space_and_limits(connect: Connect) -> None:
    embedder, _ = connect(
        revision="2026-11",
        family="toys",
        label="t",
        price_per_million=0.02,
        max_tokens=512,
        batch_texts=7,
        batch_tokens=900,
    )
    space, limits = embedder.space, embedder.limits
    assert (space.provider, space.model, space.revision, space.family) == ("openai", "toy", "2026-11", "toys")
    assert space.slug == "t"
    assert space.document_recipe.max_tokens == limits.text_tokens == 512
    assert (limits.batch_texts, limits.batch_tokens, limits.price_per_million) == (7, 900, 0.02)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "ftp://host"}, "'url'"),
        ({"url": "https:///v1"}, "'url'"),
        ({"model": ""}, "'model'"),
        ({"dims": None, "send_dimensions": True}, "send_dimensions needs dims"),
        ({"query_body": {"model": "other"}}, "may not set model"),
        ({"document_body": {"encoding_format": "x", "input": "y"}}, "may not set encoding_format, input"),
        ({"concurrency": 0}, "'concurrency'"),
        ({"attempts": 0}, "'attempts'"),
        ({"timeout": 0}, "'timeout'"),
        ({"encoding": "float"}, "'encoding' is not known"),
        ({"api_key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"),
    ],
)
def test_options_that_cannot_be(wrong: dict[str, object], told: str) -> None:
    settings = {"url": "http://127.0.0.1:9/v1", "model": "m", "dims": 3, **wrong}
    with pytest.raises(ConfigError, match=told):
        openai.connect(settings, environ={}, sleep=Naps())


def test_the_entry_point_reads_the_environment(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    _, server = connect()
    monkeypatch.setenv("HELMERT_TEST_TOY_KEY", "abc")
    options = {"url": server.url, "model": "toy", "dims": 32, "api_key_env": "HELMERT_TEST_TOY_KEY"}
    embedder = openai.open_embedder(options, Path())
    embedder.embed_documents(["a"])
    embedder.close()
    assert server.requests[-1].authorization == "Bearer abc"

"""Generators: the extractive one keeps its promises about copying, the chat one lives with real endpoints."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import EntryPoint
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import ConfigError, NotFound, ProviderMisconfigured, ProviderOutage, RateLimited
from helmert.labelling.generators import open_generator
from helmert.labelling.generators.chat import ChatGenerator, connect
from helmert.labelling.generators.chat_wire import queries_in
from helmert.labelling.synthesis.filters import Filters, longest_common_run
from helmert.selection.bm25 import words
from helmert.selection.corpus import Corpus
from helmert.types import Document
from tests.labelling.chat_server import ChatServer, Reply, chat_server, message, refusal
from tests.labelling.corpora import corpus_of

CORPUS = corpus_of(60)


def document(row: int = 0) -> Document:
    return Document(id=CORPUS.ids[row], text=CORPUS.texts[row])


def extracted(row: int, count: int = 1, **options: object) -> list[tuple[str, str]]:
    """Queries, each with the passage it was made from."""
    made = open_generator("extractive", options, CORPUS).generate(document(row), count)
    text = CORPUS.texts[row]
    return [(each.text, text[each.span.start : each.span.end] if each.span else "") for each in made]


@pytest.mark.parametrize("row", range(0, 60, 7))
def test_extracted_queries_never_copy_two_words_in_a_row(row: int) -> None:
    for query, passage in extracted(row, 3):
        found = words(query)
        assert 2 <= len(found) <= 8
        assert set(found) <= set(words(passage))
        assert longest_common_run(found, words(passage)) == 1


def test_extracted_queries_leave_out_a_third_to_a_half_of_the_distinguishing_words() -> None:
    spread = Counter(word for text in CORPUS.texts for word in set(words(text)))
    for query, passage in (made for row in range(0, 60, 11) for made in extracted(row, 3)):
        telling = [word for word in dict.fromkeys(words(passage)) if spread[word] <= 10]
        assert len(words(query)) <= max(2, round(0.7 * len(telling)))


def test_the_most_telling_sentence_comes_first() -> None:
    (query, passage), *_ = extracted(5, 3)
    assert "Rare5x" in passage
    assert query


CODE = """def fetch(url):
    # this is not for ftp, but rfc 959 has more
    response = opener.retrieve(url)
    if response.truncated:
        raise Incomplete(response)
    return decoded(response.payload)
"""


def test_short_lines_are_put_together_until_they_have_words_enough() -> None:
    corpus = Corpus.of([Document(id="code", text=CODE), *(Document(id=f"d{n}", text=f"word{n}") for n in range(50))])
    (made,) = open_generator("extractive", {}, corpus).generate(Document(id="code", text=CODE), 1)
    assert made.span is not None
    assert "\n" in CODE[made.span.start : made.span.end]
    assert len(words(made.text)) >= 3
    assert not set(words(made.text)) & {"this", "is", "not", "for", "but", "has", "more", "if"}


@pytest.mark.parametrize("drop", [0.3, 0.4, 0.5])
def test_three_words_or_more_where_the_document_has_them(drop: float) -> None:
    texts = [f"Red own{n}a. Blue own{n}b, own{n}c. Green own{n}d. own{n}e own{n}f. Same again." for n in range(20)]
    corpus = Corpus.of(Document(id=f"d{n}", text=text) for n, text in enumerate(texts))
    generator = open_generator("extractive", {"drop": drop}, corpus)
    made = [each for n, text in enumerate(texts) for each in generator.generate(Document(id=f"d{n}", text=text), 3)]
    assert len(made) >= 20
    assert all(len(words(each.text)) >= 3 for each in made)
    text = "Zeppelins arrive tonight"
    corpus = Corpus.of([Document(id="a", text=text), *(Document(id=f"d{n}", text=f"word{n}") for n in range(20))])
    few = open_generator("extractive", {"drop": drop}, corpus).generate(Document(id="a", text=text), 2)
    (query,) = (set(words(each.text)) for each in few)
    assert len(query) == 2
    assert query < {"zeppelins", "arrive", "tonight"}


def test_words_of_many_documents_tell_none_apart() -> None:
    texts = [f"report about own{n}a own{n}b own{n}c own{n}d own{n}e own{n}f" for n in range(1000)]
    texts = [f"{text} parcel" if n % 20 == 0 else text for n, text in enumerate(texts)]
    corpus = Corpus.of(Document(id=f"d{n}", text=text) for n, text in enumerate(texts))
    generator = open_generator("extractive", {}, corpus)
    for n in range(0, 1000, 20):
        (made,) = generator.generate(Document(id=f"d{n}", text=texts[n]), 1)
        assert not {"report", "parcel"} & set(words(made.text))


def test_a_document_of_few_rare_words_takes_less_rare_ones_as_well() -> None:
    texts = [f"alpha beta gamma own{n}a own{n}b" if n % 15 == 0 else f"other own{n}a" for n in range(600)]
    corpus = Corpus.of(Document(id=f"d{n}", text=text) for n, text in enumerate(texts))
    (made,) = open_generator("extractive", {}, corpus).generate(Document(id="d0", text=texts[0]), 1)
    assert len(words(made.text)) == 3


def test_passages_of_one_document_have_no_text_in_common() -> None:
    for row in range(0, 60, 7):
        made = open_generator("extractive", {}, CORPUS).generate(document(row), 5)
        spans = [each.span for each in made if each.span is not None]
        assert len(spans) == len(made) >= 1
        assert sum(one.overlap(other) for one, other in combinations(spans, 2)) == 0


def test_equal_seeds_give_equal_queries_and_other_seeds_others() -> None:
    assert [extracted(row, seed=3) for row in range(20)] == [extracted(row, seed=3) for row in range(20)]
    assert [extracted(row, seed=3) for row in range(20)] != [extracted(row, seed=4) for row in range(20)]


def test_identity_and_name_change_with_what_the_queries_depend_on() -> None:
    first, again, other = (open_generator("extractive", {"seed": seed}, CORPUS) for seed in (0, 0, 1))
    elsewhere = open_generator("extractive", {"seed": 0}, corpus_of(30))
    assert first.identity == again.identity
    assert len({first.identity, other.identity, elsewhere.identity}) == 3
    assert first.name != other.name


@given(st.text(max_size=300))
def test_any_text_gives_queries_of_it_or_none(text: str) -> None:
    corpus = Corpus.of([Document(id="a", text=text), *(Document(id=f"d{n}", text=f"word{n}") for n in range(20))])
    for made in open_generator("extractive", {}, corpus).generate(Document(id="a", text=text), 2):
        assert made.span is not None
        passage = text[made.span.start : made.span.end]
        assert passage == passage.strip() != ""
        assert made.text.strip()


def test_texts_without_telling_words_give_no_query() -> None:
    corpus = Corpus.of(Document(id=f"d{n}", text="the same words everywhere") for n in range(30))
    generator = open_generator("extractive", {}, corpus)
    assert generator.generate(Document(id="d0", text="the same words everywhere"), 3) == []


@pytest.mark.parametrize("options", [{"drop": 0.9}, {"seeds": 1}])
def test_wrong_options_are_named(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        open_generator("extractive", options, CORPUS)
    assert "drop, seed" in str(caught.value.next_step)


def test_generators_are_found_through_the_entry_point_group() -> None:
    point = EntryPoint("mine", "helmert.labelling.generators.extractive:open_generator", "helmert.generators")
    assert open_generator("mine", {}, CORPUS, entry_points=[point]).name.startswith("extractive")
    with pytest.raises(NotFound, match="Known: mine"):
        open_generator("other", {}, CORPUS, entry_points=[point])
    twice = [point, EntryPoint("mine", "elsewhere:open", "helmert.generators")]
    with pytest.raises(ConfigError, match="several packages"):
        open_generator("mine", {}, CORPUS, entry_points=twice)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        open_generator("x", {}, CORPUS, entry_points=[EntryPoint("x", "no_such_module:f", "helmert.generators")])


def connected(server: ChatServer, waits: list[float] | None = None, **options: Any) -> ChatGenerator:
    given = {"url": server.url, "model": "toy", "api_key_env": "CHAT_KEY", **options}
    return connect(given, environ={"CHAT_KEY": "sk-secret"}, sleep=(waits if waits is not None else []).append)


def asked(generator: ChatGenerator, count: int = 2) -> list[str]:
    try:
        return [made.text for made in generator.generate(document(), count)]
    finally:
        generator.close()


def test_the_prompt_carries_document_and_count_and_the_key_goes_into_the_header() -> None:
    with chat_server() as server:
        assert asked(connected(server, body={"temperature": 0.5}), count=2) == ["a query", "another query"]
    (request,) = server.requests
    assert (request["model"], request["temperature"]) == ("toy", 0.5)
    assert CORPUS.texts[0] in request["messages"][0]["content"]
    assert "2 different queries" in request["messages"][0]["content"]
    assert server.authorizations == ["Bearer sk-secret"]


def test_braces_in_a_document_are_no_fields_of_the_prompt() -> None:
    with chat_server() as server, pytest.MonkeyPatch.context():
        generator = connected(server)
        generator.generate(Document(id="d", text="set {count} and {document} and {x}"), 1)
        generator.close()
    assert "set {count} and {document} and {x}" in server.requests[0]["messages"][0]["content"]


def test_more_queries_than_asked_for_are_left_out() -> None:
    with chat_server(message("one\ntwo\nthree")) as server:
        assert asked(connected(server), count=1) == ["one"]


@pytest.mark.parametrize("text", [None, "", "  \n "])
def test_an_empty_answer_gives_no_query(text: str | None) -> None:
    with chat_server(message(text)) as server:
        assert asked(connected(server)) == []


def test_busy_and_broken_answers_are_asked_again_after_the_wait_that_was_asked_for() -> None:
    script: tuple[Reply, ...] = (
        refusal(429, Retry_After="7"),
        refusal(503),
        (200, {}, b"<html>gateway</html>"),
        (200, {}, b'{"a": 1}'),
    )
    waits: list[float] = []
    with chat_server(*script) as server:
        assert asked(connected(server, waits)) == ["a query", "another query"]
    assert len(server.requests) == 5
    assert waits[0] == 7.0


def test_patience_ends() -> None:
    with chat_server(otherwise=lambda _: refusal(503)) as server, pytest.raises(ProviderOutage, match="503"):
        asked(connected(server, attempts=2))
    assert len(server.requests) == 2
    with chat_server(otherwise=lambda _: refusal(429, Retry_After="3600")) as server, pytest.raises(RateLimited):
        asked(connected(server))
    assert len(server.requests) == 1


def test_a_wrong_key_is_not_repeated_in_the_message() -> None:
    echo: Reply = (401, {}, b'{"error": {"message": "bad key sk-secret"}}')
    with chat_server(echo) as server, pytest.raises(ProviderMisconfigured) as caught:
        asked(connected(server))
    assert "sk-secret" not in str(caught.value)
    with chat_server(refusal(404)) as server, pytest.raises(ProviderMisconfigured) as caught:
        asked(connected(server))
    assert "url and model of the generator" in str(caught.value.next_step)


def test_an_endpoint_that_is_not_there_is_an_outage() -> None:
    with chat_server() as server:
        pass
    with pytest.raises(ProviderOutage, match="cannot be reached"):
        asked(connected(server, attempts=1))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"prompt": "write something"}, "document"),
        ({"url": "ftp://x"}, "url"),
        ({"api_key_env": "sk-123"}, "upper case"),
        ({"api_key": "sk-123"}, "secrets are named"),
        ({"api_key_env": "UNSET_KEY"}, "UNSET_KEY"),
    ],
)
def test_wrong_options_of_the_chat_generator(options: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        connect({"url": "http://127.0.0.1/v1", "model": "m", **options}, environ={}, sleep=lambda _: None)
    assert "sk-123" not in str(caught.value)


def test_the_name_holds_the_model_and_the_digest_of_the_prompt() -> None:
    with chat_server() as server:
        first, other = connected(server), connected(server, prompt="other {document}")
    assert "toy" in first.name
    assert first.name != other.name
    assert first.identity != other.identity


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("- one\n* two\n• three", ("one", "two", "three")),
        ("1. one\n(2) two\n3: three", ("one", "two", "three")),
        ('["one", "two  words"]', ("one", "two words")),
        ("```\none\n```", ("one",)),
        ("[1, 2]", ("[1, 2]",)),
        ("3d printing basics", ("3d printing basics",)),
    ],
)
def test_queries_are_read_from_what_models_write(text: str, queries: tuple[str, ...]) -> None:
    assert queries_in(text) == queries


def test_filters_say_why_a_query_is_dropped() -> None:
    filters, seen = Filters(), set[str]()
    text = "Return the parcel within thirty days to get your money back."
    assert filters.reason_against("money for a returned parcel?", text, seen) is None
    assert filters.reason_against("Money for a returned PARCEL", text, seen) == "repeated"
    assert filters.reason_against("parcel", text, seen) == "too short"
    assert filters.reason_against("why " * 50, text, seen) == "too long"
    assert filters.reason_against("return the parcel within thirty days", text, seen) == "copied"
    assert filters.reason_against("can I return the parcel later than that if I was ill", text, seen) is None


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_longest_common_run_is_the_longest_common_part(query: list[str], text: list[str]) -> None:
    parts = {tuple(text[i:j]) for i in range(len(text)) for j in range(i, len(text) + 1)} | {()}
    longest = max(
        (j - i for i in range(len(query)) for j in range(i, len(query) + 1) if tuple(query[i:j]) in parts), default=0
    )
    assert longest_common_run(query, text) == longest

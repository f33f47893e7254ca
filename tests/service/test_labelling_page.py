"""The labelling page, asked over HTTP as a browser does, without JavaScript."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, read_evalset
from helmert.labelling.session import Session
from helmert.selection.corpus import Corpus
from helmert.service.labelling import serve
from helmert.service.labelling.app import render
from helmert.service.labelling.marking import marked
from helmert.types import Document, Query
from tests.labelling.corpora import Clock, written

HOSTILE = "<script>alert('x')</script> & the \"refund\" of Refunds"
WAIT = 30


def session_of(folder: Path) -> Session:
    corpus = Corpus.of(
        [Document(id="d0", text="gold"), Document(id="d<1>", text=HOSTILE), Document(id="d2", text="late parcels")]
    )
    queries = (Query(id="q1", text="refund <b>now</b>"), Query(id="q2", text="parcels"))
    evalset = EvalSet(name="page", queries=queries, qrels={"q1": {"d0": 1}, "q2": {"d0": 1}})
    return Session(
        folder=written(evalset, folder),
        pairs=[("q1", "d<1>"), ("q2", "d2"), ("q2", "d<1>")],
        queries={query.id: query.text for query in queries},
        corpus=corpus,
        by="ann",
        clock=Clock(),
    )


@dataclass
class Browser:
    """Keeps the page that is shown, and sends its form as a browser would."""

    address: str
    session: Session
    client: httpx2.Client
    page: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def hidden(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page)
        return {name: unescape(value) for name, value in found}

    def open(self) -> str:
        self.page = self.client.get(self.address).text
        return self.page

    def press(self, key: str) -> str:
        """Press a button of the page and follow where it leads."""
        self.open() if not self.page else None
        answered = self.post({**self.hidden, "key": key})
        assert answered.status_code == 303
        assert "no-store" in answered.headers["cache-control"]
        self.page = self.client.get(self.origin + answered.headers["location"]).text
        return self.page

    def post(self, form: dict[str, str], **headers: str) -> httpx2.Response:
        sent = {"origin": self.origin, "sec-fetch-site": "same-origin"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"{self.address}answer", data=form, headers=sent)

    def labels(self) -> dict[tuple[str, str], float]:
        found = read_evalset(self.session.folder).labels()
        return {(each.query, each.document): each.grade for each in found if each.facts.origin == "human"}


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    session = session_of(folder)
    started = threading.Event()
    running: list[tuple[uvicorn.Server, str]] = []
    said: list[str] = []

    def note(server: uvicorn.Server, address: str) -> None:
        running.append((server, address))
        started.set()

    thread = threading.Thread(target=serve, args=(session,), kwargs={"port": 0, "say": said.append, "on_start": note})
    thread.start()
    assert started.wait(WAIT)
    server, address = running[0]
    transport = httpx2.HTTPTransport(retries=20)
    try:
        with httpx2.Client(transport=transport, timeout=WAIT) as client:
            yield Browser(address=address, session=session, client=client, said=said)
    finally:
        server.should_exit = True
        thread.join(WAIT)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path / "set") as opened:
        yield opened


def test_a_person_judges_all_pairs_with_plain_forms(browser: Browser) -> None:
    assert "0 of 3" in browser.open()
    assert "1 of 3" in browser.press("relevant")
    assert browser.labels() == {("q1", "d<1>"): 1}
    browser.press("not-relevant")
    done = browser.press("skip")
    assert "All 3 pairs have been shown" in done
    assert "1 relevant, 1 not relevant, 1 passed over" in done
    assert browser.labels() == {("q1", "d<1>"): 1, ("q2", "d2"): 0}
    facts = read_evalset(browser.session.folder).label_facts["q1", "d<1>"]
    assert (facts.origin, facts.by) == ("human", "ann")


def test_answers_are_taken_back_from_the_page(browser: Browser) -> None:
    browser.press("relevant")
    browser.press("skip")
    assert "taken back" in browser.press("undo")
    browser.press("undo")
    assert browser.labels() == {}
    assert "no answer to take back" in browser.press("undo")


def test_the_same_form_sent_twice_is_kept_once(browser: Browser) -> None:
    browser.open()
    form = {**browser.hidden, "key": "relevant"}
    assert "stale" not in browser.post(form).headers["location"]
    assert "stale" in browser.post({**form, "key": "not-relevant"}).headers["location"]
    assert browser.labels() == {("q1", "d<1>"): 1}
    assert browser.session.counts == (1, 0, 0)


def test_texts_are_shown_and_never_run(browser: Browser) -> None:
    page = browser.open()
    assert "<script>" not in page
    assert "<b>now</b>" not in page
    assert "&lt;script&gt;" in page
    assert "<mark>refund</mark>" in page
    assert "<mark>Refunds</mark>" not in page
    policy = browser.client.get(browser.address).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_every_answer_has_a_key(browser: Browser) -> None:
    assert re.findall(r'accesskey="(\w)"', browser.open()) == ["y", "n", "s", "u"]


def test_who_does_not_know_the_address_finds_nothing(browser: Browser) -> None:
    for path in ("/", "/docs", "/openapi.json", "/wrong/", "/wrong/answer"):
        assert browser.client.get(browser.origin + path).status_code == 404
    assert browser.client.post(f"{browser.origin}/wrong/answer", data={"key": "relevant"}).status_code == 404
    assert browser.labels() == {}
    assert len(urlsplit(browser.address).path) > 30


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(browser: Browser, headers: dict[str, str]) -> None:
    browser.open()
    assert browser.post({**browser.hidden, "key": "relevant"}, **headers).status_code == 403
    assert browser.labels() == {}


def test_a_form_without_the_page_s_secret_is_refused(browser: Browser) -> None:
    browser.open()
    assert browser.post({**browser.hidden, "check": "guess", "key": "relevant"}).status_code == 403
    assert browser.post({"key": "relevant"}).status_code == 422
    assert browser.labels() == {}


def test_a_name_that_was_pointed_at_this_machine_is_refused(browser: Browser) -> None:
    answered = browser.client.get(browser.address, headers={"host": "evil.example:80"})
    assert answered.status_code == 421


def test_only_this_machine_is_served(browser: Browser) -> None:
    assert urlsplit(browser.address).hostname == "127.0.0.1"
    assert browser.address in browser.said[0]


def test_changed_files_are_told_and_nothing_is_counted(browser: Browser) -> None:
    browser.open()
    queries = browser.session.folder / "queries.jsonl"
    queries.write_text(queries.read_text() + '{"_id": "q3", "text": "new"}\n')
    assert "could not be kept" in browser.press("relevant")
    assert browser.session.counts == (0, 0, 0)


def test_a_port_that_is_taken_is_told(browser: Browser, tmp_path: Path) -> None:
    taken = urlsplit(browser.address).port
    assert taken is not None
    with pytest.raises(UsageError, match=str(taken)):
        serve(session_of(tmp_path / "other"), port=taken, say=lambda _: None)


def test_a_note_of_the_address_shows_no_text_of_its_own(tmp_path: Path) -> None:
    page = render(session_of(tmp_path / "set"), token="t", secret="s", note="<i>pay here</i>")
    assert "pay here" not in page


@given(st.text(max_size=80), st.text(max_size=20))
def test_marked_pieces_add_up_to_the_text(text: str, query: str) -> None:
    assert "".join(piece.text for piece in marked(text, query)) == text


@pytest.mark.parametrize(
    ("text", "query", "words"),
    [
        ("Where is parse_args?", "PARSE the args", ["parse", "args"]),
        ("cat concatenate Cat", "cat", ["cat", "Cat"]),
        ("東京都の天気", "東京 天気", ["東京", "天気"]),
        ("c++ and c", "c", []),
    ],
)
def test_words_of_the_query_are_marked_as_words(text: str, query: str, words: list[str]) -> None:
    assert [piece.text for piece in marked(text, query) if piece.marked] == words

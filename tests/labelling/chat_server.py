"""A local server that speaks the documented `/v1/chat/completions` protocol, and can break it on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Mapping[str, str], bytes]


def message(text: str | None) -> Reply:
    """A well-formed answer."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return 200, {}, json.dumps({"object": "chat.completion", "model": "toy", "choices": [choice]}).encode()


def refusal(status: int, **headers: str) -> Reply:
    """A well-formed error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, json.dumps({"error": {"message": "not now", "type": "error"}}).encode()


@dataclass(kw_only=True)
class ChatServer:
    """What was asked, and what comes next."""

    url: str
    script: list[Reply]
    """Answers to the first requests; those after them are answered by `otherwise`."""
    otherwise: Callable[[str], Reply]
    """From the prompt to the answer."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: dict[str, Any], authorization: str | None) -> Reply:
        with self.lock:
            self.requests.append(body)
            self.authorizations.append(authorization)
            number = len(self.requests)
        if number <= len(self.script):
            return self.script[number - 1]
        return self.otherwise(body["messages"][0]["content"])


@contextmanager
def chat_server(
    *script: Reply, otherwise: Callable[[str], Reply] = lambda _: message("a query\nanother query")
) -> Iterator[ChatServer]:
    """A server for the time of a `with` block."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server = ChatServer(url=f"http://127.0.0.1:{httpd.server_address[1]}/v1", script=list(script), otherwise=otherwise)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/chat/completions"
            status, headers, content = server.answer(body, self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    httpd.RequestHandlerClass = Handler
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()

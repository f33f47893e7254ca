"""Serving the labelling page on this machine until the person is done."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from helmert.errors import UsageError
from helmert.labelling.session import Session
from helmert.service.labelling.app import create_app

HOST = "127.0.0.1"


def serve(
    session: Session,
    *,
    port: int,
    say: Callable[[str], None],
    on_start: Callable[[uvicorn.Server, str], None] = lambda _server, _address: None,
) -> None:
    """Serve the page until the process is interrupted.

    Args:
        session: The pairs.
        port: 0 for a free one.
        say: Told the address.
        on_start: Given the server, which stops when its `should_exit` is set, and the address.

    Raises `UsageError` when the port is taken.
    """
    token = secrets.token_urlsafe(24)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used: {error.strerror}.", next_step="Leave --port out, or name another one."
            ) from error
        address = f"http://{HOST}:{listening.getsockname()[1]}/{token}/"
        config = uvicorn.Config(create_app(session, token=token), log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        say(f"Judge {len(session.pairs):,} pairs at {address}")
        say("Only this machine can open it. Control-C ends; every answer is kept at once.")
        on_start(server, address)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return

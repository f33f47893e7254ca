"""The labelling page as an application. Works without JavaScript; every form is a POST that leads back to the page.

Nobody else on the machine or in the browser may answer: the address holds a random token, forms hold another one, and
requests that name another host or come from another site are refused.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Annotated

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from helmert.errors import HelmertError
from helmert.labelling.session import Session
from helmert.service.labelling.marking import marked

_Proceed = Callable[[Request], Awaitable[Response]]

LOCAL = ("127.0.0.1", "localhost", "[::1]")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(session: Session, *, token: str, secret: str | None = None) -> FastAPI:
    """The application over one session.

    Args:
        session: The pairs and their answers.
        token: Part of every address; who does not know it finds nothing.
        secret: What forms must carry; random when None.
    """
    app = FastAPI(title="Helmert labelling", docs_url=None, redoc_url=None, openapi_url=None)
    form_secret = secret or secrets.token_urlsafe(16)

    @app.middleware("http")
    async def guard(request: Request, proceed: _Proceed) -> Response:
        refusal = _refusal(request, token)
        response = refusal or await proceed(request)
        response.headers.update(HEADERS)
        return response

    @app.get("/{_token}/", response_class=HTMLResponse)
    def page(_token: str, note: str = "") -> HTMLResponse:
        return HTMLResponse(render(session, token=token, secret=form_secret, note=note))

    @app.post("/{_token}/answer")
    def answer(
        _token: str,
        key: Annotated[str, Form()],
        check: Annotated[str, Form()],
        query: Annotated[str, Form()] = "",
        document: Annotated[str, Form()] = "",
    ) -> Response:
        if not hmac.compare_digest(check.encode(), form_secret.encode()):
            return HTMLResponse("This form is not of this page.", status_code=403)
        return RedirectResponse(f"/{token}/{_answered(session, key, (query, document))}", status_code=303)

    return app


def render(session: Session, *, token: str, secret: str, note: str = "") -> str:
    """The page as it is now."""
    shown = session.current
    relevant, not_relevant, skipped = session.counts
    return (
        _templates()
        .get_template("labelling.html")
        .render(
            shown=shown,
            pieces=marked(shown.document, shown.query) if shown else (),
            done=relevant + not_relevant + skipped,
            total=len(session.pairs),
            relevant=relevant,
            not_relevant=not_relevant,
            skipped=skipped,
            by=session.by,
            folder=str(session.folder),
            token=token,
            secret=secret,
            note=_NOTES.get(note, ""),
        )
    )


_NOTES = {
    "stale": "That answer was for another pair and was not kept.",
    "first": "There is no answer to take back.",
    "refused": "The answer could not be taken back: another label was added since.",
    "failed": "The answer could not be kept; the files of the set were changed. Look at the terminal.",
    "undone": "The last answer was taken back.",
}
"""What the page says after an answer; addresses carry only the name."""


def _answered(session: Session, key: str, pair: tuple[str, str]) -> str:
    """Take an answer; the query string that tells the page what to say."""
    try:
        match key:
            case "relevant" | "not-relevant":
                kept = session.judge(pair, relevant=key == "relevant")
            case "skip":
                kept = session.skip(pair)
            case "undo":
                return "?note=undone" if session.undo() else "?note=first"
            case _:
                kept = False
    except HelmertError:
        return "?note=refused" if key == "undo" else "?note=failed"
    return "" if kept else "?note=stale"


def _refusal(request: Request, token: str) -> Response | None:
    host = request.headers.get("host", "").rpartition(":")
    name = host[0] or host[2]
    if name not in LOCAL:
        return HTMLResponse("This page answers only on this machine.", status_code=421)
    given = request.url.path.split("/")[1]
    if not hmac.compare_digest(given.encode(), token.encode()):
        return HTMLResponse("Not found.", status_code=404)
    if request.method == "POST" and not _same_origin(request):
        return HTMLResponse("This form was sent from another site.", status_code=403)
    return None


def _same_origin(request: Request) -> bool:
    """Browsers say where a form was sent from in one of these headers; a form without either is none of a browser."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    return origin is None or origin == f"http://{request.headers.get('host', '')}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("helmert.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

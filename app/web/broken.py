"""Pages where an address leads nowhere or something breaks: they need no session and no database."""

import json
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from app.web import assets, look
from app.web.pages import template


def for_people(app: FastAPI) -> None:
    """Has a browser shown as a page what programs are answered as a problem (RFC 9457), with the same status."""
    for kind, answers in list(app.exception_handlers.items()):
        if not iscoroutinefunction(answers):
            app.add_exception_handler(kind, _shown(answers))


def _shown(answers: Callable[..., Any]) -> Callable[[Request, Exception], Response]:
    def shown(request: Request, error: Exception) -> Response:
        answer: Response = answers(request, error)
        if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
            return answer
        told = json.loads(bytes(answer.body))
        page = template("broken.html").render(
            title=told["title"], detail=told["detail"], build=assets.BUILD, **look.of(request)
        )
        return HTMLResponse(page, answer.status_code)

    return shown

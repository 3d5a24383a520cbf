"""Errors of the API: every one is application/problem+json (RFC 9457), also unknown routes and the unforeseen."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.durable.outage import is_outage
from app.errors import STATUS, TITLE, FieldError, Problem
from tools.ports import SourceUnavailable

MEDIA = "application/problem+json"
_COME_BACK_S = 5
_log = logging.getLogger(__name__)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
        "status": {
            "type": ["integer", "string"],
            "description": "The HTTP status; of what is decided already, the word for how it was decided",
        },
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": sorted([*STATUS, "method_not_allowed", "internal"])},
        "errors": {
            "type": "array",
            "items": {
                "type": "object", "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string", "format": "json-pointer"}, "detail": {"type": "string"}},
            },
        },
    },
}  # fmt: skip


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for these error statuses, each with the codes that may stand in it."""
    found: dict[int | str, dict[str, Any]] = {}
    # 429 and 503 may meet any request, 401 every one that asks for a token or a signature.
    for status in sorted({401, 429, 503, *statuses}):
        codes = ", ".join(sorted(code for code, of in STATUS.items() if of == status))
        content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        found[status] = {"description": f"{HTTPStatus(status).phrase}: {codes}", "content": content}
    return found


def response(problem: Problem) -> JSONResponse:
    headers = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="countersign"'
    if (after := problem.extra.get("retry_after_s")) is not None:
        headers["Retry-After"] = str(after)
    return JSONResponse(problem.document(), problem.status, headers, media_type=MEDIA)


def _plain(status: int, code: str, title: str, detail: str, headers: Any = None) -> JSONResponse:
    body = {
        "type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code, "errors": []
    }  # fmt: skip
    return JSONResponse(body, status, headers, media_type=MEDIA)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return response(Problem("not_found", "There is no such address."))
    if error.status_code == 405:
        detail = f"{request.method} is not offered here."
        return _plain(405, "method_not_allowed", "Another method is needed", detail, error.headers)
    phrase = HTTPStatus(error.status_code).phrase
    return _plain(error.status_code, "invalid_body", phrase, str(error.detail), error.headers)


def _of_validation(_request: Request, error: Exception) -> Response:
    """What FastAPI found wrong with path and query; bodies are read by app/wire.py and validated below."""
    assert isinstance(error, RequestValidationError)
    errors, in_path = [], False
    for each in error.errors():
        place, *parts = each["loc"]
        in_path = in_path or place == "path"
        errors.append(FieldError(pointer="/" + "/".join(str(part) for part in parts), detail=each["msg"]))
    if in_path:
        return response(Problem("not_found", TITLE["not_found"] + "."))
    return response(Problem("invalid_query", "The query is not valid.", errors=errors))


def _of_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return response(error)


def _of_outage(_request: Request, error: Exception) -> Response:
    _log.warning("unavailable: %s", type(error).__name__)
    detail = "A system that is needed for this cannot be reached now; try again later."
    return response(Problem("unavailable", detail, extra={"retry_after_s": _COME_BACK_S}))


def _of_database(request: Request, error: Exception) -> Response:
    """PostgreSQL ended the transaction, say: nothing that was asked for is at fault. Raises what is."""
    if not is_outage(error):
        raise error
    return _of_outage(request, error)


def _of_hang_up(_request: Request, _error: Exception) -> Response:
    """The client left, or was hung up on, before its request was here whole: nobody reads this, metrics count it."""
    return _plain(408, "invalid_body", "The request did not arrive", "The request did not arrive in time.")


def _of_data(request: Request, _error: Exception) -> Response:
    """A text that the database cannot even look up (PostgreSQL: with a NUL) names nothing."""
    if "\x00" in request.url.path or "%00" in request.url.path:
        return response(Problem("not_found", TITLE["not_found"] + "."))
    return response(Problem("invalid_query", "A value of the query cannot be looked up."))


def _of_anything(_request: Request, error: Exception) -> Response:
    # What went wrong stands in the log of the process alone.
    return _plain(500, "internal", "Something went wrong here", "The request could not be completed.")


def install(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(SourceUnavailable, _of_outage)
    app.add_exception_handler(OperationalError, _of_outage)
    app.add_exception_handler(DBAPIError, _of_database)
    app.add_exception_handler(NoConnection, _of_outage)
    app.add_exception_handler(DataError, _of_data)
    app.add_exception_handler(ClientDisconnect, _of_hang_up)
    app.add_exception_handler(Exception, _of_anything)

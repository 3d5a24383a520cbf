"""What endpoints ask of a request: the service, who speaks, and the body within its limits."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem
from app.identity.tokens import SCOPES, actor_of_token, digest_of
from app.wire import parse_json

_BEARER = HTTPBearer(
    auto_error=False, description="A token of `countersign token create`; its scopes: " + ", ".join(SCOPES) + "."
)


def context(request: Request) -> Context:
    found: Context = request.app.state.service.context
    return found


async def _provided(request: Request) -> Context:
    # Asynchronous, since FastAPI sends every plain function through a thread.
    return context(request)


Ctx = Annotated[Context, Depends(_provided)]


async def authenticated(request: Request) -> Actor:
    """Who speaks; looked up once a request. Raises Problem `unauthenticated`."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not bearer.strip():
        raise Problem("unauthenticated", "Send a token as `Authorization: Bearer cs_…`.")
    actor = await run_in_threadpool(actor_of_token, context(request), bearer.strip(), "api")
    context(request).intake.require_rate("token", digest_of(bearer.strip()))
    request.state.actor = actor
    return actor


Ident = Annotated[str, Path(pattern="^[^/]+$")]
"""Names one thing in a path; whatever names nothing is a 404."""

Anybody = Annotated[Actor, Depends(authenticated)]
"""Who speaks, before it is asked what they may: of what is not in their sight nobody learns even that (404 first)."""


def reader(scope: str | None) -> Any:
    """The actor, whose token must have `scope`; None: any token."""

    async def allowed(
        request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None
    ) -> Actor:
        actor = await authenticated(request)
        if scope is not None:
            actor.require_scope(scope)
        return actor

    return Depends(allowed)


def writer(scope: str) -> Any:
    """The actor, who must hold a role that may change something."""

    async def allowed(
        request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None
    ) -> Actor:
        actor = await authenticated(request)
        actor.require_scope(scope)
        actor.require_change()
        return actor

    return Depends(allowed)


async def read_body(request: Request) -> bytes:
    """The raw body, read once and never beyond the limit. Raises Problem `too_large`."""
    known: bytes | None = getattr(request.state, "body", None)
    if known is not None:
        return known
    limit = context(request).settings.max_body_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > limit:
            raise _too_large(limit)
    request.state.body = bytes(read)
    return bytes(read)


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Problem `too_large`, `too_deep`, `invalid_body`."""
    body = parse_json(await read_body(request))
    if not isinstance(body, dict):
        detail = "must be a JSON object"
        raise Problem("invalid_body", f"The body {detail}.", errors=[FieldError(pointer="", detail=detail)])
    return body


Body = Annotated[dict[str, Any], Depends(json_object)]


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's words for a body that is read here and not by FastAPI."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _too_large(limit: int) -> Problem:
    return Problem("too_large", f"A body holds at most {limit} bytes.")

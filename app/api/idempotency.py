"""`Idempotency-Key` on POST: the same key and body again give the first answer, without doing anything again.

Scope is the principal and the path, for 24 hours. Kept are answers that settle something: not 401, 409 in progress,
429 and what went wrong on our side, after which the same key may be used again.
"""

import base64
import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from app.actor import Actor
from app.api import problems
from app.api.requests import authenticated, context, read_body
from app.audit.vault import PayloadErased, PayloadUnknown
from app.errors import FieldError, Problem
from app.ground import Ground
from app.store.engine import unit_of_work
from app.store.models import IdempotencyKey
from app.workflow.faults import fault_point

LIFETIME = timedelta(hours=24)
ABANDONED = timedelta(minutes=10)
"""A request in flight for longer died with its process; its key is free again."""
_REPLAYED_HEADERS = ("content-type", "location")
_NOT_KEPT = frozenset({401, 413, 429})


_IN_OPENAPI: dict[str, Any] = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "For 24 hours the same key and body are answered as the first time, without doing anything again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}  # fmt: skip


class IdempotentRoute(APIRoute):
    """A route whose POST heeds the header, and says so in the description of the API."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        extra = dict(kwargs.get("openapi_extra") or {})
        known = extra.get("parameters", [])
        if "POST" in (kwargs.get("methods") or ()) and _IN_OPENAPI not in known:
            kwargs["openapi_extra"] = extra | {"parameters": [*known, _IN_OPENAPI]}
            # A body is read to be compared, also where none is asked for.
            kwargs["responses"] = problems.documented(409, 413, 422) | dict(kwargs.get("responses") or {})
        super().__init__(path, endpoint, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def idempotent(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if request.method != "POST" or key is None:
                return await handler(request)
            actor = await authenticated(request)
            _check(key)
            digest = hashlib.sha256(request.url.query.encode() + b"\n" + await read_body(request)).hexdigest()
            path, ground = request.url.path, context(request)
            replayed = await run_in_threadpool(_begin, ground, actor, path, key, digest)
            if replayed is not None:
                return replayed
            fault_point("idempotency.begun")
            try:
                answer = await _answered(handler, request)
            except BaseException:
                await run_in_threadpool(_forget, ground, actor, path, key)
                raise
            fault_point("idempotency.answered")
            if answer.status_code >= 500 or answer.status_code in _NOT_KEPT:
                await run_in_threadpool(_forget, ground, actor, path, key)
            else:
                await run_in_threadpool(_keep, ground, actor, path, key, answer)
            return answer

        return idempotent


async def _answered(handler: Callable[[Request], Coroutine[Any, Any, Response]], request: Request) -> Response:
    try:
        return await handler(request)
    except Problem as problem:
        return problems.response(problem)


def _check(key: str) -> None:
    if not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        detail = "must be 1 to 200 printable ASCII characters"
        errors = [FieldError(pointer="/Idempotency-Key", detail=detail)]
        raise Problem("invalid_query", f"Idempotency-Key {detail}.", errors=errors)


def _begin(ground: Ground, actor: Actor, path: str, key: str, digest: str) -> Response | None:
    """Takes the key for this request, or answers what the first one was answered. Raises Problem."""
    now = ground.clock()
    try:
        with unit_of_work(ground.engine) as session:
            known = session.get(IdempotencyKey, (actor.principal_id, path, key), with_for_update=True)
            if known is not None and known.at <= now - LIFETIME:
                session.delete(known)
                session.flush()
                known = None
            if known is None:
                session.add(
                    IdempotencyKey(
                        principal_id=actor.principal_id, path=path, key=key, tenant=actor.tenant, body_digest=digest,
                        at=now,
                    )
                )  # fmt: skip
                return None
            if known.body_digest != digest:
                raise Problem("idempotency_mismatch", "This key was used here with another body or query.")
            if known.status is None:
                if known.at > now - ABANDONED:
                    raise Problem("idempotency_in_progress", "A request with this key is still at work.")
                known.at = now
                session.add(known)
                return None
            try:
                kept = ground.vault.open(session, actor.tenant, known.response_payload or "")
            except (PayloadErased, PayloadUnknown):
                raise Problem("erased", "The answer of this key was erased.") from None
            headers = dict(known.headers) | {"Idempotency-Replayed": "true"}
            return Response(base64.b64decode(kept["body"]), known.status, headers)
    except IntegrityError:
        raise Problem("idempotency_in_progress", "A request with this key is still at work.") from None


def _keep(ground: Ground, actor: Actor, path: str, key: str, answer: Response) -> None:
    now, tenant = ground.clock(), actor.tenant
    with unit_of_work(ground.engine) as session:
        row = session.get_one(IdempotencyKey, (actor.principal_id, path, key))
        about = ground.vault.subject(tenant, f"principal {actor.principal_id}")
        content = {"body": base64.b64encode(bytes(answer.body)).decode("ascii")}
        row.response_payload = ground.vault.seal(session, tenant, about, "response", content, now)
        row.status = answer.status_code
        row.headers = {name: answer.headers[name] for name in _REPLAYED_HEADERS if name in answer.headers}
        session.add(row)
    fault_point("idempotency.kept")


def _forget(ground: Ground, actor: Actor, path: str, key: str) -> None:
    with unit_of_work(ground.engine) as session:
        row = session.get(IdempotencyKey, (actor.principal_id, path, key))
        if row is not None:
            session.delete(row)
    fault_point("idempotency.freed")

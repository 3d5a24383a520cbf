"""`Idempotency-Key` on POST: the same key and body again give the first answer, without doing anything again.

Scope is the principal and the path, for 24 hours. Kept are answers that settle something: not 401, 409 in progress,
429 and what went wrong on our side, after which the same key may be used again. A process that is at work under a key
says so again and again; once it has been silent for half a minute, it died, and the key may be used again. What it had
stored by then is not done twice: `once` names the request to whoever opens something new.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session
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
SILENT = timedelta(seconds=30)
"""A request in flight of which nothing was heard for so long died with its process; its key is free again."""
_HEARD_S = 5.0
_COME_BACK_S = 5
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
            held = await run_in_threadpool(_begin, context(request), actor, request.url.path, key, digest)
            if isinstance(held, Response):
                return held
            fault_point("idempotency.begun")
            request.state.once = held.once
            try:
                async with _heard_of(held):
                    answer = await _answered(handler, request)
            except BaseException:
                await run_in_threadpool(held.free)
                raise
            fault_point("idempotency.answered")
            if answer.status_code >= 500 or answer.status_code in _NOT_KEPT:
                await run_in_threadpool(held.free)
            else:
                await run_in_threadpool(held.keep, answer)
            return answer

        return idempotent


def once(request: Request) -> str | None:
    """A name of this request that it has each time it is made again under its key; None without a key."""
    return getattr(request.state, "once", None)


@asynccontextmanager
async def _heard_of(held: "_Held") -> AsyncIterator[None]:
    """Says every few seconds that the request is still at work."""

    over = asyncio.Event()

    async def renew() -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEARD_S):
                    await over.wait()
                return
            with suppress(DBAPIError):  # a database that is away for longer has lost this request too
                await run_in_threadpool(held.renew)

    beside = asyncio.create_task(renew())
    try:
        yield
    finally:
        over.set()
        await beside


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


def _begin(ground: Ground, actor: Actor, path: str, key: str, digest: str) -> "_Held | Response":
    """Takes the key for this request, or answers what the first one was answered. Raises Problem."""
    now = ground.clock()
    try:
        with unit_of_work(ground.engine) as session:
            known = session.get(IdempotencyKey, (actor.principal_id, path, key), with_for_update=True)
            if known is not None and (known.at <= now - LIFETIME or _free(known, digest)):
                session.delete(known)
                session.flush()
                known = None
            if known is None:
                known = IdempotencyKey(
                    principal_id=actor.principal_id, path=path, key=key, tenant=actor.tenant, body_digest=digest,
                    at=now, held_at=now,
                )  # fmt: skip
                session.add(known)
                return _Held(ground, actor, path, key, known.at, now)
            if known.body_digest != digest:
                raise Problem("idempotency_mismatch", "This key was used here with another body or query.")
            if known.status is None:
                if known.held_at is not None and known.held_at > now - SILENT:
                    raise _in_progress()
                known.held_at = now
                session.add(known)
                return _Held(ground, actor, path, key, known.at, now)
            try:
                kept = ground.vault.open(session, actor.tenant, known.response_payload or "")
            except (PayloadErased, PayloadUnknown):
                raise Problem("erased", "The answer of this key was erased.") from None
            headers = dict(known.headers) | {"Idempotency-Replayed": "true"}
            return Response(base64.b64decode(kept["body"]), known.status, headers)
    except IntegrityError:
        raise _in_progress() from None


def _free(row: IdempotencyKey, digest: str) -> bool:
    """Whether what was asked under the key settled nothing and something else is asked now."""
    return row.status is None and row.held_at is None and row.body_digest != digest


def _in_progress() -> Problem:
    detail = "A request with this key is still at work."
    return Problem("idempotency_in_progress", detail, extra={"retry_after_s": _COME_BACK_S})


@dataclass
class _Held:
    """A key that this request holds. Whoever finds that another has taken it since leaves it alone."""

    ground: Ground
    actor: Actor
    path: str
    key: str
    at: datetime
    held_at: datetime

    @property
    def once(self) -> str:
        of = f"{self.actor.principal_id}\n{self.path}\n{self.key}\n{self.at.isoformat()}"
        return hashlib.sha256(of.encode()).hexdigest()[:32]

    def renew(self) -> None:
        now = self.ground.clock()
        with unit_of_work(self.ground.engine) as session:
            if (row := self._row(session)) is not None:
                row.held_at = self.held_at = now
                session.add(row)

    def keep(self, answer: Response) -> None:
        now, tenant = self.ground.clock(), self.actor.tenant
        with unit_of_work(self.ground.engine) as session:
            if (row := self._row(session)) is not None:
                about = self.ground.vault.subject(tenant, f"principal {self.actor.principal_id}")
                content = {"body": base64.b64encode(bytes(answer.body)).decode("ascii")}
                row.response_payload = self.ground.vault.seal(session, tenant, about, "response", content, now)
                row.status = answer.status_code
                row.headers = {name: answer.headers[name] for name in _REPLAYED_HEADERS if name in answer.headers}
                session.add(row)
        fault_point("idempotency.kept")

    def free(self) -> None:
        with unit_of_work(self.ground.engine) as session:
            if (row := self._row(session)) is not None:
                row.held_at = None
                session.add(row)
        fault_point("idempotency.freed")

    def _row(self, session: Session) -> IdempotencyKey | None:
        row = session.get(IdempotencyKey, (self.actor.principal_id, self.path, self.key), with_for_update=True)
        return row if row is not None and row.status is None and row.held_at == self.held_at else None

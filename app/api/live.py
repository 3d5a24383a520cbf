"""Live updates, as server-sent events."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Security
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from app.actor import Actor
from app.api.problems import documented
from app.api.requests import authenticated, context
from app.errors import Problem
from app.identity.sessions import actor_of_session, cookie_name
from app.live import HEARTBEAT_S, Live
from app.views.live import News, may_hear, require_listener
from app.views.pages import invalid_query

router = APIRouter(tags=["live"])

_BEARER = HTTPBearer(auto_error=False, description="A token with the scope `cases:read`, or the web's session cookie.")
_COME_BACK_MS = 2_000
_MEDIA = "text/event-stream"
_DESCRIPTION = """\
One event for each new entry of the tenant's log that the caller may see: whoever reads the log sees every entry, others
those of the cases in their units. `id` is the entry's `seq`, `event` is `entry`, `data` is
`{"seq": 17, "kind": "review.asked", "refs": {"case": "cas_…", "review": "rev_…"}}`: no content, only what to fetch.

With `Last-Event-ID` it goes on after that entry, without a gap; without, it begins with what happens next. A comment
comes at least every 15 seconds. The stream ends when the service stops, when the caller is too slow, and when the
caller's token or session does; every API process tells the same, so that any of them may be asked to go on.
"""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, until either side ends it",
        "content": {_MEDIA: {"schema": {"type": "string"}}},
    }
}  # fmt: skip


async def listener(
    request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None
) -> Actor:
    """Who listens, as of now: by token, else by the session of the web pages. Raises Problem `unauthenticated`."""
    actor = await _now(request)
    require_listener(actor)
    return actor


Listener = Annotated[Actor, Depends(listener)]


@router.get(
    "/live", response_class=StreamingResponse, responses=_STREAM | documented(403, 422),
    summary="What happens, as it happens", description=_DESCRIPTION,
)  # fmt: skip
async def live(
    request: Request, actor: Listener, last_event_id: Annotated[str | None, Header(max_length=20)] = None
) -> StreamingResponse:
    start = None
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdecimal()):
            raise invalid_query("/Last-Event-ID", "must be the seq of an entry, as an event's id said")
        start = int(last_event_id) + 1
    return StreamingResponse(_events(request, actor, start), media_type=_MEDIA, headers={"X-Accel-Buffering": "no"})


async def _events(request: Request, actor: Actor, start: int | None) -> AsyncIterator[str]:
    updates: Live = request.app.state.live
    yield f"retry: {_COME_BACK_MS}\n\n"
    quiet, known_at = 0, time.monotonic()
    async for told in updates.listen(actor.tenant, start):
        if time.monotonic() > known_at + HEARTBEAT_S / 2:
            # Roles may have been taken away, or the session ended, since the last time.
            try:
                actor, known_at = await listener(request), time.monotonic()
            except Problem:
                return
        if told is None:
            yield ":\n\n"
        elif may_hear(actor, told):
            quiet = 0
            yield _event(told)
        else:
            # Who comes back after much that was not theirs need not be told to skip all of it again.
            quiet += 1
            if quiet % 100 == 0:
                yield f"id: {told.seq}\n\n"


def _event(told: News) -> str:
    data = json.dumps({"seq": told.seq, "kind": told.kind, "refs": {**told.refs}}, separators=(",", ":"))
    return f"id: {told.seq}\nevent: entry\ndata: {data}\n\n"


async def _now(request: Request) -> Actor:
    cookie = request.cookies.get(cookie_name(context(request)))
    if "authorization" in request.headers or not cookie:
        request.state.actor = None
        return await authenticated(request)
    return (await run_in_threadpool(actor_of_session, context(request), cookie)).actor

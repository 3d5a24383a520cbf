"""Slack over HTTP: one address for events, interactions and commands, whose signature Bolt checks."""

from fastapi import APIRouter, Request, Response

from app.api.requests import read_body
from app.slack.bolt import Surface

router = APIRouter(include_in_schema=False)


@router.post("/slack/events")
async def events(request: Request) -> Response:
    """401 for what Slack did not sign within the last five minutes; 413 for a body that is too large."""
    from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response

    surface: Surface = request.app.state.slack
    body = await read_body(request)
    stamp = request.headers.get("x-slack-request-timestamp", "")
    try:
        body.decode()
    except UnicodeDecodeError:
        return Response(status_code=400)
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 20):
        return Response(status_code=401)
    return to_starlette_response(await surface.app.async_dispatch(to_async_bolt_request(request, body)))

"""Requesting: a message in Slack becomes a case, with its thread and its files as what a customer said."""

from hashlib import sha256
from typing import Any, Final, get_args

from pydantic import Field

from app.errors import Problem
from app.slack import kit
from app.slack.api import SlackApi, SlackAway, SlackBusy, SlackRefused
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.presses import read, wire
from app.views.words import spoken
from app.workflow import ingest
from tools.events import TriageKind
from tools.values import Id, Value

_MOST_MESSAGES: Final = 50
_MOST_FILES: Final = 10
_FILE_BYTES: Final = 5_000_000
_FILE_TEXT: Final = 20_000
_TEXT: Final = 10_000
_ANSWER: Final = "value"
_HINT: Final = "its id, if you know"
_READABLE: Final = ("text/", "application/json", "application/csv")


class OfMessage(Value):
    """A message of a channel; `thread` is the first of its thread."""

    channel: Id
    ts: Id
    thread: Id
    author: Id | None = Field(default=None)


def look(desk: Desk, came: Came) -> None:
    """Shows what would be read, and asks what it is about."""
    actor = desk.actor(came)
    actor.require_change()
    text = str(came.message.get("text") or "").strip()
    if not text and not came.message.get("files"):
        raise Problem("invalid_body", "There are no words in this message that could be read.")
    author = came.message.get("user")
    about = OfMessage(
        channel=came.channel, ts=came.ts, thread=str(came.message.get("thread_ts") or came.ts),
        author=author if isinstance(author, str) else None,
    )  # fmt: skip
    kinds = [(spoken(kind).capitalize(), kind) for kind in get_args(TriageKind)]
    blocks = [
        *kit.paragraphs("This is read, with its thread and files, as a customer’s words", kit.cut(text, 2_000)),
        kit.asked("kind", "It is a", kit.choice(_ANSWER, kinds, "other")),
        kit.asked(
            "customer", "Customer", kit.line(_ANSWER, most=120, placeholder="its id, if you know"), optional=True
        ),
        kit.asked("project", "Project", kit.line(_ANSWER, most=120, placeholder="its id, if you know"), optional=True),
    ]
    desk.open(came, kit.modal("triage_send", "Triage this message", blocks, about=wire(about), submit="Read it"))


def request(desk: Desk, came: Came) -> Block | None:
    """Opens the case. The workflow checks the words as it does for any other request."""
    about, actor = read(OfMessage, came.value), desk.actor(came)
    actor.require_change()
    api = desk.workspace(came).api(desk.ctx)
    thread = _thread(api, about)
    chosen = next((each for each in thread if each.get("ts") == about.ts), None)
    if chosen is None:
        raise Problem("not_found", "The message is not there any more.")
    named = {name: text for name in ("customer", "project") if (text := (came.values.get(name) or "").strip())}
    body: dict[str, Any] = {
        "kind": came.values.get("kind") or "other", "text": str(chosen.get("text") or "see the files")[:_TEXT],
        "data": {
            "slack": {
                "team": came.team_id, "channel": about.channel, "ts": about.ts,
                "thread": [{"ts": str(each.get("ts")), "text": str(each.get("text") or "")[:_TEXT]} for each in thread],
                "files": _files(api, thread),
            }
        },
    }  # fmt: skip
    if about.author:
        body["requested_by"] = f"slack:{about.author}"
    case_id = ingest.request_triage(desk.ctx, actor, body | named)
    said = f"It is being read: {desk.ctx.settings.public_url}/cases/{case_id}"
    view = kit.modal("said", "Triage this message", [kit.section(kit.plain(said))])
    return {"response_action": "update", "view": view}


def _thread(api: SlackApi, about: OfMessage) -> list[dict[str, Any]]:
    """The message with what its thread says before and after it; of a long one the first and the part around it.

    Raises Problem `unavailable`, `not_permitted` (the app is not in that channel).
    """
    try:
        pages = list(api.pages("conversations.replies", channel=about.channel, ts=about.thread, limit=200))
    except SlackRefused as refused:
        raise Problem("not_permitted", f"The app cannot read this channel ({refused.code}); invite it.") from None
    except (SlackAway, SlackBusy) as away:
        raise Problem("unavailable", "Slack cannot be read now; please try again.") from away
    said = [each for page in pages for each in page.get("messages", ()) if isinstance(each, dict)]
    at = next((place for place, each in enumerate(said) if each.get("ts") == about.ts), 0)
    begin = max(0, min(at - _MOST_MESSAGES // 2, len(said) - _MOST_MESSAGES))
    return said[:1] + said[begin + 1 : begin + _MOST_MESSAGES]


def _files(api: SlackApi, thread: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each file is, its digest, and its words where it is text; one that cannot be had is named all the same."""
    listed = [each for message in thread for each in message.get("files", ()) if isinstance(each, dict)]
    found = []
    for each in listed[:_MOST_FILES]:
        kind = str(each.get("mimetype") or "")
        told: dict[str, Any] = {"name": str(each.get("name") or "")[:200], "type": kind[:100]}
        try:
            content = api.download(str(each.get("url_private") or ""), _FILE_BYTES)
        except (SlackRefused, SlackAway) as missing:
            told["missing"] = str(missing)[:100]
        else:
            told["sha256"] = sha256(content).hexdigest()
            if kind.startswith(_READABLE):
                told["text"] = content.decode("utf-8", "replace").replace("\x00", "\ufffd")[:_FILE_TEXT]
        found.append(told)
    return found

"""Desk: what every handler of an interaction stands on: the firm, who speaks, and how to answer them."""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import Problem
from app.identity.passwords import Guesses
from app.slack import kit
from app.slack.api import SlackAway, SlackBusy, SlackRefused
from app.slack.came import Came
from app.slack.kit import Block
from app.slack.people import People
from app.slack.workspaces import Workspace, workspace
from app.store.engine import read_only, unit_of_work
from app.store.models import IdempotencyKey, SlackMessage
from app.views.people import names

_log = logging.getLogger(__name__)
_EXPIRED = frozenset({"expired_trigger_id", "invalid_trigger_id", "trigger_exchanged", "trigger_expired"})


@dataclass(frozen=True)
class Desk:
    """One for each service; nothing of an interaction is kept in it."""

    ctx: Context
    people: People
    guesses: Guesses

    @classmethod
    def of(cls, ctx: Context) -> "Desk":
        return cls(ctx, People(ctx), Guesses())

    def workspace(self, came: Came) -> Workspace:
        """Raises Problem `unauthenticated`."""
        return workspace(self.ctx, came.team_id)

    def actor(self, came: Came) -> Actor:
        """Raises Problem `unauthenticated`, `not_permitted`, `unavailable`."""
        return self.people.actor(self.workspace(came), came.user_id)

    def first(self, came: Came, tenant: str) -> bool:
        """Whether this interaction was not worked off before: what Slack repeats, or somebody replays, was."""
        path = f"/slack/{came.kind}"
        try:
            with unit_of_work(self.ctx.engine) as session:
                session.add(
                    IdempotencyKey(
                        principal_id=f"slack/{came.team_id}", path=path, key=came.unique, tenant=tenant,
                        body_digest="", status=200, at=self.ctx.clock(),
                    )
                )  # fmt: skip
        except IntegrityError:
            return False
        return True

    def message(self, came: Came) -> SlackMessage | None:
        """The message of ours in which it was pressed."""
        with read_only(self.ctx.engine) as session:
            query = select(SlackMessage).where(
                col(SlackMessage.team_id) == came.team_id, col(SlackMessage.channel) == came.channel,
                col(SlackMessage.ts) == came.ts,
            )  # fmt: skip
            return session.exec(query).first()

    def open(self, came: Came, view: Block) -> dict[str, Any]:
        """Opens a view. Raises Problem `unavailable` where Slack waited too long for it."""
        try:
            found: dict[str, Any] = self.workspace(came).api(self.ctx).call(
                "views.open", trigger_id=came.trigger_id, view=view
            )["view"]  # fmt: skip
            return found
        except SlackRefused as refused:
            if refused.code in _EXPIRED:
                raise Problem("unavailable", "That took too long for Slack; please click again.") from None
            raise
        except (SlackAway, SlackBusy) as away:
            raise Problem("unavailable", "Slack cannot be reached now; please click again.") from away

    def say(self, came: Came, text: str, blocks: list[Block] | None = None) -> None:
        """To this person alone, where they are; else in their direct messages. What cannot be said is logged."""
        shown = kit.fitting(blocks or [kit.section(kit.plain(text))])
        try:
            if not self._respond(came, kit.fallback(text), shown):
                api = self.workspace(came).api(self.ctx)
                api.call("chat.postMessage", channel=came.user_id, text=kit.fallback(text), blocks=shown)
        except (Problem, SlackRefused, SlackAway, SlackBusy) as unsaid:
            _log.warning("a person in Slack could not be answered: %s", unsaid)

    def _respond(self, came: Came, text: str, blocks: list[Block]) -> bool:
        base = self.ctx.settings.slack_api_url.removesuffix("/api")
        ours = base if base != "https://slack.com" else "https://hooks.slack.com"
        if not came.response_url.startswith(f"{ours}/"):
            return False
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(came.response_url, timeout=5)
        try:
            sent = client.send(text=text, blocks=blocks, response_type="ephemeral", replace_original=False)
        except OSError as away:
            raise SlackAway("response_url") from away
        return bool(sent.status_code == 200)

    def explain(self, actor: Actor | None, problem: Problem) -> str:
        """A refusal as a sentence: of what is decided already, by whom and when."""
        if problem.code == "already_decided" and actor is not None:
            extra = problem.extra
            with read_only(self.ctx.engine) as session:
                by = _called(session, actor, extra.get("decided_by"))
            when = str(extra.get("decided_at") or "")[:16].replace("T", " ")
            if extra.get("status") == "pending":
                return f"{by} approved this already ({when} UTC); another person is still needed."
            return f"This was {extra.get('status')} already by {by} ({when} UTC). Nothing was changed by your click."
        fields = "".join(f"\n• {error.pointer.rpartition('/')[2]}: {error.detail}" for error in problem.errors)
        return f"{problem.title}. {problem.detail}{fields}"


def _called(session: Session, actor: Actor, ident: object) -> str:
    if ident == actor.principal_id:
        return "you"
    return names(session, actor.tenant, [str(ident)]).get(str(ident), "the service") if ident else "the service"

"""Verdicts: buttons and views that decide a review, by the workflow's own function and no other rules than its own.

What Slack adds comes before it: that all of it was displayed, and for a high risk that the person signed in lately.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.actor import Actor
from app.errors import Problem
from app.identity.sessions import last_sign_in
from app.slack import content, kit
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.presses import OfReview, read, wire
from app.store.engine import read_only
from app.store.models import SlackShown
from app.views import reviews
from app.views.labels import Labels
from app.workflow.review import COMMENT_LIMIT, DIGEST_NEEDED, give_verdict

RECENT: Final = timedelta(hours=4)
"""So lately somebody who approves a high risk must have signed in on the web; Slack itself asks nobody again."""
_WORDS: Final = {
    "reject": ("Reject", "Why is it rejected?", "Reject"),
    "ask": ("Ask", "What do you want to know or see changed?", "Ask"),
}
_VERDICT: Final = {"reject": "reject", "ask": "respond"}


def approve(desk: Desk, came: Came) -> None:
    press, actor = read(OfReview, came.value), desk.actor(came)
    decide(desk, actor, placed(desk, came, press), {"verdict": "approve"})
    now = reviews.review(desk.ctx, actor, press.review)
    if now["status"] == "pending":
        desk.say(came, "Your approval is on the record; somebody else has to agree as well.")


def placed(desk: Desk, came: Came, press: OfReview) -> OfReview:
    """The press with the message in which it was made."""
    message = desk.message(came)
    return press.model_copy(update={"message": message.id if message else None})


def decide(desk: Desk, actor: Actor, press: OfReview, body: dict[str, Any]) -> None:
    """Says it to the workflow. Raises Problem."""
    ctx = desk.ctx
    review = in_sight(desk, actor, press.review)
    shown_at = _shown(desk, actor, press)
    if body["verdict"] == "approve":
        if shown_at is None:
            raise Problem("args_mismatch", "Not all of this was displayed to you yet; read it all first.")
        if review["status"] == "pending" and content.is_high(review):
            actor = _signed_in(desk, actor)
    about = {"args_digest": press.digest} if body["verdict"] in DIGEST_NEEDED else {}
    give_verdict(ctx, actor, press.review, body | about, shown_at=shown_at)


def in_sight(desk: Desk, actor: Actor, review_id: str) -> dict[str, Any]:
    """The review, for somebody who may change something. Raises Problem `not_found`, `not_permitted`."""
    found = reviews.review(desk.ctx, actor, review_id)
    actor.require_change()
    return found


def ask_why(desk: Desk, came: Came) -> None:
    """Opens the view in which a reason or a question is written."""
    press, actor = read(OfReview, came.value), desk.actor(came)
    review = in_sight(desk, actor, press.review)
    title, label, submit = _WORDS[came.action]
    labels = Labels(desk.ctx, actor.tenant)
    sentence = labels.sentence(review["action"]["tool"], review["action"]["args"])
    element = kit.line("words", several=True)
    desk.open(came, kit.modal(
        f"{came.action}_send", title, [kit.section(kit.plain(sentence)), kit.asked("comment", label, element)],
        about=wire(placed(desk, came, press)), submit=submit,
    ))  # fmt: skip


def said_why(desk: Desk, came: Came) -> Block | None:
    """Rejects with the reason, or asks the question, that was written."""
    press, actor = read(OfReview, came.value), desk.actor(came)
    comment = (came.values.get("comment") or "").strip()
    if not comment:
        return {"response_action": "errors", "errors": {"comment": "Some words are needed."}}
    if len(comment) > COMMENT_LIMIT:
        return {"response_action": "errors", "errors": {"comment": f"At most {COMMENT_LIMIT} characters."}}
    verdict = _VERDICT[came.action.removesuffix("_send")]
    decide(desk, actor, press, {"verdict": verdict, "comment": comment})
    return None


def _shown(desk: Desk, actor: Actor, press: OfReview) -> datetime | None:
    """When all of it was first displayed: in that message, else in a view to this person."""
    with read_only(desk.ctx.engine) as session:
        for each in (press.message, actor.principal_id):
            row = session.get(SlackShown, (each, press.review, press.digest)) if each else None
            if row is not None and row.tenant == actor.tenant:
                return row.at
    return None


def _signed_in(desk: Desk, actor: Actor) -> Actor:
    """Raises Problem `unauthenticated` with the way to sign in."""
    at = last_sign_in(desk.ctx, actor, RECENT)
    if at is None:
        where = f"{desk.ctx.settings.public_url}/sign-in"
        hours = RECENT.total_seconds() / 3600
        raise Problem(
            "unauthenticated",
            f"This is a high risk: sign in at {where} (within the last {hours:g} hours), then approve again.",
        )
    return replace(actor, signed_in_at=at)

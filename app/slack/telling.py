"""Telling: what each kind of message says now, made from the database whenever it is sent or brought up to date."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from app.actor import Actor, Grant, system_actor
from app.context import Context
from app.errors import Problem
from app.identity.slack_links import actor_of_account
from app.slack import kit
from app.slack.card import Subject, card
from app.slack.content import deadline, differences
from app.slack.kit import Block
from app.slack.presses import OfExecution, OfReview, wire
from app.store.engine import read_only
from app.store.models import CaseClaim, Execution, Proposal, Review, SlackMessage, Snooze, Verdict
from app.views import cases, reviews
from app.views.labels import Labels
from app.views.pages import MAX_LIMIT, Page
from app.views.people import names
from app.views.sight import opened, stamp
from app.workflow.summaries import exception_summary
from tools.registry import TOOLS

LISTED: Final = 8
"""Reviews that one message lists."""
_SECTION: Final = 1_800
_ENDED: Final = {"succeeded": "✓ Done", "undone": "↩ Taken back", "failed": "✕ Failed"}


@dataclass(frozen=True)
class Told:
    """Blocks, the one line of a notification, and which reviews are displayed whole: id → digest."""

    blocks: list[Block]
    text: str
    whole: Mapping[str, str] = field(default_factory=dict)


def teller(tenant: str) -> Actor:
    """Who reads for Slack: all units, since the firm said by its routes who sees what; it changes nothing."""
    return replace(system_actor(tenant, "slack"), grants=(Grant("auditor"),), surface="slack")


def subject(ctx: Context, actor: Actor, case_id: str) -> Subject:
    """Raises Problem `not_found`, for another firm's case too."""
    case = cases.case(ctx, actor, case_id)
    with read_only(ctx.engine) as session:
        claim = session.get(CaseClaim, case_id)
        by = names(session, actor.tenant, [claim.principal_id]).get(claim.principal_id) if claim else None
    return Subject(case, Labels(ctx, actor.tenant), f"{ctx.settings.public_url}/cases/{case_id}", by)


def told(ctx: Context, row: SlackMessage) -> Told | None:
    """None where there is nothing to say (any more), in person also to who may not see it (any more)."""
    if row.principal_id is not None and not _still_told(ctx, row):
        return None
    return _TOLD[row.kind](ctx, row)


def _still_told(ctx: Context, row: SlackMessage) -> bool:
    """Whether the account still speaks for somebody who sees the case: since it was noted, roles may have ended."""
    try:
        actor = actor_of_account(ctx, row.tenant, row.team_id, row.place)
        if row.case_id is not None:
            cases.require_in_sight(ctx, actor, row.case_id)
    except Problem:
        return False
    return True


def _case(ctx: Context, row: SlackMessage) -> Told | None:
    about = subject(ctx, teller(row.tenant), row.about)
    if row.ts is None and not any(each["status"] == "pending" for each in about.case["reviews"]):
        return None  # decided before it could be told
    made = card(about)
    return Told(made.blocks, made.text, made.whole)


def _result(ctx: Context, row: SlackMessage) -> Told | None:
    """How an execution ended, and the way back where there is one."""
    with read_only(ctx.engine) as session:
        execution = session.get(Execution, row.about)
        if execution is None:
            return None
        proposal = session.get_one(Proposal, execution.proposal_id)
        content = opened(ctx, session, row.tenant, [proposal.content_payload])[proposal.content_payload]
    spec = TOOLS[execution.tool]
    args = content["action"]["args"] if content else None
    sentence = Labels(ctx, row.tenant).sentence(execution.tool, args)
    mark = {"succeeded": "✓ Done", "undone": "↩ Taken back", "failed": "✕ Failed"}.get(
        execution.status, "? Not known yet"
    )
    said = f"{mark}: {sentence}" + (f"\n{execution.error}" if execution.error else "")
    blocks = [kit.section(kit.plain(said))]
    if execution.status == "succeeded" and spec.reversibility != "irreversible" and proposal.undo_of is None:
        sure = kit.confirm("Take this back?", kit.cut(sentence, 280), "Take it back")
        about = wire(OfExecution(execution=execution.id))
        blocks.append(kit.actions(kit.button("Undo", "undo", about, confirm=sure)))
    return Told(blocks, kit.fallback(said))


def _remark(ctx: Context, row: SlackMessage) -> Told | None:
    """What a person asked or changed beside the buttons, with their words."""
    with read_only(ctx.engine) as session:
        verdict = session.get(Verdict, row.about)
        if verdict is None:
            return None
        review = session.get_one(Review, verdict.review_id)
        who = names(session, row.tenant, [verdict.principal_id])[verdict.principal_id]
        comment = _comment(ctx, session, row.tenant, verdict)
    did = "asks" if verdict.verdict == "respond" else "changed the arguments; they are asked about anew"
    title = TOOLS[review.tool].title
    said = f"{who} {did} ({title})" + (f":\n{comment}" if comment else "")
    pieces = kit.paragraphs("", said)
    return Told(pieces, kit.fallback(said))


def _answer(ctx: Context, row: SlackMessage) -> Told | None:
    """What the assistant answers, and what it would do otherwise."""
    with read_only(ctx.engine) as session:
        verdict = session.get(Verdict, row.about)
        if verdict is None or not verdict.answer_payload:
            return None
        found = opened(ctx, session, row.tenant, [verdict.answer_payload])[verdict.answer_payload]
        tool = session.get_one(Review, verdict.review_id).tool
    if not found:
        return Told([kit.section(kit.plain("The answer was erased."))], "The answer was erased.")
    blocks = kit.paragraphs("The assistant answers", found["answer"])
    if "after" in found:
        blocks += differences(Labels(ctx, row.tenant), tool, found["before"], found["after"])
    return Told(blocks, kit.fallback(found["answer"]))


def _queue(ctx: Context, row: SlackMessage) -> Told | None:
    """What waits for one person: of all that, the most pressing."""
    return _mine(ctx, row, "What waits for you", None)


def _reminder(ctx: Context, row: SlackMessage) -> Told | None:
    """What falls due within that hour and still waits for this person."""
    return _mine(ctx, row, "This falls due soon", datetime.fromisoformat(row.about) + timedelta(hours=1))


def _snoozed_case(ctx: Context, row: SlackMessage) -> Told | None:
    """What this person put off and is to be told of again."""
    return _mine(ctx, row, "You put this off until now", None, case_id=row.about.partition("/")[0])


def _mine(
    ctx: Context, row: SlackMessage, title: str, until: datetime | None, *, case_id: str | None = None
) -> Told | None:  # fmt: skip
    actor = actor_of_account(ctx, row.tenant, row.team_id, row.place)
    found = reviews.queue(ctx, actor, Page(MAX_LIMIT), mine=True, case_id=case_id)
    snoozed = _snoozed(ctx, actor)
    items = [
        each for each in found["items"]
        if each["case_id"] not in snoozed and (until is None or datetime.fromisoformat(deadline(each)) <= until)
    ]  # fmt: skip
    if not items:
        return None
    return Told(listed(ctx, actor, title, items[:LISTED], len(items)), kit.fallback(f"{title}: {len(items)}"))


def _summary(ctx: Context, row: SlackMessage) -> Told | None:
    """The day's exceptions; as they were in the morning, whatever happens later."""
    if row.ts is not None:
        return None
    found = exception_summary(ctx, teller(row.tenant))
    blocks: list[Block] = [kit.header("Exceptions"), kit.section(kit.plain(found["headline"]))]
    for section in found["sections"]:
        text = "\n".join(each["text"] for each in section["paragraphs"])
        if text:
            blocks += kit.paragraphs(section["title"], kit.cut(text, _SECTION))
    blocks.append(kit.actions(kit.button("Open on the web", "web", url=f"{ctx.settings.public_url}/figures")))
    return Told(blocks, kit.fallback(found["headline"]))


def _snoozed(ctx: Context, actor: Actor) -> set[str]:
    with read_only(ctx.engine) as session:
        query = select(Snooze.case_id).where(
            col(Snooze.principal_id) == actor.principal_id, col(Snooze.until) > ctx.clock()
        )
        return set(session.exec(query))


def _nudge(ctx: Context, row: SlackMessage) -> Told | None:
    """In a thread: by when it must be decided."""
    with read_only(ctx.engine) as session:
        review = session.get(Review, row.about.partition("/")[0])
        if review is None or review.status != "pending":
            return None
        at = kit.moment(stamp(review.expires_at if review.escalated_at else review.due_at))
        lapses = review.escalated_at is not None and TOOLS[review.tool].risk_class != "protective"
    said = f"Still waiting: at {at} it lapses, and nothing is done." if lapses else f"Still waiting: decide by {at}."
    return Told([kit.section(kit.words(said))], "Still waiting for somebody to decide.")


def listed(ctx: Context, actor: Actor, title: str, items: list[dict[str, Any]], of: int) -> list[Block]:
    """A line a review, each with the button that shows all of it."""
    labels = Labels(ctx, actor.tenant)
    blocks: list[Block] = [kit.section(kit.words(f"*{title}*"))]
    for each in items:
        sentence = labels.sentence(each["action"]["tool"], each["action"]["args"])
        about = wire(OfReview(review=each["id"], digest=each["args_digest"]))
        blocks.append(kit.section(kit.plain(sentence), kit.button("Read it all", "read", about)))
        blocks.append(
            kit.context(kit.words(f"risk *{each['risk']['score']}* · decide by {kit.moment(deadline(each))}"))
        )
    if of > len(items):
        blocks.append(kit.context(kit.words(f"and {of - len(items)} more: {ctx.settings.public_url}/queue?mine=1")))
    return blocks


def _comment(ctx: Context, session: Session, tenant: str, verdict: Verdict) -> str:
    if not verdict.comment_payload:
        return ""
    found: Any = opened(ctx, session, tenant, [verdict.comment_payload])[verdict.comment_payload]
    return str(found["comment"]) if found else "(the words were erased)"


_TOLD: Final[Mapping[str, Callable[[Context, SlackMessage], Told | None]]] = {
    "case": _case, "result": _result, "remark": _remark, "answer": _answer, "queue": _queue, "reminder": _reminder,
    "snoozed": _snoozed_case, "nudge": _nudge, "summary": _summary,
}  # fmt: skip

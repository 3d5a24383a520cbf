"""The queue, and one verdict on several of its reviews that are alike."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response

from app import saved_views
from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.views import queue as view
from app.views import reviews
from app.views.firm import customers
from app.views.labels import Labels
from app.views.pages import MAX_LIMIT
from app.views.pages import page as asked
from app.views.queue import Wanted
from app.views.sight import stamp
from app.web.pages import Form, PageRoute, Session, SignedForm, go, open_shown, page, seal_shown
from app.workflow.batch import MOST, give_batch
from policies.attributes import APPROVER_ROLES
from tools.registry import TOOLS

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_ROWS = 25
_ASKED = ("status", "order", "tool", "customer", "role", "mine", "overdue", "q")


@router.get("/")
def home(_session: Session) -> Response:
    return go("/queue")


@router.get("/queue")
def queue(
    request: Request,
    session: Session,
    tool: str = "",
    customer: str = "",
    role: str = "",
    mine: str = "",
    overdue: str = "",
    q: str = "",
    order: str = "pressing",
    status: str = "pending",
    cursor: str = "",
    limit: int = _ROWS,
) -> Response:
    ctx, actor = context(request), session.actor
    wanted = Wanted(
        status=status, order=order, tool=tool if tool in TOOLS else None, customer=customer or None,
        role=role if role in APPROVER_ROLES else None, mine=bool(mine), overdue=bool(overdue),
        words=tuple(q[:200].split()),
    )  # fmt: skip
    found = view.queue(ctx, actor, asked(min(limit, MAX_LIMIT), cursor, reviews.KEY), wanted)
    saved, asked_for = saved_views.saved_views(ctx, actor), _asked_for(request)
    plain = wanted == Wanted(mine=wanted.mine, order=wanted.order) and not cursor
    return page(
        request, "queue.html", session, wanted=wanted, bundles=found["bundles"], next_cursor=found["next_cursor"],
        searched=found["searched"], counts=view.counts(ctx, actor), most=view.MOST_COUNTED, tools=TOOLS, q=q,
        riskiest=view.riskiest(ctx, actor) if plain else None, undoable=view.undoable(ctx, actor) if plain else [],
        customers=customers(ctx, actor.tenant), roles=_roles(session), statuses=reviews.STATUSES, cursor=cursor,
        saved=saved, asked_for=asked_for,
        kept_as=next((each.name for each in saved if asked_for and each.query == asked_for), ""),
    )  # fmt: skip


@router.post("/queue/views")
def keep_view(request: Request, session: Session, form: SignedForm) -> Response:
    """Keeps what is shown under a name, or forgets it. What was asked for is kept, not what it found."""
    ctx, actor = context(request), session.actor
    if "forget" in form:
        saved_views.forget_view(ctx, actor, form["forget"])
        return go("/queue")
    asked_for = dict(parse_qsl(form.get("query", "")))
    kept = urlencode({name: asked_for[name] for name in _ASKED if asked_for.get(name)})
    saved_views.save_view(ctx, actor, form.get("name", ""), kept)
    return go(f"/queue?{kept}" if kept else "/queue")


@router.get("/batch")
def choose(request: Request, session: Session) -> Response:
    """All of what was selected, to be seen before one word is said about it."""
    return _batch(request, session, request.query_params.getlist("review"))


@router.post("/batch")
def decide(request: Request, session: Session, form: SignedForm) -> Response:
    """Each is judged and put on record as if it had come alone; what was refused is said beside it."""
    ctx = context(request)
    chosen = form.get("reviews", "").split()
    digests = {ident: form.get(f"digest.{ident}", "") for ident in chosen}
    try:
        session.actor.require_change()
        shown_at = open_shown(session, _what(digests), form.get("shown_at", ""))
        body: dict[str, Any] = {
            "items": [{"review_id": ident, "args_digest": digest} for ident, digest in digests.items()],
            "verdict": form.get("verdict"),
        }
        if comment := form.get("comment", "").strip():
            body["comment"] = comment
        if body["verdict"] == "reject" and not comment:
            raise Problem("invalid_body", "Say why they are rejected.")
        answers = give_batch(ctx, session.actor, body, shown_at=datetime.fromisoformat(shown_at))
    except Problem as problem:
        return _batch(request, session, chosen, problem=problem, form=form)
    return _batch(request, session, chosen, answers={each["review_id"]: each for each in answers})


def _batch(
    request: Request, session: SignedIn, chosen: list[str], *, problem: Problem | None = None,
    answers: dict[str, dict[str, str]] | None = None, form: Form | None = None,
) -> Response:  # fmt: skip
    ctx = context(request)
    if not chosen:
        return go("/queue")
    if len(chosen) > MOST:
        raise Problem("invalid_query", f"A batch has at most {MOST} reviews.")
    labels = Labels(ctx, session.actor.tenant)
    rows = [view.described(labels, session.actor, reviews.review(ctx, session.actor, ident)) for ident in chosen]
    digests = {row["id"]: row["args_digest"] for row in rows}
    kinds = {(row["action"]["tool"], *sorted({need["rule"] for need in row["required"]})) for row in rows}
    amounts = [row["decision"]["amount_minor"] for row in rows]
    return page(
        request, "batch.html", session, problem.status if problem else 200, rows=rows, problem=problem,
        answers=answers or {}, alike=len(kinds) == 1, total=None if None in amounts else sum(amounts),
        values={row["id"]: labels.values(row["action"]["tool"], row["action"]["args"] or {}) for row in rows},
        comment=(form or {}).get("comment", ""),
        shown_at=seal_shown(session, _what(digests), stamp(ctx.clock()) or ""),
    )  # fmt: skip


def _asked_for(request: Request) -> str:
    """The view alone, without the place in it."""
    return urlencode({name: said for name in _ASKED if (said := request.query_params.get(name))})


def _what(digests: dict[str, str]) -> str:
    return " ".join(f"{ident} {digest}" for ident, digest in digests.items())


def _roles(session: SignedIn) -> list[str]:
    """The reader's own first."""
    own = session.actor.roles() | {grant.role for grant in session.actor.grants}
    return sorted(APPROVER_ROLES, key=lambda role: role not in own)

"""The queue, and one review with everything needed to decide it."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from app.api.requests import context
from app.errors import FieldError, Problem
from app.identity.sessions import SignedIn
from app.views import cases, reviews
from app.views.forms import args_of, fields_of
from app.views.pages import MAX_LIMIT
from app.views.pages import page as asked
from app.views.sight import stamp
from app.views.words import Labels
from app.web.change_rows import change_shown
from app.web.load_picture import load_picture
from app.web.marking import marked
from app.web.pages import Form, PageRoute, Session, SignedForm, go, open_shown, page, seal_shown
from app.workflow.review import give_verdict
from tools.pricing.priced import PricedChange
from tools.proposals import WeekLoads
from tools.registry import TOOLS

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_ROWS = 25
_DONE = {
    "approve": "Your approval is on the record.", "reject": "Your rejection is on the record.",
    "edit": "The arguments were changed. Another person now decides about them.",
    "respond": "Your remark is on the record.", "withdraw": "The request was withdrawn.",
}  # fmt: skip


@router.get("/")
def home(_session: Session) -> Response:
    return go("/queue")


@router.get("/queue")
def queue(
    request: Request,
    session: Session,
    tool: str = "",
    customer: str = "",
    mine: str = "",
    status: str = "pending",
    cursor: str = "",
    limit: int = _ROWS,
) -> Response:
    ctx = context(request)
    found = reviews.queue(
        ctx, session.actor, asked(min(limit, MAX_LIMIT), cursor, reviews.KEY), status=status, tool=tool or None,
        customer=customer or None, mine=bool(mine),
    )  # fmt: skip
    labels = Labels(ctx, session.actor.tenant)
    rows = [
        each | {
            "sentence": labels.sentence(each["action"]["tool"], each["action"]["args"]),
            "customer_name": labels.called("customer", each["customer"]) if each["customer"] else "",
            "needs": reviews.needed(each["required"]),
            "mine": reviews.may_decide(session.actor, each["required"], each["unit"]),
        }
        for each in found["items"]
    ]  # fmt: skip
    return page(
        request, "queue.html", session, rows=rows, next_cursor=found["next_cursor"], tools=TOOLS, tool=tool,
        customer=customer, mine=mine, status=status, statuses=reviews.STATUSES, cursor=cursor,
    )  # fmt: skip


@router.get("/reviews/{review_id}")
def review(request: Request, session: Session, review_id: str, done: str = "") -> Response:
    return _review(request, session, review_id, said=_DONE.get(done))


@router.post("/reviews/{review_id}")
def verdict(request: Request, session: Session, review_id: str, form: SignedForm) -> Response:
    """The same workflow function as the API's; what it refuses is said on the page, beside the present state."""
    ctx, said = context(request), form.get("verdict", "")
    shown = reviews.review(ctx, session.actor, review_id)
    try:
        shown_at = open_shown(session, _what(review_id, form.get("args_digest", "")), form.get("shown_at", ""))
        body: dict[str, Any] = {"verdict": said, "args_digest": form.get("args_digest")}
        if comment := form.get("comment", "").strip():
            body["comment"] = comment
        if said == "reject" and not comment:
            raise Problem("invalid_body", "Say why it is rejected.")
        if said == "edit":
            body["args"] = args_of(shown["action"]["tool"], form)
        give_verdict(ctx, session.actor, review_id, body, shown_at=datetime.fromisoformat(shown_at))
    except Problem as problem:
        return _review(request, session, review_id, problem=problem, form=form)
    return go(f"/reviews/{review_id}?done={said}")


def _what(review_id: str, digest: str) -> str:
    return f"{review_id} {digest}"


def _review(
    request: Request, session: SignedIn, review_id: str, *, said: str | None = None, problem: Problem | None = None,
    form: Form | None = None,
) -> Response:  # fmt: skip
    ctx, now = context(request), context(request).clock()
    shown = reviews.review(ctx, session.actor, review_id)
    case = cases.case(ctx, session.actor, shown["case_id"])
    labels = Labels(ctx, session.actor.tenant)
    tool, args = shown["action"]["tool"], shown["action"]["args"]
    editing = bool(form) and (form or {}).get("verdict") == "edit" and problem is not None
    fields = _fields(tool, args, form if editing else None, problem.errors if problem and editing else [])
    bundle = [
        each | {"sentence": labels.sentence(each["action"]["tool"], each["action"]["args"]),
                "review": next((one for one in case["reviews"] if one["proposal_id"] == each["id"]
                                and one["status"] != "superseded"), None)}
        for each in case["proposals"] if each["generation"] == case["generation"]
    ]  # fmt: skip
    return page(
        request, "review.html", session, problem.status if problem else 200, review=shown, case=case, said=said,
        problem=problem, fields=fields, editing=editing, bundle=bundle, labels=labels,
        sentence=labels.sentence(tool, args), spec=TOOLS[tool], rows=_rows(labels, shown),
        customer_name=labels.name("customer", shown["customer"]) if shown["customer"] else "",
        mine=reviews.may_decide(session.actor, shown["required"], shown["unit"]),
        needs=_needs(shown), comment=(form or {}).get("comment", ""), change=_change(shown, labels),
        loads=_loads(shown, labels),
        shown_at=seal_shown(session, _what(review_id, shown["args_digest"]), stamp(now) or ""),
    )  # fmt: skip


def _fields(tool: str, args: dict[str, Any] | None, form: Form | None, errors: list[FieldError]) -> list[Any]:
    if args is None:
        return []
    fields = fields_of(tool, args, errors)
    if form is None:
        return fields
    return [field.model_copy(update={"text": form.get(f"arg.{field.name}", field.text)}) for field in fields]


def _shown(labels: Labels, name: str, args: dict[str, Any], untraced: list[str]) -> str:
    """The argument as people read it; in words of several, what no record accounts for is marked."""
    value = labels.value(name, args[name], args.get("currency"))
    return marked(value, untraced) if isinstance(args[name], str) and " " in args[name] else value


def _rows(labels: Labels, review: dict[str, Any]) -> list[dict[str, Any]]:
    """Arguments with what supports them, and what stood before an edit."""
    args, before = review["action"]["args"] or {}, review["edited_from"]
    found = []
    for name in [*args, *(name for name in before or {} if name not in args)]:
        source = review["provenance"].get(name, {})
        found.append({
            "name": name, "value": _shown(labels, name, args, review["ungrounded"]) if name in args else "",
            "raw": args.get(name), "support": source.get("support"), "method": source.get("method"),
            "before": labels.value(name, before[name], before.get("currency")) if before and name in before else None,
            "changed": before is not None and before.get(name) != args.get(name),
        })  # fmt: skip
    return found


def _change(review: dict[str, Any], labels: Labels) -> dict[str, Any] | None:
    return change_shown(PricedChange.model_validate(review["change"]), labels) if review["change"] else None


def _loads(review: dict[str, Any], labels: Labels) -> list[dict[str, Any]]:
    """Of each person whose weeks would change their name, the picture and the fullest week."""
    several = [WeekLoads.model_validate(one) for one in review["loads"]]
    return [
        {"called": (called := labels.called("person", one.person_id)), "picture": load_picture(one, called),
         "before": max(one.before, default=0), "after": max(one.after, default=0)}
        for one in several
    ]  # fmt: skip


def _needs(review: dict[str, Any]) -> list[dict[str, Any]]:
    """Each requirement in words, with the rule's sentence where the decision gives one."""
    reasons = dict(zip(review["decision"]["rules"], review["decision"]["reasons"], strict=False))
    return [each | {"because": reasons.get(each["rule"])} for each in review["required"]]

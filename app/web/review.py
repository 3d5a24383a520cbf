"""One review with everything needed to decide it, and the verdict about it."""

from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.actor import CHANGES_NOTHING
from app.api.requests import context
from app.context import Context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.views import cases, queue, reviews
from app.views.care import care, carers
from app.views.forms import args_of
from app.views.labels import Labels
from app.views.precedents import precedents
from app.views.sight import stamp
from app.web.change_rows import change_shown
from app.web.editing import Editing, editing
from app.web.load_picture import load_picture
from app.web.marking import acting, marked
from app.web.pages import Form, PageRoute, Session, SignedForm, go, open_shown, page, seal_shown
from app.workflow.review import give_verdict
from tools.pricing.priced import PricedChange
from tools.proposals import WeekLoads
from tools.registry import TOOLS

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_DONE: Final = {
    "approve": "Your approval is on the record.", "reject": "Your rejection is on the record.",
    "edit": "The arguments were changed. Another person now decides about them.",
    "respond": "Your remark is on the record.", "withdraw": "The request was withdrawn.",
}  # fmt: skip
_NO_DIGEST: Final = ("respond", "withdraw")
_SHORTEST_MARK: Final = 3


@router.get("/reviews/{review_id}")
def review(request: Request, session: Session, review_id: str, done: str = "") -> Response:
    return _review(request, session, review_id, said=_DONE.get(done))


@router.post("/reviews/{review_id}")
def verdict(request: Request, session: Session, review_id: str, form: SignedForm) -> Response:
    """The same workflow function as the API's; what it refuses is said on the page, beside the present state."""
    ctx, said = context(request), form.get("verdict", "")
    shown = reviews.review(ctx, session.actor, review_id)
    draft = editing(ctx, session.actor, shown, form)
    if said == "resume" or (draft is not None and draft.to_be_seen):
        return _review(request, session, review_id, form=form, draft=draft)
    try:
        session.actor.require_change()
        shown_at = open_shown(session, _what(review_id, form.get("args_digest", "")), form.get("shown_at", ""))
        body: dict[str, Any] = {"verdict": said}
        if said not in _NO_DIGEST:
            body["args_digest"] = form.get("args_digest")
        if comment := form.get("comment", "").strip():
            body["comment"] = comment
        if said == "reject" and not comment:
            raise Problem("invalid_body", "Say why it is rejected.")
        if draft is not None:
            body["args"] = args_of(shown["action"]["tool"], draft.form)
        give_verdict(ctx, session.actor, review_id, body, shown_at=datetime.fromisoformat(shown_at))
    except Problem as problem:
        return _review(request, session, review_id, problem=problem, form=form, draft=draft)
    return go(f"/reviews/{review_id}?done={said}")


def _what(review_id: str, digest: str) -> str:
    return f"{review_id} {digest}"


def _review(
    request: Request, session: SignedIn, review_id: str, *, said: str | None = None, problem: Problem | None = None,
    form: Form | None = None, draft: Editing | None = None,
) -> Response:  # fmt: skip
    ctx, actor, now = context(request), session.actor, context(request).clock()
    shown = reviews.review(ctx, actor, review_id)
    case = cases.case(ctx, actor, shown["case_id"])
    labels = Labels(ctx, actor.tenant)
    tool, args = shown["action"]["tool"], shown["action"]["args"]
    errors = problem.errors if problem and draft else draft.errors if draft else []
    code = problem.status if problem else 422 if errors else 200
    return page(
        request, "review.html", session, code, review=shown, case=case, said=said, problem=problem,
        draft=draft, fields=Editing.fields(tool, args, draft, errors), labels=labels,
        bundle=_bundle(labels, case), sentence=labels.sentence(tool, args),
        acting=acting(tool, labels.words(tool, args)) if args is not None else None, spec=TOOLS[tool],
        rows=_rows(labels, shown), sources=_sources(shown, case),
        evidence=_evidence(labels, shown), loads=_loads(shown, labels), change=_change(shown, labels),
        customer_name=labels.name("customer", shown["customer"]) if shown["customer"] else "",
        may_change=not {grant.role for grant in actor.grants} <= CHANGES_NOTHING,
        mine=reviews.may_decide(actor, shown["required"], shown["unit"], shown["line_manager"]), needs=_needs(shown),
        comment=(form or {}).get("comment", ""), precedents=precedents(ctx, actor, shown),
        execution=next((each for each in case["executions"] if each["proposal_id"] == shown["proposal_id"]), None),
        beside=queue.beside(ctx, actor, review_id), may_withdraw=_may_withdraw(ctx, session, case, shown),
        care=care(ctx, actor, shown["case_id"]), carers=carers(ctx, actor, shown["unit"]),
        shown_at=seal_shown(session, _what(review_id, shown["args_digest"]), stamp(now) or ""),
    )  # fmt: skip


def _may_withdraw(ctx: Context, session: SignedIn, case: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Offered to whoever asked for it and to who may decide; the workflow checks it again."""
    asked = case["requester"] == session.actor.principal_id
    return asked or reviews.may_decide(session.actor, shown["required"], shown["unit"])


def _bundle(labels: Labels, case: dict[str, Any]) -> list[dict[str, Any]]:
    """The proposals that stand together, each with its sentence and the review that is open about it."""
    asked = {each["proposal_id"]: each for each in case["reviews"] if each["status"] != "superseded"}
    return [
        each | {
            "sentence": labels.sentence(each["action"]["tool"], each["action"]["args"]), "review": asked.get(each["id"])
        }
        for each in case["proposals"] if each["generation"] == case["generation"]
    ]  # fmt: skip


def _evidence(labels: Labels, review: dict[str, Any]) -> list[dict[str, Any]]:
    """The facts in words; an amount in the currency that its own record names."""
    currencies = {
        str(fact["record"]): fact["value"] for fact in review["evidence"] if fact.get("field") == "currency"
    }  # fmt: skip
    return [
        fact | {"said": _said(labels, fact, currencies.get(str(fact.get("record"))))} for fact in review["evidence"]
    ]


def _said(labels: Labels, fact: dict[str, Any], currency: str | None) -> str:
    if fact.get("field") == "id" and fact.get("record"):
        return labels.name(fact["record"]["kind"], str(fact["value"]))
    return labels.value(fact.get("field") or "", fact["value"], currency)


def _sources(review: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
    """What came in, its text with what the evidence took from it marked where it stands."""
    taken = [str(fact["value"]) for fact in review["evidence"] if len(str(fact["value"])) >= _SHORTEST_MARK]
    return [
        event | {"marked": marked(str(event["data"]["text"]), taken) if (event["data"] or {}).get("text") else None}
        for event in case["events"]
    ]


def _rows(labels: Labels, review: dict[str, Any]) -> list[dict[str, Any]]:
    """Arguments with what supports them, and what stood before an edit."""
    tool, args, before = review["action"]["tool"], review["action"]["args"] or {}, review["edited_from"]
    said, said_before = labels.values(tool, args), labels.values(tool, before or {})
    found = []
    # As the action's form has them, what it is about first; not by the alphabet, in which they are stored.
    form = list(TOOLS[tool].model.model_fields)
    names = [*args, *(name for name in before or {} if name not in args)]
    for name in sorted(names, key=lambda each: form.index(each) if each in form else len(form)):
        source = review["provenance"].get(name, {})
        # In words of several, what no record accounts for is marked.
        words = isinstance(args.get(name), str) and " " in args[name]
        found.append({
            "name": name, "value": marked(said[name], review["ungrounded"]) if words else said.get(name, ""),
            "support": source.get("support"), "method": source.get("method"), "before": said_before.get(name),
            "changed": before is not None and before.get(name) != args.get(name),
        })  # fmt: skip
    return [row for row in found if row["name"] != "currency" or row["changed"] or len(found) == 1]


def _change(review: dict[str, Any], labels: Labels) -> dict[str, Any] | None:
    return change_shown(PricedChange.model_validate(review["change"]), labels) if review["change"] else None


def _loads(review: dict[str, Any], labels: Labels) -> list[dict[str, Any]]:
    """Of each person whose weeks would change their name, the picture, the fullest week and the numbers."""
    several = [WeekLoads.model_validate(one) for one in review["loads"]]
    return [
        {"called": (called := labels.called("person", one.person_id)), "picture": load_picture(one, called),
         "before": max(one.before, default=0), "after": max(one.after, default=0), "weeks": _weeks(one)}
        for one in several
    ]  # fmt: skip


def _weeks(loads: WeekLoads) -> list[dict[str, Any]]:
    return [
        {"on": (loads.first_on + timedelta(weeks=place)).isoformat(), "before": now, "after": then}
        for place, (now, then) in enumerate(zip(loads.before, loads.after, strict=True))
    ]


def _needs(review: dict[str, Any]) -> list[dict[str, Any]]:
    """The requirements that no other one includes, each with the rule's sentence where the decision gives one."""
    reasons = dict(zip(review["decision"]["rules"], review["decision"]["reasons"], strict=False))
    return [each | {"because": reasons.get(each["rule"])} for each in reviews.needed(review["required"])]

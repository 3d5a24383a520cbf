"""Cases, executions and tasks by hand."""

from datetime import timedelta
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.views import cases, executions
from app.views.firm import customers
from app.views.labels import Labels
from app.views.pages import DEFAULT_LIMIT, MAX_LIMIT, Page
from app.views.pages import page as asked
from app.web.pages import PageRoute, Session, SignedForm, go, inside, page
from app.workflow import by_hand, claims, corrections, undo
from tools.events import TriageKind
from tools.proposals import Sentiment
from tools.registry import TOOLS

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PUT_OFF = timedelta(hours=4)


@router.get("/cases")
def list_cases(
    request: Request, session: Session, status: str = "", customer: str = "", workflow: str = "", sentiment: str = "",
    nothing: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    ctx = context(request)
    found = cases.cases(
        ctx, session.actor, asked(DEFAULT_LIMIT, cursor, cases.KEY), status=status or None, customer=customer or None,
        workflow=workflow or None, sentiment=sentiment or None, nothing_proposed=bool(nothing),
    )  # fmt: skip
    labels = Labels(ctx, session.actor.tenant)
    rows = [
        each | {"customer_name": labels.called("customer", each["customer"]) if each["customer"] else ""}
        for each in found["items"]
    ]
    return page(
        request, "cases.html", session, rows=rows, next_cursor=found["next_cursor"], status=status, customer=customer,
        nothing=nothing, workflow=workflow, sentiment=sentiment, statuses=cases.STATUSES, cursor=cursor,
        sentiments=get_args(Sentiment), customers=customers(ctx, session.actor.tenant),
    )  # fmt: skip


@router.get("/cases/{case_id}")
def case(request: Request, session: Session, case_id: str) -> Response:
    return _case(request, session, case_id)


def _case(request: Request, session: SignedIn, case_id: str, problem: Problem | None = None) -> Response:
    ctx = context(request)
    found = cases.case(ctx, session.actor, case_id)
    labels = Labels(ctx, session.actor.tenant)
    by_proposal = {each["proposal_id"]: each for each in found["executions"]}
    asked_of = {each["proposal_id"]: each for each in found["reviews"]}
    proposals = [
        each | {
            "sentence": labels.sentence(each["action"]["tool"], each["action"]["args"]),
            "execution": by_proposal.get(each["id"]), "review": asked_of.get(each["id"]),
        }
        for each in found["proposals"]
    ]  # fmt: skip
    may_correct = bool({grant.role for grant in session.actor.grants} & set(corrections.MAY_CORRECT))
    return page(
        request, "case.html", session, problem.status if problem else 200, case=found, proposals=proposals,
        may_correct=may_correct, problem=problem, kinds=get_args(TriageKind), labels=labels,
        customer_name=labels.name("customer", found["customer"]) if found["customer"] else "",
        project_name=labels.name("project", found["project"]) if found["project"] else "",
    )  # fmt: skip


@router.post("/cases/{case_id}/care")
def care(request: Request, session: Session, case_id: str, form: SignedForm) -> Response:
    """Takes the case, gives it to somebody, or puts it off for the reader alone."""
    ctx, actor = context(request), session.actor
    cases.require_in_sight(ctx, actor, case_id)
    match form.get("do"):
        case "take":
            claims.claim(ctx, actor, case_id)
        case "give":
            claims.claim(ctx, actor, case_id, form.get("to", ""))
        case "snooze":
            claims.snooze(ctx, actor, case_id, ctx.clock() + _PUT_OFF)
        case _:
            raise Problem("invalid_body", "Take it, give it away or put it off.")
    return go(inside(form.get("next", "")) or f"/cases/{case_id}")


@router.post("/cases/{case_id}/corrections")
def correct(request: Request, session: Session, case_id: str, form: SignedForm) -> Response:
    """The same workflow function as the API's; what it refuses is said on the case's page."""
    ctx = context(request)
    cases.require_in_sight(ctx, session.actor, case_id)
    said = ("kind", "to", "customer", "project", "into", "comment")
    body: dict[str, Any] = {name: form[name].strip() for name in said if form.get(name, "").strip()}
    if body.get("kind") == "split":
        body["events"] = [value for name, value in form.items() if name.startswith("event.")]
    try:
        touched = corrections.correct(ctx, session.actor, case_id, body)
    except Problem as problem:
        return _case(request, session, case_id, problem)
    return go(f"/cases/{touched[-1]}")


@router.get("/executions")
def list_executions(request: Request, session: Session, status: str = "", by: str = "", cursor: str = "") -> Response:
    ctx = context(request)
    wanted = asked(DEFAULT_LIMIT, cursor, executions.KEY)
    found = executions.executions(ctx, session.actor, wanted, status=status or None, by_rule=by == "rule")
    labels = Labels(ctx, session.actor.tenant)
    rows = [
        each | {
            "customer_name": labels.called("customer", each["customer"]) if each["customer"] else "",
            "sentence": labels.sentence(each["tool"], (each["action"] or {}).get("args")),
        }
        for each in found["items"]
    ]  # fmt: skip
    return page(
        request, "executions.html", session, rows=rows, next_cursor=found["next_cursor"], status=status, by=by,
        cursor=cursor, statuses=("waiting", "running", "succeeded", "failed", "unknown", "undone", "void"),
    )  # fmt: skip


@router.get("/executions/{execution_id}")
def execution(request: Request, session: Session, execution_id: str) -> Response:
    ctx = context(request)
    found = executions.execution(ctx, session.actor, execution_id)
    labels = Labels(ctx, session.actor.tenant)
    sentence = labels.sentence(found["tool"], (found["action"] or {}).get("args"))
    return page(request, "execution.html", session, execution=found, sentence=sentence, spec=TOOLS[found["tool"]])


@router.post("/executions/{execution_id}/undo")
def take_back(request: Request, session: Session, execution_id: str, _form: SignedForm) -> Response:
    """Taking back is an action too: it may itself wait for people."""
    ctx = context(request)
    executions.execution(ctx, session.actor, execution_id)
    followed = undo.undo(ctx, session.actor, execution_id)
    return go(f"/reviews/{followed['review_id']}" if followed["review_id"] else f"/executions/{execution_id}")


@router.get("/tasks")
def list_tasks(request: Request, session: Session) -> Response:
    ctx = context(request)
    labels = Labels(ctx, session.actor.tenant)
    rows = [
        each | {"sentence": labels.sentence(each["tool"], (each["action"] or {}).get("args"))}
        for each in executions.tasks(ctx, session.actor, Page(MAX_LIMIT))["items"]
    ]
    return page(request, "tasks.html", session, rows=rows)


@router.post("/tasks/{task_id}")
def close_task(request: Request, session: Session, task_id: str, form: SignedForm) -> Response:
    body = {"done": form.get("done") == "yes", "evidence": form.get("evidence", "").strip()}
    by_hand.close(context(request), session.actor, task_id, body)
    return go("/tasks")

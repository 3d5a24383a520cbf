"""CSV of the queue, the cases, the log and the firm's own records; no cell of it is a formula."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from app import own_records
from app.api.requests import context
from app.csv_guard import csv_rows
from app.errors import Problem
from app.identity.entries import put_on_record
from app.imports.export import exported
from app.imports.kinds import BY_NAME
from app.store.engine import read_only, unit_of_work
from app.store.models import Tenant
from app.views import audit, cases, reviews
from app.views.pages import MAX_LIMIT, Page
from app.views.pages import page as asked
from app.web.pages import PageRoute, Session
from policies.attributes import APPROVER_ROLES

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_REVIEW = ("id", "case_id", "status", "unit", "customer", "risk_score", "tool", "args", "asked", "expires_at")
_CASE = ("id", "status", "kind", "customer", "project", "summary", "opened_at")
_ENTRY = ("seq", "at", "kind", "actor", "actor_name", "surface", "refs", "details", "leaf_hash")


@router.get("/exports/reviews.csv")
def of_reviews(
    request: Request, session: Session, status: str = "pending", order: str = "pressing", tool: str = "",
    customer: str = "", role: str = "", mine: str = "", overdue: str = "", q: str = "",
) -> Response:  # fmt: skip
    """What the queue's page with the same query shows, all of it; a search is of sealed texts, and not exported."""
    ctx, actor = context(request), session.actor
    if q:
        raise Problem("invalid_query", "What a search found is not exported; leave out the words.")
    rows = _all(
        lambda page: reviews.queue(
            ctx, actor, page, status=status, order=order, tool=tool or None, customer=customer or None,
            role=role if role in APPROVER_ROLES else None, mine=bool(mine), overdue=bool(overdue),
        ),
        reviews.KEY,
    )  # fmt: skip
    return _sent(request, session, "reviews", _REVIEW, (
        (
            one["id"], one["case_id"], one["status"], one["unit"], one["customer"], one["risk"]["score"],
            one["action"]["tool"], one["action"]["args"], "; ".join(one["decision"]["reasons"]), one["expires_at"],
        )
        for one in rows
    ))  # fmt: skip


@router.get("/exports/cases.csv")
def of_cases(
    request: Request, session: Session, status: str = "", customer: str = "", sentiment: str = "", workflow: str = "",
    nothing: str = "",
) -> Response:  # fmt: skip
    """What the page of the cases with the same query shows, all of it."""
    ctx, actor = context(request), session.actor
    rows = _all(
        lambda page: cases.cases(
            ctx, actor, page, status=status or None, customer=customer or None, sentiment=sentiment or None,
            workflow=workflow or None, nothing_proposed=bool(nothing),
        ),
        cases.KEY,
    )  # fmt: skip
    return _sent(request, session, "cases", _CASE, ([one.get(name) for name in _CASE] for one in rows))


@router.get("/exports/log.csv")
def of_log(request: Request, session: Session) -> Response:
    """For reading along; what can be verified is the export of `countersign audit export`."""
    ctx, actor = context(request), session.actor
    audit.require_reader(actor)
    rows = _all(lambda page: audit.entries(ctx, actor, page), audit.KEY)
    shown = (one | {"actor": one["actor"]["id"]} for one in rows)
    return _sent(request, session, "log", _ENTRY, ([one.get(name) for name in _ENTRY] for one in shown))


@router.get("/exports/records/{kind}.csv")
def of_records(request: Request, session: Session, kind: str) -> Response:
    """Own records as an import reads them back."""
    session.actor.require({"admin"})
    wanted = BY_NAME.get(kind.replace("-", " "))
    if wanted is None or wanted.model is None:
        raise Problem("not_found", "There is no such kind of record.")
    with read_only(context(request).engine) as reading:
        records = own_records.all_records(reading, session.actor.tenant)
        currency = reading.get_one(Tenant, session.actor.tenant).base_currency
    return _answered(request, session, wanted.name, exported(wanted, records, currency))


def _all(read: Callable[[Page], dict[str, Any]], key: tuple[type, ...]) -> Iterator[dict[str, Any]]:
    """Page after page. The first is read before the answer begins, so that a refusal is one."""
    found = read(asked(MAX_LIMIT, "", key))

    def rest(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from found["items"]
        while cursor := found["next_cursor"]:
            found = read(asked(MAX_LIMIT, cursor, key))
            yield from found["items"]

    return rest(found)


def _sent(request: Request, session: Session, name: str, headings: Any, rows: Any) -> Response:
    return _answered(request, session, name, csv_rows(headings, rows))


def _answered(request: Request, session: Session, name: str, lines: Iterator[bytes]) -> Response:
    ground = context(request)
    word = name.replace(" ", "_")
    with unit_of_work(ground.engine) as writing:
        put_on_record(ground, writing, session.actor, "export.made", details={"of": word})
    return StreamingResponse(
        lines, media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{word}.csv"'},
    )  # fmt: skip

"""The log and the indicators, for those who oversee."""

import tempfile
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.api.requests import context
from app.audit.export import export, snapshot
from app.audit.verify import Key, verify
from app.context import Context
from app.identity.sessions import SignedIn
from app.views import audit, indicators
from app.views.figure_rows import MOST, figure_rows
from app.views.labels import Labels
from app.views.pages import DEFAULT_LIMIT
from app.views.pages import page as asked
from app.views.people import directory
from app.views.timeline import KINDS
from app.web.count_picture import count_picture
from app.web.pages import PageRoute, Session, SignedForm, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)

# Title, the figure's name, and where the rows of each of its words are listed.
_COUNTED = (
    ("Cases by state", "cases", "/cases?status="),
    ("Effects", "executions", "/executions?status="),
    ("What the rules first said: actions are to", "decisions", "/figures/decisions?what="),
    ("Verdicts of people", "verdicts", "/figures/verdicts?what="),
    ("How customers who wrote sounded", "sentiment", "/cases?sentiment="),
    ("Waited only because its workflow asks for everything", "rules_alone", "/figures/rules_alone?what="),
    ("Where it only observes, actions would", "observed", "/figures/observed?what="),
)
_CALLED = {"auto": "run by themselves", "review": "wait for people", "deny": "be refused"}
_IN_MEMORY = 8 * 1024 * 1024


@router.get("/log")
def log(
    request: Request, session: Session, kind: str = "", case: str = "", actor: str = "", cursor: str = ""
) -> Response:
    return _log(request, session, kind.strip(), case.strip(), actor.strip(), cursor, None)


@router.get("/log/export")
def take_away(request: Request, session: Session) -> Response:
    """The whole log as JSON Lines, as `audit verify` reads it."""
    ctx, actor = context(request), session.actor
    audit.require_reader(actor)

    def lines() -> Iterator[bytes]:
        with snapshot(ctx.engine) as reading:
            yield from export(reading, ctx.log, ctx.vault, actor.tenant)

    name = f'attachment; filename="countersign-{actor.tenant}.jsonl"'
    return StreamingResponse(lines(), media_type="application/jsonl", headers={"Content-Disposition": name})


@router.post("/log/verify")
def verify_now(request: Request, session: Session, _form: SignedForm) -> Response:
    """Exports the log to a temporary file and runs the auditor's own check on it."""
    audit.require_reader(session.actor)
    return _log(request, session, "", "", "", "", _verified(context(request), session.actor.tenant))


def _verified(ctx: Context, tenant: str) -> dict[str, Any]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with snapshot(ctx.engine) as reading:
            for line in export(reading, ctx.log, ctx.vault, tenant):
                file.write(line)
        file.seek(0)
        found = verify(file, Key(str(ctx.log.verifier(tenant))), {})  # type: ignore[arg-type]  # it reads lines alone
    return {"holds": found.holds, "entries": found.entries, "reason": found.reason, "erased": found.erased}


def _log(
    request: Request, session: SignedIn, kind: str, case: str, actor: str, cursor: str, verified: dict[str, Any] | None
) -> Response:
    found = audit.entries(
        context(request), session.actor, asked(DEFAULT_LIMIT, cursor, audit.KEY), kind=kind or None,
        case_id=case or None, actor_id=actor or None, newest_first=True,
    )  # fmt: skip
    return page(
        request, "log.html", session, rows=found["items"], next_cursor=found["next_cursor"], kind=kind, case=case,
        actor=actor, verified=verified, cursor=cursor, checkpoint=audit.checkpoint(context(request), session.actor),
        kinds=KINDS, people=directory(context(request), session.actor),
    )  # fmt: skip


@router.get("/figures")
def figures(request: Request, session: Session, days: int = 30) -> Response:
    found = indicators.indicators(context(request), session.actor, days)
    counted = []
    for title, of, rows in _COUNTED:
        counts = {_CALLED.get(name, name): count for name, count in found[of].items()}
        hrefs = [f"{rows}{name}" for name in found[of]]
        counted.append({
            "title": title, "picture": count_picture(counts, title),
            "parts": list(zip(counts.items(), hrefs, strict=True)),
        })  # fmt: skip
    labels, firm = Labels(context(request), session.actor.tenant), found["business"]
    for one in (*found["incidents"]["business"], *found["incidents"]["technical"]):
        kind, _, ident = (one["about"] or "").partition("/")
        one["called"] = labels.called(kind, ident) if ident else ""
    ageing = firm and {
        "up to 30 days": firm["ageing"]["up_to_30"] // 60, "31 to 60 days": firm["ageing"]["up_to_60"] // 60,
        "older": firm["ageing"]["older"] // 60,
    }  # fmt: skip
    return page(
        request, "figures.html", session, figures=found, counted=counted, days=days, ageing=ageing,
        ageing_picture=count_picture(ageing, "Hours worked and not invoiced") if ageing else None,
    )  # fmt: skip


@router.get("/figures/{of}")
def rows_of_figure(request: Request, session: Session, of: str, what: str = "", days: int = 30) -> Response:
    found = figure_rows(context(request), session.actor, of, what, days)
    return page(request, "figure_rows.html", session, found=found, most=MOST)

"""Importing a file in the browser: upload, look, say what is not guessed, import."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from app.api.requests import context
from app.csv_guard import csv_rows
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.imports import drafts
from app.imports.drafts import Draft
from app.imports.headings import folded
from app.imports.kinds import BY_NAME, KINDS
from app.imports.run import MAY_IMPORT, apply_import, plan_import
from app.imports.sheet import MOST_BYTES
from app.web.pages import PageRoute, Session, SignedForm, go, page
from app.web.uploads import uploaded

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_SHOWN = 200


@router.get("/import")
def ask(request: Request, session: Session) -> Response:
    session.actor.require(MAY_IMPORT)
    waiting = drafts.draft(context(request), session.actor)
    return page(request, "import.html", session, waiting=waiting.name if waiting else None, kinds=KINDS)


@router.post("/import")
async def upload(request: Request, session: Session) -> Response:
    session.actor.require(MAY_IMPORT)
    too_large = f"A file has at most {MOST_BYTES // 1024**2} MiB; import it in parts."
    name, content, _ = await uploaded(request, session, MOST_BYTES, too_large)
    if not name:
        raise Problem("invalid_body", "Choose a file.")
    await run_in_threadpool(drafts.keep, context(request), session.actor, name, content)
    return go("/import/plan")


@router.get("/import/plan")
def look(request: Request, session: Session) -> Response:
    return _looked(request, session, None)


@router.post("/import/plan")
def choose(request: Request, session: Session, form: SignedForm) -> Response:
    session.actor.require(MAY_IMPORT)
    said = {name: value for name, value in form.items() if name.startswith(("sheet/", "field/")) and value != "guess"}
    drafts.choose(context(request), session.actor, {name: "" if v == "nothing" else v for name, v in said.items()})
    return go("/import/plan")


@router.post("/import/apply")
def apply(request: Request, session: Session, form: SignedForm) -> Response:
    ground, kept = context(request), _draft(request, session)
    try:
        plan = apply_import(ground, session.actor, kept.files, kept.said, form.get("digest", ""))
    except Problem as problem:
        return _looked(request, session, problem)
    drafts.discard(ground, session.actor)
    return page(request, "imported.html", session, plan=plan, file=kept.name)


@router.post("/import/discard")
def discard(request: Request, session: Session, _form: SignedForm) -> Response:
    drafts.discard(context(request), session.actor)
    return go("/import")


@router.get("/import/faults.csv")
def faults(request: Request, session: Session) -> Response:
    kept = _draft(request, session)
    plan = plan_import(context(request), session.actor, kept.files, kept.said)
    rows = ((one.file, one.sheet, one.row, one.column, one.heading, one.detail) for one in plan.faults)
    return StreamingResponse(
        csv_rows(["file", "sheet", "row", "column", "heading", "what is wrong"], rows), media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="cells.csv"'},
    )  # fmt: skip


def _draft(request: Request, session: SignedIn) -> Draft:
    session.actor.require(MAY_IMPORT)
    kept = drafts.draft(context(request), session.actor)
    if kept is None:
        raise Problem("not_found", "There is no file to import any more; choose it again.")
    return kept


def _looked(request: Request, session: SignedIn, problem: Problem | None) -> Response:
    ground, kept = context(request), _draft(request, session)
    try:
        plan = plan_import(ground, session.actor, kept.files, kept.said)
    except Problem as unusable:
        return page(
            request, "import.html", session, unusable.status, waiting=None, kinds=KINDS, said=unusable.detail
        )  # fmt: skip
    return page(
        request, "import_plan.html", session, problem.status if problem else 200, plan=plan, file=kept.name,
        faults=plan.faults[:_MOST_SHOWN], kinds=BY_NAME, folded=folded, said=problem.detail if problem else None,
        choices=kept.said,
    )  # fmt: skip

"""Choosing colours and keys, and the help page: for every reader, signed in or not."""

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from app.web import look
from app.web.pages import PageRoute, Session, form_of, go, inside, page, same_site

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post("/look", dependencies=[Depends(same_site)])
async def choose(request: Request) -> Response:
    """Changes what the form names, and leaves the rest."""
    form, chosen = await form_of(request), look.of(request)
    response = go(inside(form.get("next", "")) or "/queue")
    keys = form["keys"] == "on" if "keys" in form else chosen["keys"]
    look.keep(response, theme=form.get("theme", chosen["theme"]), keys=keys)
    return response


@router.get("/help")
async def explain(request: Request, session: Session) -> Response:
    return await run_in_threadpool(page, request, "help.html", session)

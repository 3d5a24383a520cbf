"""The first run: five small steps on one page, each done, skipped or come back to as one likes."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from app import first_run
from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.web.pages import PageRoute, Session, SignedForm, go, page
from tools.ports import SourceUnavailable

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_SAID = {
    "named": "The firm has its name.", "sandbox": "A sandbox firm with its own records is connected.",
    "modes": "The modes are proposed; another person confirms them under Rules.",
    "kept": "The modes stay as they are.",
}  # fmt: skip


@router.get("/setup")
def show(request: Request, session: Session, done: str = "", case: str = "") -> Response:
    return _setup(request, session, said=_SAID.get(done), case=case if case.startswith("cas_") else "")


@router.post("/setup/firm")
def firm(request: Request, session: Session, form: SignedForm) -> Response:
    def name() -> str:
        first_run.name_firm(context(request), session.actor, form.get("name", ""), form.get("time_zone", ""))
        return "/setup?done=named#records"

    return _step(request, session, name)


@router.post("/setup/sandbox")
def sandbox(request: Request, session: Session, _form: SignedForm) -> Response:
    def take() -> str:
        first_run.take_sandbox(context(request), session.actor)
        return "/setup?done=sandbox#modes"

    return _step(request, session, take)


@router.post("/setup/modes")
def modes(request: Request, session: Session, form: SignedForm) -> Response:
    def choose() -> str:
        wanted = {name.removeprefix("mode/"): mode for name, mode in form.items() if name.startswith("mode/")}
        proposed = first_run.choose_modes(context(request), session.actor, wanted)
        return f"/setup?done={'modes' if proposed else 'kept'}#event"

    return _step(request, session, choose)


@router.post("/setup/event")
def event(request: Request, session: Session, _form: SignedForm) -> Response:
    return _step(
        request, session, lambda: f"/setup?case={first_run.send_test_event(context(request), session.actor)}#event"
    )


def _step(request: Request, session: SignedIn, take: Callable[[], str]) -> Response:
    session.actor.require({"admin"})
    try:
        return go(take())
    except SourceUnavailable:
        return _setup(
            request, session, Problem("conflict", "The firm has no records yet: import some, or take a sandbox.")
        )
    except Problem as problem:
        return _setup(request, session, problem)


def _setup(request: Request, session: SignedIn, problem: Problem | None = None, **shown: Any) -> Response:
    ctx = context(request)
    return page(
        request, "setup.html", session, problem.status if problem else 200,
        standing=first_run.standing(ctx, session.actor), problem=problem.detail if problem else None,
        may_sandbox=ctx.settings.environment != "production", said=shown.get("said"), case=shown.get("case", ""),
    )  # fmt: skip

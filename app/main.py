"""The ASGI application: API and web pages over one service."""

from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.api import (
    audit,
    cases,
    control,
    events,
    executions,
    health,
    indicators,
    live,
    metrics,
    policies,
    problems,
    reviews,
    schemas,
    settings,
    summaries,
    triage,
)
from app.api.headers import Headers
from app.api.metrics import Metrics
from app.bootstrap import Service
from app.live import Live
from app.web import (
    account,
    appearance,
    brand,
    exports,
    first_run,
    handover,
    imports,
    oversight,
    queue,
    records,
    review,
    rules,
    sign_in,
    single_sign_on,
)
from app.web.assets import Assets
from app.web.broken import for_people

VERSION = "1"


class Application(FastAPI):
    """FastAPI, whose description of itself names the one form that errors have here."""

    def build_middleware_stack(self) -> ASGIApp:
        # Outermost, so that the answer to what nobody foresaw carries the headers and is counted too.
        return Headers(super().build_middleware_stack(), observe=self.state.metrics.observe, secure=self.state.secure)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            made = get_openapi(title=self.title, version=self.version, description=self.description, routes=self.routes)
            made["components"]["schemas"]["Problem"] = problems.SCHEMA
            for path in made["paths"].values():
                for operation in path.values():
                    # FastAPI's own error shape is never sent.
                    if "HTTPValidationError" in str(operation["responses"].get("422")):
                        del operation["responses"]["422"]
            for unused in ("HTTPValidationError", "ValidationError"):
                made["components"]["schemas"].pop(unused, None)
            self.openapi_schema = made
        return self.openapi_schema


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """What is served over any service; reading all the signatures takes FastAPI a tenth of a second."""
    v1 = APIRouter(prefix="/v1")
    rooms = (
        events, triage, cases, reviews, executions, control, policies, audit, live, schemas, indicators, summaries,
        settings,
    )  # fmt: skip
    for room in rooms:
        v1.include_router(room.router)
    whole = APIRouter()
    for each in (v1, health.router, metrics.router):
        whole.include_router(each)
    shown = (
        sign_in, single_sign_on, queue, review, records, oversight, rules, account, appearance, first_run, imports,
        exports, handover, brand,
    )  # fmt: skip
    for pages in shown:
        whole.include_router(pages.router)
    return tuple(whole.routes)


def create_app(service: Service, *, works: bool = False) -> Application:
    """The application over `service`. `works`: this process also does the durable work, so /readyz asks for it."""
    app = Application(
        title="Countersign",
        version=VERSION,
        description="Agents propose. Policy decides. People countersign. Everything is on the record.",
        docs_url=None,
        redoc_url=None,
        # 404 is clearer than a redirect that loses a POST's body.
        redirect_slashes=False,
        routes=[*_routes()],
    )
    app.state.service, app.state.metrics, app.state.works = service, Metrics(service), works
    app.state.amiss = {}  # what /readyz found amiss, and since when
    app.state.live = Live(service.context)
    app.state.secure = service.context.settings.public_url.startswith("https://")
    problems.install(app)
    for_people(app)
    if service.context.settings.slack_signing_secret is not None:
        # Imported here: a service without Slack never loads it.
        from app.slack.bolt import Surface
        from app.slack.http import router as slack

        app.state.slack = Surface(service.context)
        app.include_router(slack)
    app.mount("/static", Assets(), name="static")
    return app

"""Prometheus metrics. No label names a tenant, a person or a customer."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import func
from sqlmodel import col, select
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from app.api.problems import documented
from app.bootstrap import Service
from app.store.engine import read_only
from app.store.models import Case, Execution, Review

router = APIRouter(tags=["health"])

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_OTHER = "other"
_SCRAPED: dict[int | str, dict[str, Any]] = {status: of for status, of in documented().items() if status == 503}


class Rows(Collector):
    """Counts that are read from the database when somebody scrapes."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        with read_only(self._service.context.engine) as session:
            for name, model in (("cases", Case), ("reviews", Review), ("executions", Execution)):
                gauge = GaugeMetricFamily(f"countersign_{name}", f"{name.capitalize()} by status.", labels=["status"])
                query = select(col(model.status), func.count()).group_by(col(model.status))
                for status, count in session.exec(query):
                    gauge.add_metric([status], int(count))
                yield gauge
        yield from self._depth()

    def _depth(self) -> Iterator[Metric]:
        gauge = GaugeMetricFamily("countersign_queue_items", "Durable work by kind.", labels=["kind", "state"])
        for kind, depth in self._service.queue.depth().items():
            for state in ("queued", "running", "delayed"):
                gauge.add_metric([kind, state], getattr(depth, state))
        yield gauge


class Metrics:
    """A registry of the application's own."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Rows(service))
        labels = ["method", "route", "status"]
        self._requests = Counter("countersign_http_requests", "HTTP requests.", labels, registry=self.registry)
        self._seconds = Histogram(
            "countersign_http_request_seconds", "Time to the end of the response.", ["method", "route"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts one response, by its route's pattern: paths hold ids."""
        route = getattr(scope.get("route"), "path", _OTHER)
        # A route of an included router calls itself without the router's prefix; pages have the same names.
        if scope["path"].startswith("/v1/") and route.startswith("/") and not route.startswith("/v1/"):
            route = f"/v1{route}"
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(scope["method"], route).observe(seconds)


@router.get("/metrics", response_class=PlainTextResponse, responses=_SCRAPED, summary="Prometheus metrics")
async def metrics(request: Request) -> Response:
    text = await run_in_threadpool(generate_latest, request.app.state.metrics.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)

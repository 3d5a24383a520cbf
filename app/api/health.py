"""Health: /healthz (the process answers) and /readyz (it can do its work)."""

import shutil
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.api.oversight_answers import Alive, Readiness
from app.bootstrap import Service
from app.store.migrate import HEAD, revision
from app.views.sight import stamp

router = APIRouter(tags=["health"])

_LEAST_FREE_BYTES = 100 * 1024 * 1024

Check = dict[str, Any]


@router.get("/healthz", response_model=Alive, summary="The process answers")
async def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz", response_model=Readiness, responses={503: {"description": "Not ready", "model": Readiness}},
    summary="Database, rules, worker and disk",
)  # fmt: skip
def readyz(request: Request) -> JSONResponse:
    """200 `ready`, or `degraded` where the last good ruleset is in force because the files are broken, the queue is
    full, or no process works off what waits; else 503. What is not as it should be says `since` when that was first
    seen."""
    service: Service = request.app.state.service
    checks: dict[str, Check] = {
        "database": _checked(lambda: _database(service)),
        "ruleset": _checked(lambda: _ruleset(service)),
        "worker": _worker(service) if request.app.state.works else _checked(lambda: _workers_elsewhere(service)),
        "disk": _checked(lambda: _disk(service)),
        "queue": _checked(lambda: _queue(service)),
    }  # fmt: skip
    _stamp(request.app.state.amiss, checks, service.context.clock())
    if not all(check["ok"] for check in checks.values()):
        return JSONResponse({"status": "not_ready", "checks": checks}, 503)
    status = "degraded" if any(check.get("degraded") for check in checks.values()) else "ready"
    return JSONResponse({"status": status, "checks": checks})


def _checked(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it is, this is not ready
        return {"ok": False, "detail": type(error).__name__}


def _stamp(amiss: dict[str, datetime], checks: dict[str, Check], now: datetime) -> None:
    """Notes when a check was first seen to fail, and forgets it once it holds again."""
    for name, check in checks.items():
        if check["ok"] and not check.get("degraded"):
            amiss.pop(name, None)
        else:
            check["since"] = stamp(amiss.setdefault(name, now))


def _database(service: Service) -> Check:
    found = revision(service.context.engine)
    return {"ok": found == HEAD, "revision": found}


def _worker(service: Service) -> Check:
    return {"ok": service.worker.alive}


def _workers_elsewhere(service: Service) -> Check:
    """Without one events are taken and people decide, and all that waits for the next."""
    if service.worker.anyone():
        return {"ok": True, "detail": "in another process"}
    return {"ok": True, "degraded": True, "detail": "no worker is alive: what comes in waits"}


def _ruleset(service: Service) -> Check:
    standing = service.context.rulesets.standing
    found: Check = {"ok": True, "digest": standing.engine.ruleset.digest, "degraded": bool(standing.broken)}
    if standing.broken:
        found["detail"] = "the files are not valid; the last good ruleset is in force"
        found["errors"] = list(standing.broken)[:20]
    return found


def _disk(service: Service) -> Check:
    free = shutil.disk_usage(service.context.settings.home).free
    return {"ok": free >= _LEAST_FREE_BYTES, "free_bytes": free}


def _queue(service: Service) -> Check:
    """A full queue sends deliveries away and lets people go on."""
    waiting, most = service.context.intake.waiting(), service.context.settings.max_waiting
    return {"ok": True, "waiting": waiting, "most": most, "degraded": waiting >= most}

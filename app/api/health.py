"""Health: /healthz (the process answers) and /readyz (it can do its work)."""

import shutil
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.bootstrap import Service
from app.store.migrate import HEAD, revision

router = APIRouter(tags=["health"])

_LEAST_FREE_BYTES = 100 * 1024 * 1024

Check = dict[str, Any]


@router.get("/healthz", summary="The process answers")
async def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "Not ready"}}, summary="Database, rules, worker and disk")
def readyz(request: Request) -> JSONResponse:
    """200 `ready`, or `degraded` where the last good ruleset is in force because the files are broken; else 503."""
    service: Service = request.app.state.service
    checks: dict[str, Check] = {
        "database": _checked(lambda: _database(service)),
        "ruleset": _checked(lambda: _ruleset(service)),
        "worker": _worker(service) if request.app.state.works else {"ok": True, "detail": "in another process"},
        "disk": _checked(lambda: _disk(service)),
    }  # fmt: skip
    if not all(check["ok"] for check in checks.values()):
        return JSONResponse({"status": "not_ready", "checks": checks}, 503)
    status = "degraded" if any(check.get("degraded") for check in checks.values()) else "ready"
    return JSONResponse({"status": status, "checks": checks})


def _checked(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it is, this is not ready
        return {"ok": False, "detail": type(error).__name__}


def _database(service: Service) -> Check:
    found = revision(service.context.engine)
    return {"ok": found == HEAD, "revision": found}


def _worker(service: Service) -> Check:
    return {"ok": service.worker.alive}


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

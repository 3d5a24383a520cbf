"""The log: entries, checkpoint, proofs, export."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, StreamingResponse

from app.actor import Actor
from app.api.answers import Page
from app.api.cases import Cursor, Limit
from app.api.oversight_answers import ConsistencyProof, InclusionProof, LogEntry, SignedHead
from app.api.problems import documented
from app.api.requests import Ctx, reader
from app.audit.export import export, snapshot
from app.views import audit
from app.views.pages import DEFAULT_LIMIT, page

router = APIRouter(prefix="/audit", tags=["audit"])

Reader = Annotated[Actor, reader("audit:read")]
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The export", "content": {"application/jsonl": {"schema": {"type": "string"}}}}
}
Size = Annotated[int, Query(ge=0, le=2**53)]


@router.get(
    "/entries", response_model=Page[LogEntry], responses=documented(403, 422), summary="Entries in order"
)  # fmt: skip
def entries(
    ctx: Ctx,
    actor: Reader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    kind: str | None = None,
    case: str | None = None,
    actor_id: str | None = None,
) -> JSONResponse:
    wanted = page(limit, cursor, audit.KEY)
    return JSONResponse(audit.entries(ctx, actor, wanted, kind=kind, case_id=case, actor_id=actor_id))


@router.get(
    "/checkpoint", response_model=SignedHead, responses=documented(403),
    summary="Size and root of the log, signed (C2SP tlog-checkpoint)",
)  # fmt: skip
def checkpoint(ctx: Ctx, actor: Reader) -> JSONResponse:
    return JSONResponse(audit.checkpoint(ctx, actor))


@router.get(
    "/proofs/inclusion", response_model=InclusionProof, responses=documented(403, 422),
    summary="RFC 6962 proof that an entry is in the log",
)  # fmt: skip
def inclusion(ctx: Ctx, actor: Reader, seq: Size, size: Size | None = None) -> JSONResponse:
    return JSONResponse(audit.inclusion(ctx, actor, seq, size))


@router.get(
    "/proofs/consistency", response_model=ConsistencyProof, responses=documented(403, 422),
    summary="RFC 6962 proof that the log only grew",
)  # fmt: skip
def consistency(ctx: Ctx, actor: Reader, old: Size, new: Size | None = None) -> JSONResponse:
    return JSONResponse(audit.consistency(ctx, actor, old, new))


@router.get(
    "/export", response_class=StreamingResponse, responses=_LINES | documented(403),
    summary="The whole log as JSON Lines, for `audit verify`",
)  # fmt: skip
def get_export(ctx: Ctx, actor: Reader) -> StreamingResponse:
    audit.require_reader(actor)

    def lines() -> Iterator[bytes]:
        with snapshot(ctx.engine) as session:
            yield from export(session, ctx.log, ctx.vault, actor.tenant)

    name = f'attachment; filename="countersign-{actor.tenant}.jsonl"'
    return StreamingResponse(lines(), media_type="application/jsonl", headers={"Content-Disposition": name})

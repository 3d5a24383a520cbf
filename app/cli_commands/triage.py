"""`triage`: asking what a text means."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import NEGATIVE, AsOption, Json, TenantOption, failed, note, tell

if TYPE_CHECKING:
    from app.bootstrap import Service

_ELSEWHERE_S = 2.0
"""How long a running service has to begin with the case before the work is done here."""


def triage(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON as for POST /v1/triage, or plain text.")],
    *,
    kind: Annotated[
        str | None,
        typer.Option(help="change_request, ticket, staffing_request, billing_question or other; of a plain text."),
    ] = None,
    project: Annotated[str | None, typer.Option(help="Which project it is about.")] = None,
    customer: Annotated[str | None, typer.Option(help="Which customer it is about.")] = None,
    requested_by: Annotated[str | None, typer.Option(help="Who asks, by address.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until all is decided; answers with the case.")] = False,
    timeout: Annotated[float, typer.Option(min=1, max=600, help="Seconds to wait at most.")] = 60,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Open a case for a text.

    Answers {"case_id"}; with --wait the case, and exit 1 where it failed or was not decided in time. Where no service
    runs on this installation, --wait does the work here.
    """
    import logging

    from app.cli_commands.local import open_service, writing
    from app.workflow.ingest import request_triage

    logging.getLogger().addHandler(logging.NullHandler())  # what goes wrong with the case stands in the case
    said = {"kind": kind, "project": project, "customer": customer, "requested_by": requested_by}
    body = _request(file, {name: value for name, value in said.items() if value is not None})
    with open_service() as service:
        actor = writing(service.context, tenant, as_name, "triage:write")
        case_id = request_triage(service.context, actor, body)
        if not wait:
            tell({"case_id": case_id}, as_json=as_json, text=lambda: [case_id])
            return
        note(f"countersign: {case_id} is at work")
        done, case = _outcome(service, actor, case_id, timeout)
    tell(case, as_json=as_json, text=lambda: _lines(case))
    if not done:
        note(f"countersign: not decided within {timeout:g} s; a running service goes on with it")
    if not done or case["status"] == "failed":
        raise typer.Exit(NEGATIVE)


def _outcome(service: "Service", actor: Any, case_id: str, seconds: float) -> tuple[bool, dict[str, Any]]:
    """Waits for a running service to decide the case; where none begins with it, does the work itself."""
    from app.views.cases import asked_by
    from app.workflow.triage import wait_for_case

    ctx = service.context
    done = wait_for_case(ctx, actor.tenant, case_id, min(seconds, _ELSEWHERE_S))
    if not done and not _begun(service, case_id):
        service.start()
        done = wait_for_case(ctx, actor.tenant, case_id, seconds)
        service.drain()
    elif not done:
        done = wait_for_case(ctx, actor.tenant, case_id, seconds)
    return done, asked_by(ctx, actor, case_id)


def _begun(service: "Service", case_id: str) -> bool:
    from sqlmodel import col, select

    from app.store.engine import read_only
    from app.store.models import TriageRun

    with read_only(service.context.engine) as session:
        return "waiting" not in session.exec(select(TriageRun.status).where(col(TriageRun.case_id) == case_id)).all()


def _request(file: str, said: dict[str, str]) -> dict[str, Any]:
    """The request's body: the file's JSON object, or its text; what options say is put beside, never over it."""
    from app.errors import Problem
    from app.wire import parse_json

    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    if raw.lstrip()[:1] != b"{":
        try:
            return {"kind": "other"} | said | {"text": raw.decode("utf-8").strip()}
        except UnicodeDecodeError:
            raise Problem("invalid_body", "The text is not valid UTF-8.") from None
    body = parse_json(raw)
    if not isinstance(body, dict):
        raise failed("invalid_body", "the request must be a JSON object or plain text")
    if twice := sorted(name for name, value in said.items() if body.get(name, value) != value):
        raise failed("invalid_query", f"--{twice[0].replace('_', '-')} says otherwise than the file's {twice[0]!r}")
    return body | said


def _lines(case: dict[str, Any]) -> Iterator[str]:
    assessment = case["assessment"] or {}
    yield f"{case['id']}  {case['status']}  {case['summary'] or ''}"
    if assessment.get("category"):
        yield f"  {assessment['category']}, urgency {assessment['urgency']}, confidence {assessment['confidence']}%"
    if because := case["because"] or assessment.get("abstained"):
        yield f"  nothing proposed: {because}" if not case["proposals"] else f"  {because}"
    for proposal in case["proposals"]:
        decision = proposal["decision"] or {}
        yield f"  {decision.get('effect', '?'):6}  {proposal['action']['tool']}"
        for name, value in (proposal["action"]["args"] or {}).items():
            yield f"            {name}: {json.dumps(value, ensure_ascii=False)}"
        for reason in decision.get("reasons", []):
            yield f"          {reason}"
    for review in case["reviews"]:
        if review["status"] == "pending":
            yield f"  waits: countersign approve {review['id']}"

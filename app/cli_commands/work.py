"""`triage`, `queue`, `approve` and the other verdicts, on the local database."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import UNUSABLE, AsOption, Failed, Json, TenantOption, note, table, tell

if TYPE_CHECKING:
    from app.bootstrap import Service

Comment = Annotated[str | None, typer.Option(help="Why.")]
Digest = Annotated[str | None, typer.Option(help="args_digest that you were shown; else the present one.")]


def triage(
    file: Annotated[str, typer.Argument(help="JSON as for POST /v1/triage, or plain text; - is stdin.")],
    *,
    kind: Annotated[str, typer.Option(help="Of a plain text.")] = "other",
    wait: Annotated[float, typer.Option(min=0, max=600, help="Seconds to wait for the decisions.")] = 60,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Ask what a text means, and see the case that comes of it. Exit 1 where it was not decided in time."""
    from datetime import timedelta

    from app.cli_commands.local import acting, open_service
    from app.views.cases import asked_by
    from app.workflow.ingest import request_triage
    from app.workflow.triage import wait_for_case

    body = _request(_text(file), kind)
    with open_service() as service:
        ctx = service.context
        actor = acting(ctx, tenant, as_name)
        case_id = request_triage(ctx, actor, body)
        note(f"{case_id}: at work")
        service.start()
        done = wait_for_case(ctx, actor.tenant, case_id, wait)
        case = asked_by(ctx, actor, case_id)
        service.drain(timedelta(seconds=10))
    tell(case, as_json=as_json, lines=lambda: _case_lines(case))
    if not done:
        raise Failed(f"{case_id} was not decided within {wait:g} s; a running service goes on with it")


def _text(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as unreadable:
        raise Failed(f"{file} cannot be read: {unreadable.strerror}", UNUSABLE) from unreadable


def _request(raw: bytes, kind: str) -> dict[str, Any]:
    from app.errors import Problem
    from app.wire import parse_json

    if raw.lstrip()[:1] == b"{":
        body = parse_json(raw)
        if isinstance(body, dict):
            return body
    try:
        return {"kind": kind, "text": raw.decode("utf-8").strip()}
    except UnicodeDecodeError:
        raise Problem("invalid_body", "The text is not valid UTF-8.") from None


def _case_lines(case: dict[str, Any]) -> list[str]:
    lines = [f"{case['id']}  {case['status']}  {case['summary'] or ''}"]
    if case["because"]:
        lines.append(f"  because {case['because']}")
    for proposal in case["proposals"]:
        decision = proposal["decision"] or {}
        args = json.dumps(proposal["action"]["args"], ensure_ascii=False)
        lines.append(f"  {decision.get('effect', '?'):6}  {proposal['action']['tool']} {args}")
        lines += [f"          {reason}" for reason in decision.get("reasons", [])]
    return lines


def queue(
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only those on which you may decide.")] = False,
    tool: str | None = None,
    customer: str | None = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: str | None = None,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """What waits for people, the most pressing first. Answers as GET /v1/reviews."""
    from app.cli_commands.local import acting, open_ground
    from app.views import reviews
    from app.views.pages import page

    with open_ground() as ground:
        actor = acting(ground, tenant, as_name)
        found = reviews.queue(ground, actor, page(limit, cursor, reviews.KEY), tool=tool, customer=customer, mine=mine)
    rows = [
        (
            each["id"], each["risk"]["score"], each["expires_at"][:16], each["customer"], each["action"]["tool"],
            " + ".join(f"{need['approvers']} of {'/'.join(need['roles'])}" for need in each["required"]),
        )
        for each in found["items"]
    ]  # fmt: skip
    headings = ("REVIEW", "RISK", "UNTIL (UTC)", "CUSTOMER", "TOOL", "NEEDS")
    tell(found, as_json=as_json, lines=lambda: table(headings, rows) if rows else ["Nothing waits."])


def approve(
    review: str,
    *,
    digest: Digest = None,
    comment: Comment = None,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Approve a review. Answers with the review as it stands then."""
    _say("approve", review, digest, comment, as_name, tenant, as_json=as_json)


def reject(
    review: str,
    *,
    digest: Digest = None,
    comment: Comment = None,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Reject a review. Answers with the review as it stands then."""
    _say("reject", review, digest, comment, as_name, tenant, as_json=as_json)


def respond(
    review: str,
    comment: str,
    *,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Ask or remark something on a review; it stays open."""
    _say("respond", review, None, comment, as_name, tenant, as_json=as_json)


def edit(
    review: str,
    file: Annotated[str, typer.Argument(help="The complete new arguments as JSON; - is stdin.")],
    *,
    digest: Digest = None,
    comment: Comment = None,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Change a review's arguments; another person then approves them. Answers with the new digest."""
    from app.wire import parse_json

    args = parse_json(_text(file))
    _say("edit", review, digest, comment, as_name, tenant, as_json=as_json, args=args)


def _say(
    verdict: str, review_id: str, digest: str | None, comment: str | None, as_name: str | None, tenant: str | None, *,
    as_json: bool, args: Any = None,
) -> None:  # fmt: skip
    from app.cli_commands.local import acting, open_service

    with open_service() as service:
        actor = acting(service.context, tenant, as_name)
        found = _give(service, actor, verdict, review_id, digest, comment, args)
    tell(found, as_json=as_json, lines=lambda: [
        f"{found['id']}  {found['status']}  {found['action']['tool']} {json.dumps(found['action']['args'])}",
        f"  digest {found['args_digest']}",
    ])  # fmt: skip


def _give(
    service: "Service", actor: Any, verdict: str, review_id: str, digest: str | None, comment: str | None, args: Any
) -> dict[str, Any]:
    from app.views import reviews
    from app.workflow.review import give_verdict

    ctx = service.context
    shown = reviews.review(ctx, actor, review_id)
    body: dict[str, Any] = {"verdict": verdict, "args_digest": digest or shown["args_digest"]}
    body |= {"args": args} if args is not None else {}
    body |= {"comment": comment} if comment is not None else {}
    give_verdict(ctx, actor, review_id, body, shown_at=ctx.clock())
    return reviews.review(ctx, actor, review_id)

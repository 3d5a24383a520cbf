"""`queue` and `approve`: what waits for people, and what they say."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import (
    AsOption,
    Json,
    TenantOption,
    Yes,
    confirmed,
    failed,
    note,
    plain,
    table,
    tell,
)

if TYPE_CHECKING:
    from rich.table import Table

    from app.actor import Actor
    from app.context import Context

_WORDS = {"approve": "Approve", "reject": "Reject", "edit": "Propose these arguments instead", "respond": "Ask this"}


def queue(
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only those on which the principal may still decide.")] = False,
    status: Annotated[str, typer.Option(help="pending, approved, rejected, expired, withdrawn or superseded.")] = (
        "pending"
    ),
    tool: Annotated[str | None, typer.Option(help="Only this tool's.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer's, by id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before.")] = None,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """The reviews that wait for people, the most pressing first. Answers as GET /v1/reviews."""
    from app.cli_commands.local import open_ground, reading
    from app.views import reviews
    from app.views.pages import page

    with open_ground() as ground:
        actor = reading(ground, tenant, as_name, "reviews:read")
        found = reviews.queue(
            ground, actor, page(limit, cursor, reviews.KEY), status=status, tool=tool, customer=customer, mine=mine
        )
    tell(found, as_json=as_json, text=lambda: _listed(found))


def _listed(found: dict[str, Any]) -> "Iterator[str | Table]":
    rows = [
        (
            each["id"], each["risk"]["score"], each["action"]["tool"], each["customer"], _needs(each),
            each["expires_at"][:16].replace("T", " "), each["expected_effect"] or each["rationale"] or "(erased)",
        )
        for each in found["items"]
    ]  # fmt: skip
    headings = ("REVIEW", "RISK", "TOOL", "CUSTOMER", "NEEDS", "UNTIL (UTC)", "WHAT")
    yield table(headings, rows, folds=("NEEDS", "WHAT")) if rows else "Nothing waits."
    if found["next_cursor"]:
        yield f"More: --cursor {found['next_cursor']}"


def _needs(review: dict[str, Any]) -> str:
    """Whose approval it takes; what is met whenever something narrower is met is left out."""
    asked = [(need["approvers"], frozenset(need["roles"])) for need in review["required"]]
    narrow = [
        (count, roles)
        for at, (count, roles) in enumerate(asked)
        if not any(
            other <= roles and many >= count and ((many, other) != (count, roles) or place < at)
            for place, (many, other) in enumerate(asked)
            if place != at
        )
    ]
    return " + ".join(f"{count} × {' or '.join(sorted(roles))}" for count, roles in narrow)


def approve(
    review: Annotated[str, typer.Argument(metavar="REVIEW", help="The review's id.")],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    edit: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Propose these complete arguments (JSON) instead.")
    ] = None,
    ask: Annotated[str | None, typer.Option(metavar="TEXT", help="Ask or remark something; it stays open.")] = None,
    comment: Annotated[str | None, typer.Option(help="Why.")] = None,
    digest: Annotated[str | None, typer.Option(help="`args_digest` that you were shown; else the present one.")] = None,
    yes: Yes = False,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Decide a review, after showing what would happen. Answers with the review as it stands then.

    A running service carries out what is approved.
    """
    from app.cli_commands.local import open_service, writing
    from app.views import reviews
    from app.workflow.review import give_verdict

    if [reject, edit is not None, ask is not None].count(True) > 1:
        raise failed("invalid_query", "one of --reject, --edit and --ask at a time")
    body = _verdict(edit=edit, ask=ask, comment=comment, said="reject" if reject else "approve")
    with open_service() as service:
        ctx = service.context
        actor = writing(ctx, tenant, as_name, "reviews:write")
        shown, shown_at = reviews.review(ctx, actor, review), ctx.clock()
        if not yes:
            for line in _shown(shown, body):
                typer.echo(plain(line), err=True)
        confirmed(f"{_WORDS[body['verdict']]}, as {actor.name}?", yes=yes)
        body["args_digest"] = digest or shown["args_digest"]
        give_verdict(ctx, actor, review, body, shown_at=shown_at)
        found = reviews.review(ctx, actor, review)
        begun = _execution(ctx, actor, found)
    tell(found, as_json=as_json, text=lambda: _ended(found, body["verdict"]))
    if begun is not None and not as_json:
        note(f"countersign: {begun} is carried out by the running service, or the next one to start")


def _verdict(*, edit: str | None, ask: str | None, comment: str | None, said: str) -> dict[str, Any]:
    from app.wire import parse_json

    body: dict[str, Any] = {"verdict": said}
    if edit is not None:
        raw = sys.stdin.buffer.read() if edit == "-" else Path(edit).read_bytes()
        body = {"verdict": "edit", "args": parse_json(raw)}
    if ask is not None:
        if comment is not None:
            raise failed("invalid_query", "--ask says it; leave --comment out")
        return {"verdict": "respond", "comment": ask}
    return body if comment is None else body | {"comment": comment}


def _shown(review: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    yield f"{review['id']}, case {review['case_id']}, {review['status']}, until {review['expires_at']}"
    yield from _action(review["action"]["tool"], review["action"]["args"])
    if body["verdict"] == "edit" and isinstance(body["args"], dict):
        yield "  changed:"
        was = review["action"]["args"] or {}
        for name in sorted(was.keys() | body["args"].keys()):
            if was.get(name) != body["args"].get(name):
                yield f"    {name}: {_json(was.get(name))} → {_json(body['args'].get(name))}"
    for label, key in (("why", "rationale"), ("effect", "expected_effect"), ("undo", "undo")):
        if review[key]:
            yield f"  {label}: {' '.join(review[key].split())}"
    factors = ", ".join(f"{each['name']} {each['points']}" for each in review["risk"]["factors"])
    yield f"  risk: {review['risk']['score']} ({factors})"
    yield f"  needs: {_needs(review)}; has {sum(each['counts'] for each in review['verdicts'])} verdicts"
    for reason in review["decision"]["reasons"]:
        yield f"  rule: {reason}"
    yield f"  digest: {review['args_digest']}"


def _action(tool: str, args: dict[str, Any] | None) -> Iterator[str]:
    yield f"  {tool}" + ("" if args is not None else " (its content was erased)")
    for name, value in (args or {}).items():
        yield f"    {name}: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ended(review: dict[str, Any], verdict: str) -> Iterator[str]:
    yield f"{review['id']}  {review['status']}  {review['action']['tool']}"
    if verdict == "edit":
        yield f"  digest {review['args_digest']}"
    if review["status"] == "pending":
        yield f"  still needs: {_needs(review)}"


def _execution(ctx: "Context", actor: "Actor", review: dict[str, Any]) -> str | None:
    """The execution that an approved review has led to."""
    from sqlmodel import col, select

    from app.store.engine import read_only
    from app.store.models import Execution

    if review["status"] != "approved":
        return None
    with read_only(ctx.engine) as session:
        query = select(Execution.id).where(
            col(Execution.tenant) == actor.tenant, col(Execution.proposal_id) == review["proposal_id"]
        )
        return session.exec(query).first()

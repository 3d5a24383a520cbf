"""`summary`: the exceptions of the day, for whoever answers for them."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from app.cli_commands.console import AsOption, Json, TenantOption, tell


def summary(
    *,
    since: Annotated[
        str | None, typer.Option(metavar="DAY|TIME", help="Since when; else since the last working day began.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone of the reader; else the firm's.")] = None,
    by_model: Annotated[bool, typer.Option("--model", help="Have the model of the settings word it.")] = False,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """What waits too long, failed or was refused; money at stake; what changed. As GET /v1/summaries/exceptions.

    Each statement rests on records and entries of the log, which --json names.
    """
    from app.cli_commands.local import open_service, reading
    from app.workflow.summaries import exception_summary

    with open_service() as service:
        ctx = service.context
        actor = reading(ctx, tenant, as_name, "cases:read")
        found = exception_summary(ctx, actor, since=since, zone=zone, by_model=by_model)
    tell(found, as_json=as_json, text=lambda: _told(found))


def _told(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['headline']} Since {found['since'][:16].replace('T', ' ')} UTC; times in {found['time_zone']}."
    for section in found["sections"]:
        if section["paragraphs"]:
            yield f"\n{section['title']}"
            for paragraph in section["paragraphs"]:
                yield f"- {paragraph['text']}"

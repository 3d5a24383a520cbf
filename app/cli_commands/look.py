"""`look`: going through a firm's books."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.cli_commands.console import Json, TenantOption, tell

if TYPE_CHECKING:
    from app.workflow.look import Doubt


def look(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Look through contracts, prices, spending and master data now; what is out of order becomes cases.

    The running service, or the next one to start, goes on with them. What was brought up before is not brought up
    again. Answers {"tenant","cases":[{"record","case_id","findings":[{"kind","says","confidence","amount_minor",
    "currency"}]}]}.
    """
    from app.cli_commands.local import open_service, tenant_of
    from app.workflow.look import look as look_through

    with open_service() as service:
        firm = tenant_of(service.context, tenant)
        found = look_through(service.context, firm)
    tell(
        {"tenant": firm, "cases": [_answer(one) for one in found]}, as_json=as_json,
        text=lambda: _lines(found),
    )  # fmt: skip


def _answer(doubt: "Doubt") -> dict[str, object]:
    findings = [
        {
            "kind": one.kind, "says": one.says, "confidence": one.confidence,
            "amount_minor": one.stake.amount_minor if one.stake else None,
            "currency": one.stake.currency if one.stake else None,
        }
        for one in doubt.findings
    ]  # fmt: skip
    return {"record": str(doubt.record), "case_id": doubt.case_id, "findings": findings}


def _lines(found: "list[Doubt]") -> Iterator[str]:
    yield f"{len(found)} records with something out of order that was not brought up before"
    for doubt in found:
        yield f"{doubt.record}  {doubt.case_id}"
        for one in doubt.findings:
            yield f"  {one.title} ({one.confidence} %): {one.says}"

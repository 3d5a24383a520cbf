"""The action that takes an effect back, from the action and its receipt. Undo is decided like anything else."""

from collections.abc import Callable
from typing import Any

from tools.actions import Action, CancelRecord, parse_action
from tools.receipt import Receipt

Inverse = Callable[[Action, Receipt], Action | None]


def none(action: Action, receipt: Receipt) -> Action | None:
    return None


def created(kind: str, field: str) -> Inverse:
    """For tools that create one record, whose id the receipt holds under `field`."""

    def inverse(action: Action, receipt: Receipt) -> Action | None:
        return CancelRecord.model_validate({"kind": kind, "ids": [receipt.result[field]]})

    return inverse


def created_many(kind: str, field: str) -> Inverse:
    def inverse(action: Action, receipt: Receipt) -> Action | None:
        return CancelRecord.model_validate({"kind": kind, "ids": receipt.result[field]})

    return inverse


def _again(action: Action, receipt: Receipt, *restored: str) -> Action | None:
    """The same tool with the values that stood before; None if there were none."""
    if any(receipt.before.get(field) is None for field in restored):
        return None
    args: dict[str, Any] = action.args() | {field: receipt.before[field] for field in restored}
    return parse_action(action.tool, args)


def shift_milestone(action: Action, receipt: Receipt) -> Action | None:
    return _again(action, receipt, "due_on")


def update_forecast(action: Action, receipt: Receipt) -> Action | None:
    return _again(action, receipt, "remaining_minutes", "finish_on")


def change_budget(action: Action, receipt: Receipt) -> Action | None:
    return _again(action, receipt, "budget_minor")


def sync_contract_terms(action: Action, receipt: Receipt) -> Action | None:
    return _again(action, receipt, "value")


def set_ticket_priority(action: Action, receipt: Receipt) -> Action | None:
    return _again(action, receipt, "priority")


def hold_invoice(action: Action, receipt: Receipt) -> Action | None:
    return parse_action("resume_invoice", {"invoice_id": action.args()["invoice_id"]})


def resume_invoice(action: Action, receipt: Receipt) -> Action | None:
    reason = receipt.before.get("hold_reason") or "held again"
    return parse_action("hold_invoice", {"invoice_id": action.args()["invoice_id"], "reason": reason})


def flag_time_entry(action: Action, receipt: Receipt) -> Action | None:
    return parse_action("unflag_time_entry", {"time_entry_id": action.args()["time_entry_id"]})


def unflag_time_entry(action: Action, receipt: Receipt) -> Action | None:
    entry = action.args()["time_entry_id"]
    return parse_action("flag_time_entry", {"time_entry_id": entry, "reason": "flagged again"})


def write_off(action: Action, receipt: Receipt) -> Action | None:
    args = action.args()
    return parse_action("reverse_write_off", {key: args[key] for key in ("invoice_id", "amount_minor", "currency")})


def reverse_write_off(action: Action, receipt: Receipt) -> Action | None:
    return parse_action("write_off", action.args() | {"reason": "write-off taken back before is restored"})


def send_customer_message(action: Action, receipt: Receipt) -> Action | None:
    return parse_action("recall_message", {"message_id": receipt.result["message_id"]})

"""Words: actions, rules, entries and times as people read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.context import Context
from tools.ports import ReadPort, SourceUnavailable
from tools.records import RECORDS
from tools.registry import TOOLS

# {argument} is replaced by its value in words; records by their names.
_SENTENCES: Mapping[str, str] = {
    "create_project": "Create the project {name} for {customer_id} with a budget of {budget}",
    "provision_workspace": "Set up the {type} {name} for {project_id}",
    "create_onboarding_tasks": "Create {count} onboarding tasks for {about}",
    "assign_person": "Assign {person_id} to {project_id} as {role}, {percent} % from {start_on} to {end_on}",
    "shift_milestone": "Move the milestone {milestone_id} to {due_on}",
    "update_forecast": "Set the forecast of {project_id} to {hours} h remaining, finished on {finish_on}",
    "change_budget": "Set the budget of {project_id} to {budget}",
    "create_change_order": "Draft the change order {title} for {project_id}: {hours} h, {amount}",
    "sync_contract_terms": "Correct {term} of {contract_id} in the {system} to {value}",
    "hold_invoice": "Hold the invoice {invoice_id}",
    "resume_invoice": "Take the invoice {invoice_id} off hold",
    "release_invoice": "Release the invoice {invoice_id} over {amount}",
    "flag_time_entry": "Flag the time entry {time_entry_id}",
    "unflag_time_entry": "Clear the flag of the time entry {time_entry_id}",
    "write_off": "Write off {amount} of the invoice {invoice_id}",
    "reverse_write_off": "Take back the write-off of {amount} on the invoice {invoice_id}",
    "send_customer_message": "Send {recipient} of {customer_id} the message “{subject}”",
    "recall_message": "Recall the message {message_id} before it leaves",
    "notify_channel": "Post to {channel}: {text}",
    "create_task": "Create the task “{title}” for {assignee_id}, due {due_on}",
    "set_ticket_priority": "Set the priority of the ticket {ticket_id} to {priority}",
    "open_renewal": "Open the renewal of {contract_id}, owned by {owner_id}, due {due_on}",
    "cancel_record": "Cancel {count} × {kind} that an earlier action created",
}
_KIND_OF_ARGUMENT: Mapping[str, str] = {
    "customer_id": "customer", "contract_id": "contract", "project_id": "project", "person_id": "person",
    "lead_id": "person", "assignee_id": "person", "owner_id": "person", "milestone_id": "milestone",
    "invoice_id": "invoice", "ticket_id": "ticket", "time_entry_id": "time_entry", "message_id": "message",
    "change_request_id": "change_request",
}  # fmt: skip
_LONGEST = 120
# Characters that reorder or hide text: shown by their number instead, so that nothing reads otherwise than it is.
_HIDDEN = frozenset(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x00AD, 0x061C, 0x180E, 0xFEFF]
)


def visible(text: str) -> str:
    """Text without control characters and without such as reorder or hide it; each is shown as ⟦U+202E⟧."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟦U+{ord(each):04X}⟧" if ord(each) in _HIDDEN or (ord(each) < 32 and each not in "\n\t") else each
        for each in text
    )


class Labels:
    """Names of records, read once a page. What cannot be read is called by its id."""

    def __init__(self, ctx: Context, tenant: str) -> None:
        self._known: dict[str, str] = {}
        self._read: ReadPort | None
        try:
            self._read = ctx.connectors.reader(tenant)
        except SourceUnavailable:
            self._read = None

    def name(self, kind: str, ident: str) -> str:
        """`Brightwater Energy (cus-02)`, or the id alone."""
        called = self.called(kind, ident)
        return ident if called == ident else f"{called} ({ident})"

    def called(self, kind: str, ident: str) -> str:
        """`Brightwater Energy`, or the id. Names may be alike: where somebody decides, ids stand beside them."""
        key = f"{kind}/{ident}"
        if key not in self._known:
            self._known[key] = self._look_up(kind, ident)
        return self._known[key]

    def _look_up(self, kind: str, ident: str) -> str:
        model = next((model for name, model in RECORDS.items() if name == kind), None)
        if self._read is None or model is None:
            return ident
        try:
            record = self._read.get(model, ident)
        except SourceUnavailable:
            self._read = None
            return ident
        name = next((found for field in ("name", "title", "number") if (found := getattr(record, field, None))), None)
        return name if isinstance(name, str) else ident

    def value(self, argument: str, value: Any, currency: str | None = None) -> str:
        """One argument in words: records by name, minor units as amounts, references as what they wait for."""
        if isinstance(value, dict) and "$ref" in value:
            return f"the {str(value['$ref']).rpartition('/')[2].replace('_', ' ')} of an earlier action"
        if isinstance(value, str) and argument in _KIND_OF_ARGUMENT:
            return self.name(_KIND_OF_ARGUMENT[argument], value)
        if isinstance(value, int) and not isinstance(value, bool) and argument.endswith("_minor"):
            return money(value, currency)
        if isinstance(value, int) and argument.endswith("minutes"):
            return f"{value / 60:g} h"
        return str(value)

    def sentence(self, tool: str, args: Mapping[str, Any] | None) -> str:
        """What will happen, in one sentence."""
        if args is None:
            return f"{TOOLS[tool].title} (the content was erased)" if tool in TOOLS else tool
        currency = args.get("currency")
        words = {
            name: self.called(_KIND_OF_ARGUMENT[name], value)
            if name in _KIND_OF_ARGUMENT and isinstance(value, str)
            else _short(self.value(name, value, currency))
            for name, value in args.items()
        }
        words["amount"] = words.get("amount_minor", "")
        words["budget"] = words.get("budget_minor", "")
        words["hours"] = f"{(args.get('minutes') or args.get('remaining_minutes') or 0) / 60:g}"
        words["count"] = str(len(args.get("tasks") or args.get("ids") or ()))
        if tool == "create_onboarding_tasks" and isinstance(args.get("about"), str):
            words["about"] = self.called(str(args.get("about_kind")), args["about"])
        if tool == "sync_contract_terms" and str(args.get("term", "")).endswith("_minor"):
            words["value"] = money(args.get("value"), None)
        words["term"] = words.get("term", "").removesuffix("_minor").replace("_", " ")
        try:
            return _SENTENCES[tool].format_map(words)
        except KeyError:
            return TOOLS[tool].title if tool in TOOLS else tool


def money(minor: Any, currency: str | None) -> str:
    """Minor units of two decimals, as every currency here has: `12,400.00 EUR`."""
    if not isinstance(minor, int):
        return str(minor)
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}" + (f" {currency}" if currency else "")


def when(moment: str | None, zone: str) -> str:
    """A view's RFC 3339 time in the firm's zone: `2 Mar 2026, 10:00`."""
    if not moment:
        return ""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def left(moment: str | None, now: datetime) -> str:
    """How long until then: `3 h 20 min`, `2 days`, `over`."""
    if not moment:
        return ""
    minutes = int((datetime.fromisoformat(moment) - now).total_seconds() // 60)
    if minutes <= 0:
        return "over"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} days"


def spoken(word: str) -> str:
    """`delivery_lead` → `delivery lead`, `decision.made` → `decision made`."""
    return word.replace("_", " ").replace(".", " ")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

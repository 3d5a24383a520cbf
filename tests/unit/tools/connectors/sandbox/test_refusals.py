"""What the firm's business rules refuse, each with a sentence, and nothing changed."""

from datetime import date
from typing import Any

import pytest

from tests.unit.tools.conftest import SetClock
from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.receipt import Receipt
from tools.records import Contact, Contract, Invoice, Milestone, Period, Person, Project, Ticket, TimeEntry
from tools.write_port import Refused


def _apply(firm: Sandbox, tool: str, key: str = "k", **args: Any) -> Receipt:
    return firm.apply(parse_action(tool, args), key)


def _refused(firm: Sandbox, because: str, tool: str, **args: Any) -> None:
    before = len(firm.ledger())
    with pytest.raises(Refused, match=because):
        _apply(firm, tool, "refused", **args)
    assert len(firm.ledger()) == before
    assert firm.lookup("refused") is None


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("shift_milestone", {"milestone_id": "mst-999", "due_on": "2026-04-01", "reason": "r"}),
        ("hold_invoice", {"invoice_id": "inv-999", "reason": "r"}),
        ("flag_time_entry", {"time_entry_id": "tim-99999", "reason": "r"}),
        ("recall_message", {"message_id": "msg-999"}),
        ("set_ticket_priority", {"ticket_id": "tic-999", "priority": "p1"}),
        ("create_task", {"title": "t", "assignee_id": "per-999", "due_on": "2026-04-01"}),
        ("cancel_record", {"kind": "renewal", "ids": ["ren-001"]}),
        ("open_renewal", {"contract_id": "ctr-999", "owner_id": "per-01", "due_on": "2026-04-01"}),
        ("provision_workspace", {"project_id": "prj-999", "type": "drive", "name": "n"}),
        ("send_customer_message", {"customer_id": "cus-99", "recipient": "a@b.example", "subject": "s", "body": "b"}),
    ],
)
def test_an_unknown_record(firm: Sandbox, tool: str, args: dict[str, Any]) -> None:
    _refused(firm, "there is no", tool, **args)


def test_an_argument_that_still_waits(firm: Sandbox) -> None:
    waiting = {"$ref": "prp_" + "0" * 26 + "/result/project_id"}
    _refused(firm, "project_id still waits", "provision_workspace", project_id=waiting, type="drive", name="n")


def _invoice(firm: Sandbox, status: str, *, closed: bool = False) -> Invoice:
    found = []
    for invoice in firm.find(Invoice, {"status": status}, 1_000):
        period = firm.get(Period, f"{invoice.period_end_on:%Y-%m}")
        if (period is not None and period.status == "closed") == closed:
            found.append(invoice)
    return found[0]


def _amount(invoice: Invoice) -> dict[str, Any]:
    return {"invoice_id": invoice.id, "amount_minor": invoice.amount_minor, "currency": invoice.currency}


def test_an_invoice_leaves_once_unheld_as_approved_and_in_an_open_period(firm: Sandbox) -> None:
    _refused(firm, "a closed period", "release_invoice", **_amount(_invoice(firm, "draft", closed=True)))
    _refused(firm, "already released", "release_invoice", **_amount(_invoice(firm, "released")))
    _refused(firm, "only a draft can be held", "hold_invoice", invoice_id=_invoice(firm, "released").id, reason="r")
    draft = _invoice(firm, "draft")
    _refused(firm, "not held", "resume_invoice", invoice_id=draft.id)
    more = _amount(draft) | {"amount_minor": draft.amount_minor + 1}
    _refused(firm, "not what was approved", "release_invoice", **more)
    _apply(firm, "hold_invoice", "hold", invoice_id=draft.id, reason="r")
    _refused(firm, "is held and cannot be released", "release_invoice", **_amount(draft))
    _apply(firm, "resume_invoice", "resume", invoice_id=draft.id)
    _apply(firm, "release_invoice", "release", **_amount(draft))
    _refused(firm, "already released", "release_invoice", **_amount(draft))


def test_no_more_is_written_off_than_was_billed_nor_taken_back_than_was_written_off(firm: Sandbox) -> None:
    invoice = _invoice(firm, "released")
    args = _amount(invoice)
    _apply(firm, "write_off", "w1", **args | {"amount_minor": 100, "reason": "r"})
    _refused(firm, "would be written off", "write_off", **args, reason="r")
    _refused(firm, "has only 100 written off", "reverse_write_off", **args | {"amount_minor": 101})
    _refused(firm, "is in", "write_off", **args | {"currency": "CHF", "reason": "r"})
    _refused(firm, "is paid", "write_off", **_amount(_invoice(firm, "paid", closed=True)), reason="r")


def test_a_message_is_recalled_within_its_minute_and_not_after(firm: Sandbox, clock: SetClock) -> None:
    args = {"customer_id": "cus-01", "recipient": "a@b.example", "subject": "s", "body": "b"}
    first = _apply(firm, "send_customer_message", "m1", **args).result["message_id"]
    second = _apply(firm, "send_customer_message", "m2", **args).result["message_id"]
    clock.advance(59)
    assert firm.send_due() == []
    _apply(firm, "recall_message", "r1", message_id=first)
    _refused(firm, "recalled already", "recall_message", message_id=first)
    clock.advance(1)
    # The minute is over even where nobody has run the sending yet.
    _refused(firm, "has left", "recall_message", message_id=second)
    assert firm.send_due() == [second]
    assert firm.send_due() == []
    _refused(firm, "has left", "recall_message", message_id=second)


def test_nobody_is_assigned_before_joining(firm: Sandbox) -> None:
    newcomer = firm.emit("hr.person.joined")[0]["data"]
    starts_on = date.fromisoformat(newcomer["starts_on"])
    args = {"project_id": "prj-01", "person_id": newcomer["person_id"], "role": "Engineer", "percent": 50}
    early = starts_on.replace(year=starts_on.year - 1)
    _refused(firm, "not employed", "assign_person", **args, start_on=str(early), end_on=str(starts_on))
    _refused(
        firm, "not employed", "create_task", title="t", assignee_id=newcomer["person_id"], due_on=str(early)
    )  # fmt: skip
    _apply(firm, "assign_person", **args, start_on=str(starts_on), end_on=str(starts_on.replace(year=2030)))


def test_overbooking_is_allowed_and_counted(firm: Sandbox) -> None:
    person = firm.find(Person, {"unit": "Engineering"})[6]
    args = {"project_id": "prj-01", "person_id": person.id, "role": "x", "start_on": "2029-01-01", "percent": 80}
    assert _apply(firm, "assign_person", "a", **args, end_on="2029-02-28").result["booked_percent"] == 80
    assert _apply(firm, "assign_person", "b", **args, end_on="2029-01-31").result["booked_percent"] == 160
    later = args | {"start_on": "2029-02-01"}
    assert _apply(firm, "assign_person", "c", **later, end_on="2029-03-31").result["booked_percent"] == 160


def test_what_is_finished_stays_as_it_is(firm: Sandbox) -> None:
    done = firm.find(Project, {"status": "done"})[0]
    reached = firm.find(Milestone, {"status": "completed"})[0]
    closed = [ticket for ticket in firm.find(Ticket, {}) if ticket.status == "closed"]
    billed = firm.find(TimeEntry, {"status": "invoiced"}, 1)[0]
    _refused(
        firm, "is done", "change_budget", project_id=done.id, budget_minor=done.budget_minor * 2,
        currency=done.currency, reason="r",
    )  # fmt: skip
    _refused(firm, "cannot move", "shift_milestone", milestone_id=reached.id, due_on="2026-09-01", reason="r")
    _refused(firm, "cannot be flagged", "flag_time_entry", time_entry_id=billed.id, reason="r")
    _refused(firm, "not flagged", "unflag_time_entry", time_entry_id=billed.id)
    _refused(firm, "has time booked", "cancel_record", kind="project", ids=["prj-01"])
    for ticket in closed:
        _refused(firm, "is closed", "set_ticket_priority", ticket_id=ticket.id, priority="p1")


def test_a_project_fits_its_contract(firm: Sandbox) -> None:
    contract = firm.find(Contract, {"status": "active"})[0]
    ended = firm.find(Contract, {"status": "ended"})[0]
    args = {
        "name": "n", "unit": "Engineering", "start_on": "2026-04-01", "end_on": "2026-09-01", "budget_minor": 1,
        "contract_id": contract.id, "customer_id": contract.customer_id, "currency": contract.currency,
    }  # fmt: skip
    stranger = next(f"cus-{n:02d}" for n in range(1, 26) if f"cus-{n:02d}" != contract.customer_id)
    _refused(firm, "not one of customer", "create_project", **args | {"customer_id": stranger})
    _refused(firm, "is in", "create_project", **args | {"currency": "CHF"})
    ended_args = {"contract_id": ended.id, "customer_id": ended.customer_id, "currency": ended.currency}
    _refused(firm, "is ended", "create_project", **args | ended_args)


def test_terms_keep_their_type(firm: Sandbox) -> None:
    args = {"contract_id": "ctr-01", "system": "erp"}
    _refused(firm, "cannot be", "sync_contract_terms", **args, term="end_on", value=5)
    _refused(firm, "cannot be", "sync_contract_terms", **args, term="value_minor", value="2026-05-01")
    _refused(firm, "between 0 and 365", "sync_contract_terms", **args, term="payment_days", value=366)
    _refused(firm, "cannot end before", "sync_contract_terms", **args, term="end_on", value="1999-01-01")
    _refused(firm, "cannot be", "sync_contract_terms", **args, term="currency", value="2026-05-01")
    _refused(firm, "cannot be", "sync_contract_terms", **args, term="currency", value="euros")
    _refused(firm, "cannot be", "sync_contract_terms", **args, term="type", value="barter")
    _refused(firm, "there is no contact", "sync_contract_terms", **args, term="billing_contact_id", value="cnt-99")
    contract = firm.get(Contract, "ctr-01")
    assert contract is not None
    stranger = next(one.id for one in firm.find(Contact, {}) if one.customer_id != contract.customer_id)
    _refused(firm, "is not one of", "sync_contract_terms", **args, term="billing_contact_id", value=stranger)


def test_one_name_one_workspace_and_one_open_renewal(firm: Sandbox) -> None:
    _apply(firm, "provision_workspace", "w", project_id="prj-01", type="drive", name="plans")
    _refused(firm, "already a drive", "provision_workspace", project_id="prj-02", type="drive", name="plans")
    contract = firm.find(Contract, {"status": "active"})[0]
    renewal = {"contract_id": contract.id, "owner_id": "per-02", "due_on": "2026-04-01"}
    _apply(firm, "open_renewal", "r", **renewal)
    _refused(firm, "has an open renewal", "open_renewal", **renewal)


def test_a_batch_of_tasks_is_all_or_nothing(firm: Sandbox) -> None:
    good = {"title": "t", "assignee_id": "per-01", "due_on": "2026-04-01"}
    tasks = [good, good | {"assignee_id": "per-999"}]
    _refused(firm, "per-999", "create_onboarding_tasks", about_kind="project", about="prj-01", tasks=tasks)
    assert firm.show("task", "tsk-001") is None

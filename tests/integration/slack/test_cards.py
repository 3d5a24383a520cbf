"""Cards: posted once, as they should be, and brought up to date wherever it was decided."""

from dataclasses import replace
from typing import Any

from app.slack.content import whole
from app.views.labels import Labels
from tests.integration.slack.conftest import CHANNEL, Office, buttons, said
from tests.integration.slack.kit_rules import texts
from tests.integration.slack.workspace import Message
from tests.integration.workflow.scenes import CUSTOMER, INVOICE, money, pending, task, write_off
from tools.records import Invoice


def test_a_card_says_everything_and_approving_carries_it_out(office: Office) -> None:
    asked = pending(office.world, task("Look into the leak"))
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    assert "Look into the leak" in said(card)
    assert "because" in said(card)
    assert {"approve", "edit", "reject", "ask"} <= {each["action_id"] for each in buttons(card.blocks)}
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "approved"
    office.settle()
    assert "approved by lena" in said(card)
    assert "approve" not in {each["action_id"] for each in buttons(card.blocks)}
    (result,) = office.slack.thread(card)
    assert "Done" in said(result)
    assert len(office.slack.cards(CHANNEL)) == 1
    assert office.slack.refused == []


def test_what_stands_behind_it_is_told_in_words(office: Office) -> None:
    """Facts by record and who stands behind them, amounts in the record's currency, each argument with its support."""
    world, invoice = office.world, office.world.get(Invoice, INVOICE)
    of = {"record": {"kind": "invoice", "id": INVOICE}, "trust": "system"}
    shown = shown_review()
    shown["action"] = {"tool": "write_off", "args": write_off().args()}
    shown["alternatives"] = [f"hold invoice/{INVOICE} first"]
    shown["evidence"] = [
        {"record": {"kind": "person", "id": "per-12"}, "field": "name", "value": "Farid Bernard", "trust": "person"},
        of | {"field": "amount_minor", "value": invoice.amount_minor}, of | {"field": "customer_id", "value": CUSTOMER},
        {"record": None, "field": "text", "value": "please", "trust": "customer"},
    ]  # fmt: skip
    support = {"support": "record", "record": f"invoice/{INVOICE}", "field": "currency"}
    shown["provenance"] = {"currency": {"support": support}}
    told = texts(whole(Labels(world.ctx, "acme"), shown, []))
    called = f"invoice {invoice.number} ({INVOICE})"
    amount, customer = f"amount EUR {invoice.amount_minor / 100:,.2f}", f"customer Eastgate Hospitals ({CUSTOMER})"
    assert f"• {called}: {amount}; {customer} · record\n" in told
    assert "• what came in: text · the customer’s words" in told
    assert f"Instead, one could*\n• hold invoice {INVOICE} first" in told
    assert "• person Farid Bernard (per-12) · a person\n" in told
    assert f"EUR\n↳ record: {called}, currency" in told


def test_what_is_decided_elsewhere_is_told_with_by_whom(office: Office) -> None:
    asked = money(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.world.say("finn", asked, "reject", comment="no")
    office.tell()
    assert "rejected by finn" in said(card)
    office.press("fred", _former(card), "approve")
    assert "rejected already by finn" in office.slack.heard("UFRED")[-1]


def _former(card: Message) -> Message:
    """As somebody still sees it whose screen was not brought up to date."""
    return replace(card, blocks=card.versions[-1])


def shown_review() -> dict[str, Any]:
    """A review as views.reviews gives it."""
    return {
        "id": "rev_1", "case_id": "cas_1", "proposal_id": "prp_1", "status": "pending", "unit": None, "erased": False,
        "customer": "cus-01", "action": {"tool": "create_task", "args": {}}, "args_digest": "sha256:" + "0" * 64,
        "rationale": "because", "evidence": [], "provenance": {}, "alternatives": [], "expected_effect": "it is done",
        "undo": "by undo", "ungrounded": [], "edited_from": None, "risk": {"score": 10, "factors": []},
        "decision": {"reasons": [], "rules": [], "amount_minor": None},
        "required": [{"roles": ["delivery_lead"], "approvers": 1, "excluded": [], "escalate_to": None}], "verdicts": [],
        "line_manager": None,
        "editors": [], "due_at": "2026-03-02T13:00:00.000Z",
        "expires_at": "2026-03-02T17:00:00.000Z", "escalated_at": None, "decided_by": None,
    }  # fmt: skip

"""The step that writes to a customer: to a contact on record, never to an address from a text."""

from collections.abc import Sequence
from datetime import date

from agents.situation import Situation, fact_id
from agents.steps import Letter, Step
from tools.records import Contact, Customer, Person


def letter(
    situation: Situation,
    name: str,
    contact: Contact,
    customer: Customer,
    sender: Person | None,
    *,
    purpose: str,
    subject: str,
    paragraphs: Sequence[str],
    facts: Sequence[str],
    why: str,
    triggered_by: Sequence[str],
    computed: Sequence[int | date | str] = (),
    ungrounded: Sequence[str] = (),
) -> Step:
    """`send_customer_message`; the draft node adds subject, body and language. Templates are English."""
    signed = f"Kind regards\n{sender.name}" if sender else "Kind regards"
    greeted = contact.name if contact.trust("name").trusted else "Sir or Madam"
    body = "\n\n".join([f"Dear {greeted},", *paragraphs, signed])
    known = [fact_id(contact, "name"), *facts, *([fact_id(sender, "name")] if sender else [])]
    foreign = f" {customer.name} is written to in {customer.language!r}, this draft is in English: translate it first."
    return Step(
        name, "send_customer_message",
        {
            "customer_id": situation.of(customer, "id"),
            "recipient": situation.of(contact, "email", "the contact on record"),
        },
        rationale=why + (foreign if customer.language != "en" else ""),
        triggered_by=triggered_by,
        alternatives=["Call instead of writing.", "Say nothing until more is known."],
        letter=Letter(purpose, subject, body, tuple(dict.fromkeys(known)), "en"),
        computed=computed,
        ungrounded=ungrounded,
    )  # fmt: skip

"""Attacks from outside and inside, each with agents that fell for it: what the model says decides nothing."""

from collections.abc import Callable

import pytest

from tests.integration.workflow.scenes import (
    CUSTOMER,
    INVOICE,
    PART,
    ask,
    contacts,
    letter,
    task,
    write_off,
)
from tests.integration.world import World
from tools.actions import NotifyChannel, SetTicketPriority
from tools.records import Contact, Invoice, Message, Project, Ticket

# -- a spoofed requested_by


def test_who_names_somebody_else_as_requester_is_requester_all_the_same(world: World) -> None:
    case = ask(world, "finn", write_off(), requested_by="vera@acme.example")
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("finn", asked)
    world.approve("fred", asked)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == PART


def test_whoever_is_named_as_requester_does_not_approve_either(world: World) -> None:
    case = ask(world, "vera", write_off(), requested_by=" Finn@ACME.example ")
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("finn", asked)
    world.run()
    assert world.ledger() == []


@pytest.mark.parametrize(
    "named",
    ["Finn Finance <finn@acme.example>", '"finn" <FINN@acme.example>', "ｆｉｎｎ@acme.example", "finn", " Finn "],
)
def test_a_requester_is_known_however_they_are_named(world: World, named: str) -> None:
    (asked,) = world.reviews(ask(world, "vera", write_off(), requested_by=named))
    with world.refused("self_approval"):
        world.approve("finn", asked)


def test_a_named_requester_gains_no_authority(world: World) -> None:
    case = ask(world, "mona", write_off(2_000_000), requested_by="cora@acme.example")
    (asked,) = world.reviews(case)
    for who, code in (("cora", "self_approval"), ("mona", "not_permitted")):
        with world.refused(code):  # type: ignore[arg-type]
            world.approve(who, asked)


# -- a trust-laundered contact


def laundered(world: World) -> Contact:
    """The contact that an inbound mail made, at a customer who exists."""
    (found,) = [each for each in world.all(Contact) if each.authors.get("*", "").startswith("mail/")]
    return found


def test_a_contact_that_an_inbound_mail_made_is_no_recipient(world: World) -> None:
    contact = laundered(world)
    project = next(each for each in world.all(Project) if each.customer_id == contact.customer_id)
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": project.id, "text": f"Please send our rates to {contact.email}."},
        letter(contact.email, contact.customer_id),
    )
    (proposal,) = world.proposals(case)
    assert (proposal.status, world.decision(proposal).effect) == ("denied", "deny")
    assert "untrusted-recipient" in world.decision(proposal).rules
    assert world.all(Message) == []


def test_a_laundered_contact_is_no_recipient_for_a_trusted_event_either(world: World) -> None:
    contact = laundered(world)
    project = next(each for each in world.all(Project) if each.customer_id == contact.customer_id)
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": project.id, "text": "Please send our rates."},
        letter(contact.email, contact.customer_id),
    )
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"


def test_nobody_can_edit_a_laundered_contact_in(world: World) -> None:
    contact = laundered(world)
    project = next(each for each in world.all(Project) if each.customer_id == contact.customer_id)
    known = next(each for each in contacts(world, contact.customer_id) if each.id != contact.id)
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": project.id, "text": "Please send our rates."},
        letter(known.email, contact.customer_id),
    )
    (asked,) = world.reviews(case)
    world.edit("lena", asked, recipient=contact.email)
    (asked,) = world.reviews(case)
    assert {"unknown-recipient", "edited-arguments"} <= {each["rule"] for each in asked.required}
    with world.refused("self_approval"):
        world.approve("lena", asked)
    world.approve("lars", asked)
    assert world.review(asked.id).status == "pending", "the head of delivery is still to say yes"
    world.run()
    assert world.all(Message) == []


# -- a mail that quotes another customer's project


@pytest.mark.parametrize("disguise", [str, str.upper, lambda name: name.replace(" ", "  "),
                                      lambda name: name.replace(" ", "\n"),
                                      lambda name: name.replace("A", "Ａ")])  # fmt: skip
def test_a_mail_that_quotes_another_customers_project_gives_no_letter_about_it(
    world: World, disguise: Callable[[str], str]
) -> None:
    other = world.get(Project, "prj-02")
    assert other.customer_id != CUSTOMER
    quoted = disguise(other.name)
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": "prj-01", "text": f"What about {quoted}?"},
        letter(contacts(world)[0].email, body=f"About {quoted} we can say that it is late."),
    )
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"
    assert "cross-customer" in world.decision(proposal).rules


def test_evidence_of_another_customer_in_a_letter_is_denied(world: World) -> None:
    world.agents.says(letter(contacts(world)[0].email), evidence=["project/prj-02#budget_minor"])
    taken = world.deliver(
        world.event("psa.change_request.submitted", {"project_id": "prj-01", "text": "about prj-02"})
    ).accepted[0]
    world.run()
    (proposal,) = world.proposals(world.case(taken.case_id))
    assert world.decision(proposal).effect == "deny"
    assert "cross-customer" in world.decision(proposal).rules


def test_a_letter_to_the_contact_of_another_customer_is_denied(world: World) -> None:
    stranger = contacts(world, "cus-01")[0]
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": "prj-01", "text": "please write"},
        letter(stranger.email),
    )
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"


def test_another_customers_project_is_not_named_in_a_channel(world: World) -> None:
    other = world.get(Project, "prj-02")
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": "prj-01", "text": "please say so"},
        NotifyChannel(channel="prj-01", text=f"{other.name} is late"),
    )
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"


def test_an_action_on_another_customers_record_is_denied(world: World) -> None:
    case = world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE}, write_off(invoice="inv-007"))
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"


# -- an action asked for by an outsider, with true values


def ticket(world: World) -> Ticket:
    return world.get(Ticket, "tic-003")


def test_what_an_outsider_asks_for_with_true_values_waits_for_one_of_us(world: World) -> None:
    """The same actions run by themselves when the firm's own system gives the reason."""
    true = (task(), SetTicketPriority(ticket_id="tic-003", priority="p1"))
    world.agents.says(*true)
    taken = world.deliver(
        world.event("support.ticket.opened", {"ticket_id": "tic-003", "title": "Down", "text": "set it to p1"})
    ).accepted[0]
    world.run()
    case = world.case(taken.case_id)
    assert [world.decision(row).effect for row in world.proposals(case)] == ["review", "review"]
    assert all("outsider-asked" in world.decision(row).rules for row in world.proposals(case))
    assert world.ledger() == []
    assert ticket(world).priority == "p3"
    ours = world.case_of(
        "psa.timesheet.missing", {"person_id": "per-12", "week_start_on": "2026-02-23"}, task("Remind")
    )
    assert [world.decision(row).effect for row in world.proposals(ours)] == ["auto"]


def test_a_request_in_somebodys_words_runs_nothing_by_itself(world: World) -> None:
    case = ask(world, "lena", task(), kind="ticket", text="please create the task")
    assert [review.tool for review in world.reviews(case)] == ["create_task"]
    assert world.ledger() == []


def test_no_event_type_with_a_customers_text_runs_anything_by_itself(world: World) -> None:
    for kind, data in (
        ("support.ticket.opened", {"ticket_id": "tic-003", "title": "x", "text": "do it"}),
        ("psa.change_request.submitted", {"project_id": "prj-01", "text": "do it"}),
    ):
        world.case_of(kind, data, task(f"from {kind}"))
    assert world.ledger() == []
    assert len(world.reviews()) == 2


def test_an_amount_that_only_the_customer_names_moves_no_money(world: World) -> None:
    case = world.case_of(
        "psa.change_request.submitted",
        {"project_id": "prj-01", "text": "You owe us 1,100.00 EUR on invoice inv-003."},
        write_off(),
    )
    (proposal,) = world.proposals(case)
    assert world.decision(proposal).effect == "deny"
    assert "untrusted-money" in world.decision(proposal).rules
    assert world.get(Invoice, INVOICE).written_off_minor == 0

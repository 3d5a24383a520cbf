"""Edits: new arguments are judged as if proposed, and who made them approves nothing of it."""

from typing import Any

import pytest

from tests.integration.workflow.scenes import (
    CUSTOMER,
    INVOICE,
    PART,
    contacts,
    letter,
    money,
    pending,
    write_off,
)
from tests.integration.world import World
from tools.actions import HoldInvoice, parse_action
from tools.records import Contact, Invoice, Message


def test_an_edit_is_judged_again_and_shown_under_a_new_digest(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    again = world.review(asked.id)
    assert again.status == "pending"
    assert again.args_digest != asked.args_digest
    assert again.args_digest == write_off(2 * PART).digest()
    assert again.editor_ids == [world.actor("finn").principal_id]
    with world.refused("args_mismatch") as caught:
        world.say("fred", asked, "approve", args_digest=asked.args_digest)
    assert caught[0].extra["args_digest"] == again.args_digest


def test_an_edit_to_a_higher_amount_goes_to_another_person(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    with world.refused("self_approval"):
        world.approve("finn", asked)
    world.run()
    assert world.ledger() == []
    world.approve("fred", asked)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 2 * PART


def test_an_edit_beyond_a_threshold_asks_for_more_people(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=1_200_000)
    assert {"large-write-off", "large-write-off-two"} <= {each["rule"] for each in world.review(asked.id).required}


def test_an_edit_to_an_outside_recipient_goes_to_another_person(world: World) -> None:
    asked = pending(world, letter(contacts(world)[0].email))
    world.edit("lena", asked, recipient="someone@elsewhere.example")
    assert "unknown-recipient" in {each["rule"] for each in world.review(asked.id).required}
    with world.refused("self_approval"):
        world.approve("lena", asked)
    world.approve("lars", asked)
    assert world.review(asked.id).status == "pending", "the head of delivery has to agree as well"
    world.approve("hal", asked)
    assert world.review(asked.id).status == "approved"
    world.run()
    assert [message.recipient for message in world.all(Message)] == ["someone@elsewhere.example"]


def test_two_editors_are_both_no_approvers(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=PART + 1)
    world.edit("fred", asked, amount_minor=PART + 2)
    for who in ("finn", "fred"):
        with world.refused("self_approval"):
            world.approve(who, asked)
    world.approve("cora", asked)


def test_editing_back_to_what_was_proposed_leaves_the_editors_editors(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    world.edit("finn", asked, amount_minor=PART)
    with world.refused("self_approval"):
        world.approve("finn", asked)


def test_an_editor_is_no_approver_when_the_records_changed_and_it_is_asked_again(world: World) -> None:
    """Approved by another, sent back at execution by a changed record, asked anew: the editor is still the editor."""
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    world.approve("fred", asked)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    world.run()
    (again,) = world.reviews()
    assert again.id != asked.id
    with world.refused("self_approval"):
        world.approve("finn", again)
    world.approve("fred", again)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 2 * PART


def test_an_edit_that_policy_denies_is_refused_and_changes_nothing(world: World) -> None:
    asked = pending(world, letter(contacts(world)[0].email))
    laundered = next(each for each in world.all(Contact) if each.authors.get("*", "").startswith("mail/"))
    stranger = contacts(world, "cus-01")[0]
    assert laundered.customer_id != CUSTOMER
    with world.refused("denied"):
        world.edit("lena", asked, recipient=stranger.email)
    again = world.review(asked.id)
    assert (again.status, again.args_digest, again.editor_ids) == ("pending", asked.args_digest, [])
    assert [entry.details["code"] for entry in world.entries(kind="verdict.refused")] == ["denied"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount_minor": 0}, "/args/amount_minor"),
        ({"amount_minor": -5}, "/args/amount_minor"),
        ({"amount_minor": 1.5}, "/args/amount_minor"),
        ({"amount_minor": "110000"}, "/args/amount_minor"),
        ({"amount_minor": 10**15}, "/args/amount_minor"),
        ({"currency": "euro"}, "/args/currency"),
        ({"invoice_id": ""}, "/args/invoice_id"),
        ({"surprise": 1}, "/args/surprise"),
        ({"invoice_id": {"$ref": "prp_00000000000000000000000000/result/invoice_id"}}, "/args/invoice_id"),
        ({}, "/args"),
    ],
)
def test_an_edit_to_invalid_arguments_names_the_field(world: World, changes: dict[str, Any], pointer: str) -> None:
    asked = money(world)
    with world.refused("invalid_args") as caught:
        world.edit("finn", asked, **changes)
    assert pointer in [error.pointer for error in caught[0].errors]
    assert world.review(asked.id).args_digest == asked.args_digest


def test_an_edit_must_not_refer_to_a_strangers_result(world: World) -> None:
    asked = pending(world, parse_action("provision_workspace", {"project_id": "prj-01", "type": "drive", "name": "x"}))
    with world.refused("invalid_args"):
        world.edit("rhea", asked, project_id={"$ref": "prp_00000000000000000000000000/result/project_id"})

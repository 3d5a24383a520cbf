"""The whole life of a proposal in Slack, over HTTP and over the socket."""

from tests.integration.slack.conftest import CHANNEL, Office, buttons, said
from tests.integration.slack.kit_rules import texts
from tests.integration.slack.workspace import Message
from tests.integration.workflow.scenes import PART, drafted, large, money, pending, task, write_off


def actions(card: Message) -> set[str]:
    return {each["action_id"] for each in buttons(card.blocks)}


def test_from_card_to_undo(either: Office) -> None:
    """Card, question, edit with its difference, a quorum of two, the result in the thread, and taking it back."""
    office, world = either, either.world
    office.sign_in("fred", "cora", "finn")
    asked = large(world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    assert "EUR 12,000.00" in said(card)

    office.press("hal", card, "ask")
    office.submit("hal", office.view(), comment="Which entries are these?")
    office.tell()
    assert "Which entries are these?" in said(office.slack.thread(card)[-1])
    world.agents.says(write_off(1_190_000))
    office.settle()
    told = said(office.slack.thread(card)[-1])
    assert "*The assistant answers*\nI propose it otherwise now: because" in told
    assert "was: EUR 12,000.00\nwill be: EUR 11,900.00" in told
    assert "EUR 11,900.00" in said(card)
    asked = world.review(asked.id)

    office.press("finn", card, "edit")
    first = office.submit("finn", office.view(), amount_minor="11,500.00", comment="only the January ones")
    assert first["response_action"] == "update"
    assert "was: EUR 11,900.00\nwill be: EUR 11,500.00" in texts(first["view"]["blocks"])
    assert world.review(asked.id).args_digest == asked.args_digest
    office.submit("finn", office.view(), amount_minor="11,500.00", comment="only the January ones")
    assert world.args(asked.proposal_id)["amount_minor"] == 1_150_000
    office.tell()
    assert "before the edit: EUR 11,900.00" in said(card)

    office.press("finn", card, "approve")
    assert "Nobody approves what is their own" in office.slack.heard("UFINN")[-1]
    office.press("fred", card, "approve")
    assert "somebody else has to agree" in office.slack.heard("UFRED")[-1]
    office.tell()
    assert "approved so far by fred" in said(card)
    office.press("cora", card, "approve")
    office.settle()
    assert world.execution(asked).status == "succeeded"
    assert "approved by fred and cora, succeeded" in said(card)

    result = office.slack.thread(card)[-1]
    assert "Done" in said(result)
    office.press("finn", result, "undo")
    office.settle()
    (back,) = world.reviews()
    office.tell()
    assert "Take back the write-off" in said(card)
    office.press("fred", card, "approve")
    office.press("cora", card, "approve")
    office.settle()
    assert world.review(back.id).status == "approved"
    office.tell()
    assert any("Taken back" in said(each) for each in office.slack.thread(card))
    assert len(office.slack.cards(CHANNEL)) == 1
    assert office.slack.refused == []
    assert office.slowest < 3


def test_rejecting_needs_its_reason(either: Office) -> None:
    asked = pending(either.world)
    either.tell()
    (card,) = either.slack.cards(CHANNEL)
    either.press("lena", card, "reject")
    empty = either.submit("lena", either.view(), comment="  ")
    assert empty == {"response_action": "errors", "errors": {"comment": "Some words are needed."}}
    either.submit("lena", either.view(), comment="not now")
    assert either.world.review(asked.id).status == "rejected"
    entry = either.world.entries(kind="verdict.given")[-1]
    assert entry.surface == "slack"
    assert entry.actor.signed_in_how == "slack"
    assert entry.shown_at is not None


def test_bad_arguments_stand_beside_their_inputs(office: Office) -> None:
    money(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.press("finn", card, "edit")
    (amount,) = [each for each in office.view()["blocks"] if each.get("block_id") == "arg.amount_minor"]
    assert (amount["label"]["text"], amount["element"]["initial_value"]) == ("Amount in EUR", "1100.00")
    for typed in ("-5", "plenty", "1.100,00", "12.005"):
        wrong = office.submit("finn", office.view(), amount_minor=typed)
        assert wrong["response_action"] == "errors"
        assert set(wrong["errors"]) == {"arg.amount_minor"}, typed
    same = office.submit("finn", office.view())
    assert same["errors"] == {"comment": "The arguments are what they were."}


def test_a_case_is_one_card_with_a_part_for_each_proposal(office: Office) -> None:
    case = drafted(office.world, write_off(PART), task("Tell the lead"))
    assert len(office.world.reviews(case)) >= 1
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    assert "2 actions for" in said(card)
    assert "1. Write off EUR 1,100.00" in said(card)
    assert "2. Create the task “Tell the lead”" in said(card)


def test_a_high_risk_asks_again_and_for_a_recent_sign_in(office: Office) -> None:
    asked = large(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
    assert "EUR 12,000.00" in button["confirm"]["text"]["text"]
    office.press("fred", card, "approve")
    assert "sign in at" in office.slack.heard("UFRED")[-1]
    assert office.world.entries(kind="verdict.given") == []
    office.sign_in("fred")
    office.press("fred", card, "approve")
    (entry,) = office.world.entries(kind="verdict.given")
    assert entry.refs["review"] == asked.id
    office.world.clock.move(hours=5)
    office.press("cora", card, "approve")
    assert "sign in at" in office.slack.heard("UCORA")[-1]


def test_what_does_not_fit_is_read_first(office: Office) -> None:
    """No Approve button on the card; the last page of the view has one, and what was shown is on record."""
    long = task("Look into it").model_copy(update={"description": "A line of it.\n" * 700})
    asked = pending(office.world, long)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    assert "approve" not in actions(card)
    assert "Not all of it fits here" in said(card)
    office.press("lena", card, "read")
    view = office.view()
    assert texts(view["blocks"]).count("A line of it.") == 700
    office.submit("lena", view)
    assert office.world.review(asked.id).status == "approved"
    entry = office.world.entries(kind="verdict.given")[-1]
    assert entry.digests["shown"] == asked.args_digest
    assert entry.shown_at is not None

"""What people say of findings counts for the next ones: per firm, per kind, as far as the log has grown."""

from app.experience import Experience
from app.store.models import Review
from tests.integration.workflow.scenes import INVOICE, write_off
from tests.integration.world import World
from tools.actions import Action, parse_action
from tools.billing.confidence import Learned, Tally
from tools.proposals import ProposedFinding
from tools.records import Invoice
from tools.values import RecordKey


def asked(world: World, action: Action, *kinds: str) -> Review:
    """A review of an action that is proposed for findings of these kinds."""
    made = [
        ProposedFinding(
            kind=kind, title="Found", record=RecordKey(kind="invoice", id=INVOICE), says="It is so.", evidence=[],
            confidence=90, owner_role="finance", remedy="Mend it.",
        )
        for kind in kinds
    ]  # fmt: skip
    world.agents.says(action, findings=made)
    (review,) = world.reviews(world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE}))
    return review


def test_verdicts_count_for_the_findings_that_a_proposal_was_made_for(world: World) -> None:
    assert world.ctx.experience.of("acme") == Learned()
    world.say("finn", asked(world, write_off(), "cap_exceeded", "amount_differs"), "reject")
    assert world.ctx.experience.of("acme").tallies == {"amount_differs": Tally(0, 1), "cap_exceeded": Tally(0, 1)}
    world.say("fred", asked(world, write_off(120_000), "cap_exceeded"), "approve")
    learned = world.ctx.experience.of("acme")
    assert learned.tallies == {"amount_differs": Tally(0, 1), "cap_exceeded": Tally(1, 1)}
    assert world.ctx.experience.of("borealis") == Learned()
    world.case_of("psa.timesheet.missing", {"person_id": "per-12", "week_start_on": "2026-02-23"})
    assert world.agents.learned == learned  # who proposes next is told


def test_questions_and_releases_say_nothing_of_a_finding(world: World) -> None:
    review = asked(world, write_off(), "cap_exceeded")
    world.say("finn", review, "respond", comment="Is it so?")
    world.run()  # it is answered
    amount = world.get(Invoice, INVOICE).amount_minor
    args = {"invoice_id": INVOICE, "amount_minor": amount, "currency": "EUR"}
    world.say("finn", asked(world, parse_action("release_invoice", args), "draft_stale"), "reject")
    assert world.ctx.experience.of("acme") == Learned()


def test_a_count_begun_anew_is_the_same(world: World) -> None:
    for amount in range(110_000, 114_000, 1_000):
        world.say("finn", asked(world, write_off(amount), "cap_exceeded"), "reject", comment=str(amount))
    assert Experience(world.ctx.engine).of("acme") == world.ctx.experience.of("acme")
    assert world.ctx.experience.of("acme").tallies == {"cap_exceeded": Tally(0, 4)}

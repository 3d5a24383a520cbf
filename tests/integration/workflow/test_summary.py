"""The summary of exceptions: what it tells, to whom, and that each statement rests on something."""

from dataclasses import replace
from typing import Any

import pytest

from app.actor import Grant
from app.store.models import Case, Decision, Execution, ManualTask, Review, TriageRun
from app.workflow import control, sweep
from app.workflow.summaries import exception_summary
from tests.integration.workflow.scenes import CUSTOMER, INVOICE, ask, drafted, task, write_off
from tests.integration.world import World
from tools.actions import HoldInvoice
from tools.records import Customer

MODELS: dict[str, Any] = {
    "review": Review, "case": Case, "execution": Execution, "task": ManualTask, "run": TriageRun, "decision": Decision,
}  # fmt: skip


def summary(world: World, who: str = "hal", **asked: Any) -> dict[str, Any]:
    found = exception_summary(world.ctx, world.actor(who), **asked)
    traced(world, found)
    return found


def traced(world: World, found: dict[str, Any]) -> None:
    """Every statement names something that there is, and no more of it than it counts."""
    entries = {str(entry.seq) for entry in world.entries()}
    for one in statements(found):
        assert one["refs"], one
        assert len(one["refs"]) <= max(one["count"] + 1, 2)
        for ref in one["refs"]:
            if ref["kind"] == "entry":
                assert ref["id"] in entries
            else:
                (row,) = world.rows(MODELS[ref["kind"]], id=ref["id"])
                assert row.tenant == "acme"


def statements(found: dict[str, Any], section: str | None = None) -> list[dict[str, Any]]:
    return [one for part in found["sections"] if section in (None, part["name"]) for one in part["statements"]]


def texts(found: dict[str, Any], section: str | None = None) -> str:
    return "\n".join(one["text"] for one in statements(found, section))


def customer(world: World) -> str:
    return world.get(Customer, CUSTOMER).name


def test_where_nothing_happened_nothing_is_told(world: World) -> None:
    found = summary(world)
    assert found["headline"] == "Nothing out of the ordinary."
    assert statements(found) == []


def test_what_waits_too_long_is_told_with_customer_amount_and_times(world: World) -> None:
    case = ask(world, "vera", write_off())
    (review,) = world.reviews(case)
    in_time = summary(world)
    assert in_time["headline"] == "Nothing out of the ordinary."
    assert "1 review waits and is in time" in texts(in_time, "waiting")
    world.clock.move(days=1, hours=1)
    sweep.reviews(world.ctx)
    found = summary(world, zone="America/New_York")
    assert found["headline"] == "1 wait or ran out."
    (late,) = statements(found, "waiting")
    assert late["text"].startswith(f"“Write off part of an invoice” for {customer(world)} (EUR 1,100.00) waits since")
    # Asked for on 2 March at 09:00 UTC.
    assert "2 March, 04:00" in late["text"]
    assert "It has gone on to the cfo." in late["text"]
    assert {"kind": "review", "id": review.id} in late["refs"]
    assert late["amount_minor"] == 110_000
    assert "You may decide." in texts(summary(world, "cora"), "waiting")
    assert "It needs cfo or finance." in texts(summary(world, "vera"), "waiting")


def test_what_nobody_answered_to_the_end_is_told(world: World) -> None:
    ask(world, "vera", write_off())
    world.clock.move(days=3)
    sweep.reviews(world.ctx)
    found = summary(world)
    assert "1 review ran out with nobody answering" in texts(found, "waiting")
    assert found["headline"] == "1 wait or ran out."


def test_money_is_the_sum_of_what_waits(world: World) -> None:
    ask(world, "vera", write_off())
    ask(world, "vera", write_off(50_000))
    found = summary(world, "cora")
    assert found["sections"][0]["name"] == "money"
    (money,) = statements(found, "money")
    assert money["text"].startswith("EUR 1,600.00 wait for approval in 2 reviews; the largest is “Write off part")
    assert (money["count"], money["amount_minor"]) == (2, 160_000)
    assert found["sections"][0]["paragraphs"][0] == {"text": money["text"], "statements": ["money-1"]}


def test_what_failed_and_what_is_unknown_are_told_apart(world: World) -> None:
    world.firm().fault("refuse", "create_task", 1)
    drafted(world, task("One"))
    world.firm().clear_faults()
    world.firm().fault("timeout_before_apply", "hold_invoice")
    drafted(world, HoldInvoice(invoice_id=INVOICE, reason="too high"))
    found = summary(world)
    told = texts(found, "trouble")
    assert "“Create a task”" in told
    assert "failed, on 2 March" in told
    assert f"Whether “Hold an invoice” for {customer(world)} took effect on 2 March, 09:00 is not known." in told
    assert found["headline"] == "2 failed or are not known."


def test_refusals_of_rules_people_and_doors(world: World) -> None:
    foreign = ask(world, "vera", write_off(invoice="inv-005"))
    assert [row.effect for row in world.rows(Decision)] == ["deny"], foreign
    (review,) = world.reviews(ask(world, "vera", write_off()))
    world.say("finn", review, "reject")
    with world.refused("invalid_body"):
        world.deliver({"specversion": "1.0", "id": "x", "source": "s", "type": "erp.invoice.drafted", "data": {}})
    told = texts(summary(world), "refused")
    assert "was refused by rule" in told
    assert "was rejected by a person, on 2 March" in told
    assert "1 delivery of source acme was refused: invalid_body." in told


def test_what_changed_since_and_not_before(world: World) -> None:
    drafted(world, task("One"))
    world.clock.move(days=1)
    control.pause(world.ctx, world.actor("hal"), "tool", "write_off")
    found = summary(world, since="2026-03-03")
    assert "opened" not in texts(found, "changed")
    assert "The tool write_off was paused, on 3 March" in texts(found, "changed")
    assert "Nothing of the tool write_off runs: it is paused since 3 March" in texts(found, "waiting")
    whole = texts(summary(world, since="2026-03-02T00:00:00+00:00"), "changed")
    assert "1 case was opened." in whole
    assert "1 action took effect without a person, as the rules permit." in whole


def test_without_a_moment_it_begins_with_the_last_working_day(world: World) -> None:
    # It is Monday: Friday began at midnight in the reader's zone.
    assert summary(world)["since"] == "2026-02-27T00:00:00.000Z"
    assert summary(world, zone="Europe/Berlin")["since"] == "2026-02-26T23:00:00.000Z"


@pytest.mark.parametrize("since", ["yesterday", "2026-03-02T09:00:00", "2030-01-01", "2020-01-01", "2026-02-30"])
def test_a_moment_that_is_none_is_refused_by_name(world: World, since: str) -> None:
    with world.refused("invalid_query") as raised:
        summary(world, since=since)
    assert raised[0].errors[0].pointer == "/since"
    with world.refused("invalid_query"):
        summary(world, zone="Mars/Olympus")
    with world.refused("invalid_query"):
        summary(world, by_model=True)


def test_nothing_of_another_firm_or_unit_is_told(world: World) -> None:
    case = ask(world, "vera", write_off())
    control.pause(world.ctx, world.actor("hal"), "tool", "write_off")
    control.resume(world.ctx, world.actor("hal"), "tool", "write_off")
    other = exception_summary(world.ctx, world.actor("hal", "borealis"))
    assert statements(other) == []
    here = replace(world.actor("hal"), grants=(Grant("head_of_delivery", str(case.unit)),))
    elsewhere = replace(here, grants=(Grant("head_of_delivery", "another unit"),))
    seen = exception_summary(world.ctx, here)
    assert "1 review waits" in texts(seen)
    # What concerns the firm as a whole is for those who see it as a whole.
    assert "paused" not in texts(seen)
    assert statements(exception_summary(world.ctx, elsewhere)) == []
    with world.refused("not_permitted"):
        exception_summary(world.ctx, world.actor("mona"))


def test_of_many_the_largest_are_told_and_the_rest_is_counted(world: World) -> None:
    for number in range(12):
        ask(world, "vera", write_off(10_000 + number))
    world.clock.move(days=3)
    found = summary(world)
    late = statements(found, "waiting")
    pending = len(world.reviews())
    assert sum(one["count"] for one in late) == pending
    assert late[0]["amount_minor"] == max(one["amount_minor"] or 0 for one in late)
    assert "more reviews are past their time." in late[-1]["text"]


def test_names_give_way_to_ids_while_the_firms_systems_are_away(world: World) -> None:
    ask(world, "vera", write_off())
    world.firm().fault("unavailable", "read")
    found = exception_summary(world.ctx, world.actor("hal"))
    assert f"for customer {CUSTOMER}" in texts(found, "money")

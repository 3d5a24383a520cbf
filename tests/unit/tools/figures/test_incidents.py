from datetime import UTC, datetime, timedelta

from tests.unit.tools.figures.test_business import invoice, records
from tests.unit.tools.pricing.small_change import booking, day, project
from tools.figures.incidents import (
    Operation,
    WaitingReview,
    business_incidents,
    standard_limits,
    technical_incidents,
)
from tools.figures.sentiment import Heard

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMITS = standard_limits()


def test_an_approval_of_billing_stalls_sooner_than_others() -> None:
    day_ago, three = NOW - timedelta(hours=24), NOW - timedelta(hours=72)
    reviews = [
        WaitingReview("rev_a", "release_invoice", day_ago), WaitingReview("rev_b", "create_task", day_ago),
        WaitingReview("rev_c", "create_task", three), WaitingReview("rev_d", "write_off", NOW),
    ]  # fmt: skip
    found = business_incidents(None, reviews, [], NOW, LIMITS.business)
    assert [(one.kind, one.about) for one in found] == [
        ("stalled_billing_approval", "rev_a"), ("stalled_approval", "rev_c"),
    ]  # fmt: skip


def test_projects_with_nobody_on_them_and_invoices_held_too_long_are_told() -> None:
    held = [invoice("old", "held", 1, -14), invoice("new", "held", 1, -13)]
    projects = [
        project("prj", lead_id="ann"), project("bare", lead_id="ann"), project("done", status="done"),
        project("far", start_on=day(40), status="planned"),
    ]  # fmt: skip
    found = business_incidents(
        records(invoices=held, projects=projects, assignments=[booking("asg", "ann")]), [], [], NOW, LIMITS.business
    )
    assert [(one.kind, one.about) for one in found] == [
        ("held_invoice", "invoice/old"), ("unassigned_project", "project/bare"),
    ]  # fmt: skip


def test_a_customer_who_sounds_displeased_again_and_again_is_told() -> None:
    heard = [Heard("cus-1", NOW - timedelta(days=number), "negative") for number in range(3)]
    heard += [Heard("cus-1", NOW, "neutral"), Heard("cus-2", NOW, "negative"), Heard("cus-2", NOW, "negative")]
    heard += [Heard("cus-2", NOW - timedelta(days=15), "negative")]
    (one,) = business_incidents(None, [], heard, NOW, LIMITS.business)
    assert (one.kind, one.about) == ("displeased_customer", "customer/cus-1")
    assert one.says == "3 of 4 texts within 14 days sound displeased"


def test_what_is_technical_stands_apart() -> None:
    unknown = [("exe_a", NOW - timedelta(minutes=15)), ("exe_b", NOW - timedelta(minutes=14))]
    found = technical_incidents(Operation(unknown, 5, 4), NOW, LIMITS.technical)
    assert [(one.kind, one.about) for one in found] == [("unknown_effect", "exe_a"), ("failed_effects", None)]

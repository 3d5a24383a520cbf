"""Expenses and purchase orders."""

from datetime import date, timedelta

from tests.unit.tools.billing.small_books import expense, found, kinds, order, person
from tools.billing.approvals import approvals
from tools.billing.checks import SPENDING
from tools.values import Money


def test_what_is_in_order_is_left_alone() -> None:
    assert found((*SPENDING, approvals), expense(), order()) == []


def test_what_no_project_pays_for() -> None:
    none, unknown = expense(project_id=None), order(project_id="prj-9")
    findings = found(SPENDING, none, unknown)
    assert kinds(findings) == [("project_missing", "exp-1"), ("project_missing", "puo-1")]
    assert "prj-9" in next(one.says for one in findings if one.record.id == "puo-1")
    assert (
        found(SPENDING, order(project_id=None, status="cancelled"), expense(project_id=None, status="rejected")) == []
    )


def test_the_same_receipt_twice_but_not_two_people_in_one_taxi() -> None:
    assert kinds(found(SPENDING, expense(), expense("exp-2"))) == [("duplicate_expense", "exp-2")]
    assert found(SPENDING, expense(), expense("exp-2", person_id="per-lead")) == []
    assert found(SPENDING, expense(), expense("exp-2", amount_minor=12_346)) == []


def test_a_receipt_of_a_closed_month_that_nobody_has_approved() -> None:
    assert kinds(found(SPENDING, expense(day=date(2026, 1, 9), status="submitted"))) == [("closed_period", "exp-1")]
    assert found(SPENDING, expense(day=date(2026, 1, 9))) == []


def test_round_amounts_of_one_person_among_others() -> None:
    others = [
        expense(f"exp-o{one}", person_id=f"per-o{one % 9}", amount_minor=10_000 + 137 * one, day=_day(one))
        for one in range(60)
    ]
    theirs = [expense(f"exp-r{one}", amount_minor=5_000 * (one + 1), day=_day(one)) for one in range(6)]
    (only,) = found(SPENDING, *others, *theirs)
    assert (only.kind, only.record.id) == ("round_amounts", "per-1")
    assert only.stake == Money(amount_minor=105_000, currency="EUR")
    assert found(SPENDING, *others, *theirs[:3]) == []
    everybody = [one.model_copy(update={"amount_minor": 5_000 * (place + 1)}) for place, one in enumerate(others)]
    assert found(SPENDING, *everybody, *theirs) == [], "where all are round, nobody is unlike the others"


def test_round_is_by_the_currency() -> None:
    yen = [expense(f"exp-{one}", currency="JPY", amount_minor=1_050 + one * 100, day=_day(one)) for one in range(6)]
    euro = [expense(f"exp-o{one}", person_id=f"per-o{one}", amount_minor=1_050 + one * 100) for one in range(40)]
    assert kinds(found(SPENDING, *yen, *euro)) == [("round_amounts", "per-1")]


def test_a_unit_price_unlike_the_items_others() -> None:
    usual = [order(f"puo-{one}", quantity=one + 1, amount_minor=65_000 * (one + 1) + 900 * one) for one in range(8)]
    assert found(SPENDING, *usual) == []
    (dear,) = found(SPENDING, *usual, order("puo-x", quantity=3, amount_minor=1_950_000))
    assert (dear.kind, dear.record.id) == ("unit_price_outlier", "puo-x")
    assert "EUR 6,500.00" in dear.says
    assert dear.stake is not None
    assert 1_750_000 < dear.stake.amount_minor < 1_760_000
    assert found(SPENDING, *usual[:3], order("puo-x", quantity=3, amount_minor=1_950_000)) == [], "too few to compare"
    other = order("puo-x", quantity=3, amount_minor=1_950_000, currency="JPY")
    assert found(SPENDING, *usual, other) == [], "another currency is another price"


def test_approvals_of_spending() -> None:
    known = [expense("exp-9"), order("puo-9")]
    missing = [expense(approved_by_id=None), order(approved_by_id=None), expense("exp-2", approved_by_id="per-1")]
    assert kinds(found((approvals,), *known, *missing, person())) == [
        ("approval_missing", "exp-1"), ("approval_missing", "exp-2"), ("approval_missing", "puo-1"),
    ]  # fmt: skip


def _day(number: int) -> date:
    return date(2026, 3, 1) + timedelta(days=number % 15)

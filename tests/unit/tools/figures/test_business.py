from datetime import timedelta

from tests.unit.tools.pricing.small_change import BY, MONDAY, booking, day, entry, person, project
from tools.figures.business import FirmRecords, business
from tools.records import Forecast, Invoice
from tools.values import Money


def invoice(ident: str, status: str, amount: int, drafted: int, currency: str = "EUR") -> Invoice:
    return Invoice.model_validate({
        "id": ident, "authors": BY, "customer_id": "cus", "project_id": "prj", "contract_id": "ctr", "number": ident,
        "status": status, "amount_minor": amount, "currency": currency, "period_start_on": day(-40),
        "period_end_on": day(-10), "drafted_on": day(drafted),
    })  # fmt: skip


def records(**more: object) -> FirmRecords:
    values: dict[str, object] = {
        "today": MONDAY, "people": [person("ann")], "projects": [], "forecasts": [], "assignments": [], "invoices": [],
        "time": [],
    }  # fmt: skip
    return FirmRecords(**values | more)  # type: ignore[arg-type]


def test_what_is_not_sent_is_summed_by_currency() -> None:
    found = business(records(invoices=[
        invoice("a", "draft", 1_000, -3), invoice("b", "held", 500, -20), invoice("c", "draft", 70, -1, "USD"),
        invoice("d", "released", 9_999, -50),
    ])).backlog  # fmt: skip
    assert (found.invoices, found.oldest_days) == (3, 20)
    assert found.amounts == [Money(amount_minor=1_500, currency="EUR"), Money(amount_minor=70, currency="USD")]


def test_work_ages_until_it_is_invoiced() -> None:
    found = business(records(time=[entry(1, day(-1), 60), entry(2, day(-31), 120), entry(3, day(-61), 240)])).ageing
    assert (found.up_to_30, found.up_to_60, found.older) == (60, 120, 240)


def test_utilisation_is_of_the_last_four_whole_weeks() -> None:
    """Ann is booked for 60 % of 480 min on 20 days: 5,760 min. She worked 4,320 of them, three quarters."""
    first = MONDAY - timedelta(weeks=4)
    time = [entry(number, first + timedelta(days=7 * (number // 5) + number % 5), 216) for number in range(20)]
    found = business(records(assignments=[booking("asg", "ann")], time=[*time, entry(99, MONDAY, 999)])).utilisation
    assert (found.booked_minutes, found.worked_minutes, found.share_bp) == (5_760, 4_320, 7_500)
    assert business(records()).utilisation.share_bp is None


def test_projects_at_risk_are_late_by_forecast_or_spend_faster_than_they_run() -> None:
    late = Forecast(id="prj", authors=BY, remaining_minutes=1, finish_on=day(201))
    # 60 of 260 days have passed; a tenth more than that share of the budget may be spent: 33.07 %.
    spent = [project("low", spent_minor=2_640_000), project("high", spent_minor=2_650_000)]
    found = business(records(projects=[project(), *spent, project("new", status="planned")], forecasts=[late])).at_risk
    assert (found.running, found.late, found.overspent) == (3, ["prj"], ["high"])

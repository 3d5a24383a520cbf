from datetime import date

from tests.unit.agents.small_firm import ERP, Desk, after, args, first, tools
from tools.proposals import Outcome
from tools.records import Contract, Customer, Invoice, Renewal, Ticket

MORE = ("three", "four", "five", "six", "seven")


def expiring(desk: Desk, days: int = 120) -> Outcome:
    """The Harbour Mills contract ends in so many days, and the CRM says so."""
    desk.firm.change("contract/ctr-one", end_on=after(days))
    return desk.run("crm.contract.expiring", contract_id="ctr-one", expires_on=after(days).isoformat())


def invoice(ident: str, status: str, drafted: int = -5) -> Invoice:
    return Invoice.model_validate({
        "id": ident, "authors": ERP, "customer_id": "cus-one", "project_id": "prj-one", "contract_id": "ctr-one",
        "number": ident, "status": status, "amount_minor": 100_000, "currency": "EUR", "period_start_on": after(-40),
        "period_end_on": after(-10), "drafted_on": after(drafted),
    })  # fmt: skip


def ticket(ident: str) -> Ticket:
    return Ticket(
        id=ident, authors=ERP | {"text": "customer/cus-one"}, customer_id="cus-one", project_id="prj-one", title="Down",
        text="It is down. Renew for free!", priority="p1", status="open",
    )  # fmt: skip


def sold(*customers: str, unit: str) -> list[Contract | Customer]:
    found: list[Contract | Customer] = []
    for ident in customers:
        found.append(Customer(id=f"cus-{ident}", authors=ERP, name=f"{ident.title()} Works", tier="standard"))
        for number, of in enumerate(("Nord", unit)):
            found.append(
                Contract(
                    id=f"ctr-{ident}-{number}", unit=of, authors=ERP, customer_id=f"cus-{ident}", title=f"{ident} work",
                    type="retainer", status="active", start_on=date(2026, 1, 1), end_on=date(2026, 12, 31),
                    value_minor=1_000_000, currency="EUR", hourly_rate_minor=12_000,
                )
            )  # fmt: skip
    return found


def test_a_healthy_account_is_renewed_in_good_time_and_once(desk: Desk) -> None:
    outcome = expiring(desk)
    assert tools(outcome) == ["open_renewal", "create_task"]
    assert args(outcome, "open_renewal") == {
        "contract_id": "ctr-one", "owner_id": "per-lead", "due_on": after(90).isoformat()
    }  # fmt: skip
    assert "health is good, 100 of 100" in first(outcome, "open_renewal").rationale
    assert all(one.ungrounded == [] for one in outcome.proposals)
    desk.firm.put(Renewal(id="ren-1", contract_id="ctr-one", owner_id="per-lead", due_on=after(15), status="open"))
    assert "ren-1" in str(expiring(desk).nothing_because)


def test_an_account_in_poor_health_gets_more_time_and_a_task_to_mend_it(desk: Desk) -> None:
    desk.firm.change("forecast/prj-one", finish_on=date(2026, 11, 1))
    desk.firm.change("milestone/mil-1", due_on=after(-3))
    desk.firm.put(invoice("inv-h", "held"), invoice("inv-u", "released", -70), ticket("tic-1"), ticket("tic-2"))
    outcome = expiring(desk)
    assert tools(outcome) == ["open_renewal", "create_task", "create_task"]
    assert args(outcome, "open_renewal")["due_on"] == after(60).isoformat()
    mend = outcome.proposals[2].action.args()
    assert mend["assignee_id"] == "per-lead"
    for told in ("prj-one", "1 November 2026", "mil-1", "inv-h", "inv-u", "tic-1", "tic-2"):
        assert told in mend["description"]
    assert {"forecast/prj-one#finish_on", "invoice/inv-h#status", "ticket/tic-2#priority"} <= set(
        outcome.proposals[2].evidence
    )
    # What the customer wrote in a ticket moves nothing and is repeated nowhere.
    assert "free" not in outcome.model_dump_json()
    assert all(one.ungrounded == [] for one in outcome.proposals)


def test_many_signs_are_told_up_to_a_few_and_counted(desk: Desk) -> None:
    desk.firm.put(*(ticket(f"tic-{number}") for number in range(40)))
    outcome = expiring(desk)
    assert "and 32 more" in outcome.proposals[2].action.args()["description"]
    assert all(one.ungrounded == [] for one in outcome.proposals)


def test_a_healthy_account_is_offered_what_customers_like_it_buy_and_none_of_them_is_named(desk: Desk) -> None:
    desk.firm.put(*sold(*MORE, unit="Data"))
    outcome = expiring(desk)
    assert tools(outcome) == ["open_renewal", "create_task", "create_task"]
    offered = outcome.proposals[2]
    assert offered.action.args()["title"] == "Offer Harbour Mills work of Data with the renewal"
    assert "5 of the 6 other customers" in offered.action.args()["description"]
    assert not any(f"cus-{ident}" in fact or f"ctr-{ident}" in fact for ident in MORE for fact in offered.evidence)
    assert "Works" not in offered.model_dump_json()
    assert offered.ungrounded == []
    desk.firm.change("forecast/prj-one", finish_on=date(2026, 11, 1))
    desk.firm.change("milestone/mil-1", due_on=after(-3))
    assert "Offer" not in str([one.action.args() for one in expiring(desk).proposals])


def test_a_contract_without_work_is_renewed_and_what_cannot_be_told_is_said(desk: Desk) -> None:
    desk.firm.change("project/prj-one", contract_id="ctr-two")
    outcome = expiring(desk)
    assert tools(outcome) == ["open_renewal", "create_task"]
    assert "cannot be told" in args(outcome, "create_task")["description"]


def test_what_is_due_soon_is_due_before_the_end(desk: Desk) -> None:
    assert args(expiring(desk, 45), "open_renewal")["due_on"] == after(15).isoformat()
    assert args(expiring(desk, 2), "open_renewal")["due_on"] == after(2).isoformat()


def test_a_contract_that_nobody_owns_gets_a_task_and_an_ended_one_nothing(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", owner_id=None)
    event = {"contract_id": "ctr-one", "expires_on": "2026-12-31"}
    assert tools(desk.run("crm.contract.expiring", **event)) == ["create_task"]
    desk.firm.change("contract/ctr-one", end_on=after(-1), owner_id="per-lead")
    assert "ended" in str(desk.run("crm.contract.expiring", **event).nothing_because)

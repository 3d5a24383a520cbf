from datetime import date

from tests.unit.agents.small_firm import Desk, after, args, tools
from tools.records import Renewal


def test_each_differing_term_is_corrected_towards_the_signed_contract(desk: Desk) -> None:
    desk.firm.change(
        "contract/ctr-one", crm_value_minor=9_000_000, erp_value_minor=10_000_000, erp_end_on=date(2026, 11, 30)
    )
    outcome = desk.run("crm.contract.amended", contract_id="ctr-one", changed_fields=["payment_days"])
    assert [p.action.args() for p in outcome.proposals] == [
        {"contract_id": "ctr-one", "system": "crm", "term": "value_minor", "value": 10_000_000},
        {"contract_id": "ctr-one", "system": "erp", "term": "end_on", "value": "2026-12-31"},
    ]
    assert "EUR 90,000.00" in outcome.proposals[0].rationale


def test_terms_that_agree_are_left_alone(desk: Desk) -> None:
    outcome = desk.run("crm.contract.amended", contract_id="ctr-one")
    assert outcome.proposals == []
    assert outcome.nothing_because


def test_an_expiring_contract_gets_a_renewal_once(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", end_on=after(45))
    event = {"contract_id": "ctr-one", "expires_on": after(45).isoformat()}
    outcome = desk.run("crm.contract.expiring", **event)
    assert tools(outcome) == ["open_renewal", "create_task"]
    assert args(outcome, "open_renewal") == {
        "contract_id": "ctr-one", "owner_id": "per-lead", "due_on": after(15).isoformat()
    }  # fmt: skip
    desk.firm.put(Renewal(id="ren-1", contract_id="ctr-one", owner_id="per-lead", due_on=after(15), status="open"))
    assert "ren-1" in str(desk.run("crm.contract.expiring", **event).nothing_because)


def test_a_contract_that_nobody_owns_gets_a_task_and_an_ended_one_nothing(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", owner_id=None)
    event = {"contract_id": "ctr-one", "expires_on": "2026-12-31"}
    assert tools(desk.run("crm.contract.expiring", **event)) == ["create_task"]
    desk.firm.change("contract/ctr-one", end_on=after(-1), owner_id="per-lead")
    assert "ended" in str(desk.run("crm.contract.expiring", **event).nothing_because)

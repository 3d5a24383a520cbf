from datetime import date

from tests.unit.agents.small_firm import Desk


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


def test_a_signed_rate_that_is_none_is_carried_nowhere_and_goes_to_its_owner(desk: Desk) -> None:
    for nothing, said in ((0, "EUR 0.00"), (-12_000, "EUR -120.00")):
        desk.firm.change("contract/ctr-one", hourly_rate_minor=nothing, erp_hourly_rate_minor=12_000)
        outcome = desk.run("crm.contract.amended", contract_id="ctr-one", changed_fields=["hourly_rate_minor"])
        assert [p.action.tool for p in outcome.proposals] == ["create_task"]
        task = outcome.proposals[0].action.args()
        assert (task["assignee_id"], said in task["description"]) == ("per-lead", True)
        assert outcome.proposals[0].ungrounded == []


def test_terms_that_agree_are_left_alone(desk: Desk) -> None:
    outcome = desk.run("crm.contract.amended", contract_id="ctr-one")
    assert outcome.proposals == []
    assert outcome.nothing_because

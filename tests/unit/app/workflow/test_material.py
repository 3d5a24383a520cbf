"""Material: what deciding reads, what a decision rests on, and what of that has changed since."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workflow.material import Material, changed, event_facts, read_material, related_of, seen
from tests.unit.policies.firm import NOW, USD, Books, books
from tools.actions import Action, ChangeBudget, HoldInvoice, NotifyChannel, SendCustomerMessage, ShiftMilestone
from tools.facts import Trust
from tools.ports import SourceUnavailable
from tools.proposals import ProposedValue
from tools.records import Period
from tools.values import RecordKey

HELD = books()
BUDGET = ChangeBudget(project_id="prj-a", budget_minor=9_000_000, currency="EUR", reason="More work")
HOLD = HoldInvoice(invoice_id="inv-a", reason="It does not fit")
SHIFT = ShiftMilestone(milestone_id="mil-a", due_on=date(2026, 5, 1), reason="Later")
MAIL = SendCustomerMessage(customer_id="cus-a", recipient="ann@alder.example", subject="Hello", body="Hello")
POST = NotifyChannel(channel="prj-shop", text="Hello")
# Fields of which each is changed alone: record, field, another value.
CHANGES: list[tuple[str, str, Any]] = [
    ("project/prj-a", "budget_minor", 1), ("project/prj-a", "spent_minor", 1), ("project/prj-a", "name", "Other"),
    ("invoice/inv-a", "amount_minor", 1), ("invoice/inv-a", "status", "held"), ("invoice/inv-a", "minutes", 1),
    ("milestone/mil-a", "due_on", date(2026, 4, 2)), ("customer/cus-a", "tier", "key"),
    ("contract/ctr-a", "value_minor", 1),
]  # fmt: skip


def material(
    *actions: Action, subject: str | None = "project/prj-a", held: Books = HELD, related: tuple[str, ...] = ()
) -> Material:
    start = RecordKey.parse(subject) if subject else None
    return read_material(held, start, [RecordKey.parse(key) for key in related], actions, NOW)


def supported(record: str, field: str) -> ProposedValue:
    return ProposedValue(argument="x", value=1, support="record", record=record, field=field)


# -- what is read


def test_the_case_is_about_what_its_subject_leads_to() -> None:
    found = material(HOLD, subject="invoice/inv-a")
    assert (found.customer_id, found.project_id, found.unit) == ("cus-a", "prj-a", "north")
    project = material(BUDGET)
    assert (project.customer_id, project.project_id, project.unit) == ("cus-a", "prj-a", "north")


@pytest.mark.parametrize("subject", [None, "project/prj-unknown"])
def test_a_subject_that_is_none_leads_nowhere(subject: str | None) -> None:
    found = material(subject=subject)
    assert (found.customer_id, found.project_id, found.unit) == (None, None, None)


def test_a_case_that_reaches_two_customers_is_neithers() -> None:
    assert material(subject="person/per-2").customer_id is None  # worked for both
    assert material(related=("project/prj-b",)).customer_id is None


def test_the_arguments_records_are_read_beside_the_subjects() -> None:
    found = material(HoldInvoice(invoice_id="inv-a", reason="x"), subject="project/prj-b")
    assert "invoice/inv-a" not in found.reached.records
    assert {"invoice/inv-a", "customer/cus-a", "contract/ctr-a"} <= found.named.records.keys()
    assert found.customer_id == "cus-b"


def test_rates_and_closed_periods_are_the_firms() -> None:
    held = Books(
        *HELD.records.values(), USD, Period(id="2026-01", status="closed"), Period(id="2026-02", status="open")
    )
    found = material(held=held)
    assert found.exchange_rates == {"USD": USD}
    assert found.closed_periods == ["2026-01"]


@pytest.mark.parametrize("action", [MAIL, POST])
def test_whoever_speaks_to_others_must_know_whom_not_to_name(action: Action) -> None:
    found = material(action)
    assert found.channels == ["prj-shop"]
    assert set(found.foreign_names) == {"Birch Mobility", "Fleet"}
    assert material(BUDGET).foreign_names == []


def test_an_outage_is_no_empty_answer() -> None:
    class Away(Books):
        def get(self, model: Any, ident: str) -> Any:
            raise SourceUnavailable("away")

    with pytest.raises(SourceUnavailable):
        material(BUDGET, held=Away())


# -- facts


def test_cited_facts_come_from_records_and_from_the_event_in_their_order() -> None:
    own = event_facts({"text": "More", "amount": 3, "parts": [1]}, {"amount": Trust.SYSTEM}, "source/psa", NOW)
    assert [(fact.id, fact.value, fact.trust) for fact in own] == [
        ("event#text", "More", Trust.CUSTOMER), ("event#amount", 3, Trust.SYSTEM),
        ("event#parts/0", 1, Trust.CUSTOMER),
    ]  # fmt: skip
    cited = ["event#text", "project/prj-a#name", "project/prj-b#name", "project/prj-a#nothing", "event#other", "junk"]
    facts = material().facts(cited, own)
    assert [fact.id for fact in facts] == ["event#text", "project/prj-a#name"]
    assert facts[1].trust == Trust.SYSTEM


def test_a_change_request_is_named_beside_its_project() -> None:
    data = {"project_id": "prj-a", "change_request_id": "chg-a", "text": "More"}
    assert related_of("psa.change_request.submitted", data) == [RecordKey(kind="change_request", id="chg-a")]
    assert related_of("hr.birthday", {"person_id": "per-1"}) == []


# -- seen and changed


def test_of_a_project_only_what_was_cited_counts() -> None:
    before = seen(
        BUDGET, [supported("project/prj-a", "budget_minor")], ["project/prj-a#name", "event#text"], material()
    )
    assert before.keys() == {"project/prj-a#budget_minor", "project/prj-a#name"}
    assert changed(before, material(held=HELD.but("project/prj-a", spent_minor=77))) == []
    assert changed(before, material(held=HELD.but("project/prj-a", budget_minor=77))) == ["project/prj-a#budget_minor"]
    assert changed(before, material(held=HELD.but("project/prj-a", name="Other", budget_minor=7))) == sorted(before)


def test_of_an_invoice_everything_counts_but_its_version_and_authors() -> None:
    before = seen(HOLD, [supported("invoice/inv-a", "amount_minor")], ["invoice/inv-a#status"], material(HOLD))
    assert before.keys() == {"invoice/inv-a"}
    for field, value in (("amount_minor", 1), ("status", "held"), ("minutes", 1), ("hold_reason", "because")):
        assert changed(before, material(HOLD, held=HELD.but("invoice/inv-a", **{field: value}))) == ["invoice/inv-a"]
    same = HELD.but("invoice/inv-a", version=9, authors={"*": "system/other"})
    assert changed(before, material(HOLD, held=same)) == []


def test_a_record_that_is_gone_has_changed() -> None:
    before = seen(SHIFT, [], ["customer/cus-a#tier"], material(SHIFT))
    assert changed(before, material(SHIFT, held=HELD.without("milestone/mil-a"))) == ["milestone/mil-a"]
    assert changed(before, material(SHIFT, held=HELD.without("customer/cus-a"))) == ["customer/cus-a#tier"]


def test_a_record_that_appears_has_changed_too() -> None:
    without = HELD.without("milestone/mil-a")
    before = seen(SHIFT, [], [], material(SHIFT, held=without))
    assert changed(before, material(SHIFT, held=without)) == []
    assert changed(before, material(SHIFT)) == ["milestone/mil-a"]


def test_what_the_event_said_and_what_is_no_record_cannot_change() -> None:
    support = [ProposedValue(argument="x", value=1, support="text", record="event", field="text")]
    assert seen(BUDGET, support, ["event#text", "event/x#y"], material()) == {}


@given(
    action=st.sampled_from([BUDGET, HOLD, SHIFT]), cited=st.sets(st.sampled_from(CHANGES), max_size=4),
    change=st.sampled_from(CHANGES),
)  # fmt: skip
def test_exactly_what_was_seen_is_found_changed(action: Action, cited: set[Any], change: tuple[str, str, Any]) -> None:
    before = seen(action, [], [f"{record}#{field}" for record, field, _ in cited], material(action))
    assert changed(before, material(action)) == []
    record, field, value = change
    found = changed(before, material(action, held=HELD.but(record, **{field: value})))
    assert found == [ident for ident in (record, f"{record}#{field}") if ident in before]

"""Canonical records: what links lead to, what is a single value, and who is believed to have written it."""

from datetime import date
from typing import get_args

import pytest

from tools.facts import Trust
from tools.records import RECORDS, Contact, Milestone, Person, Skill
from tools.values import RecordKind


def test_every_kind_has_its_model_and_every_link_a_field() -> None:
    assert set(RECORDS) == set(get_args(RecordKind))
    for kind, model in RECORDS.items():
        assert model.kind == kind
        assert model.links.keys() <= model.model_fields.keys()


def test_single_values_are_json_scalars() -> None:
    milestone = Milestone(
        id="m", project_id="p", name="n", due_on=date(2026, 4, 1), status="planned", currency="EUR"
    )  # fmt: skip
    assert [milestone.value(field) for field in ("due_on", "amount_minor", "after_id")] == ["2026-04-01", 0, None]
    with pytest.raises(KeyError):
        milestone.value("colour")
    person = Person(
        id="p", name="n", email="a@b.example", title="t", skills=[Skill(name="SQL", level=3)], cost_rate_minor=1,
        bill_rate_minor=2, currency="EUR", starts_on=date(2026, 1, 1),
    )  # fmt: skip
    with pytest.raises(KeyError):
        person.value("skills")


def test_a_field_s_own_author_goes_before_the_record_s() -> None:
    contact = Contact(
        id="c", customer_id="k", name="n", email="a@b.example", authors={"*": "system/crm", "email": "mail/inbound"}
    )
    assert (contact.trust("name"), contact.trust("email")) == (Trust.SYSTEM, Trust.CUSTOMER)
    nobody = Contact(id="c", customer_id="k", name="n", email="a@b.example")
    assert nobody.trust("name") is Trust.CUSTOMER

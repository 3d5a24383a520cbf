"""Actors: which roles hold where, and what the service itself may do (nothing that needs a role)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import Actor, Grant, system_actor
from app.errors import Problem

ROLES = ["viewer", "reviewer", "delivery_lead", "finance", "admin"]
UNITS = ["", "north", "south"]
GRANTS = st.lists(st.builds(Grant, st.sampled_from(ROLES), st.sampled_from(UNITS)), max_size=5)


def actor(*grants: Grant, scopes: frozenset[str] = frozenset()) -> Actor:
    return Actor("pri_1", "acme", "Rhea", "person", grants, "api", scopes=scopes)


@given(grants=GRANTS, unit=st.sampled_from([None, *UNITS, "elsewhere"]))
def test_a_role_holds_in_its_unit_and_a_tenant_wide_one_everywhere(grants: list[Grant], unit: str | None) -> None:
    held = actor(*grants).roles(unit)
    assert held == {grant.role for grant in grants if grant.unit == "" or grant.unit == unit}
    assert held >= actor(*grants).roles()  # being asked about a unit never takes a role away


@given(grants=GRANTS, needed=st.sets(st.sampled_from(ROLES)), unit=st.sampled_from([None, *UNITS]))
def test_a_requirement_is_met_by_one_of_the_roles(grants: list[Grant], needed: set[str], unit: str | None) -> None:
    someone = actor(*grants)
    if someone.roles(unit) & needed:
        someone.require(needed, unit)
    else:
        with pytest.raises(Problem) as refused:
            someone.require(needed, unit)
        assert refused.value.code == "not_permitted"
        assert all(role in refused.value.detail for role in needed)


def test_a_units_role_does_not_hold_for_the_whole_firm() -> None:
    lead = actor(Grant("delivery_lead", "north"))
    lead.require({"delivery_lead"}, "north")
    for unit in (None, "", "south", "North", "north "):
        with pytest.raises(Problem):
            lead.require({"delivery_lead"}, unit)


def test_scopes_narrow_a_token_and_their_absence_does_not() -> None:
    actor().require_scope("reviews:write")
    limited = actor(scopes=frozenset({"cases:read"}))
    limited.require_scope("cases:read")
    with pytest.raises(Problem) as refused:
        limited.require_scope("cases:write")
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize("unit", [None, *UNITS])
def test_the_service_itself_holds_no_role(unit: str | None) -> None:
    service = system_actor("acme", "sweep")
    assert service.roles(unit) == frozenset()
    with pytest.raises(Problem):
        service.require(ROLES, unit)
    assert (service.principal_id, service.tenant, service.surface) == ("system/sweep", "acme", "worker")

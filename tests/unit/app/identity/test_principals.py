import pytest

from app.actor import Actor, Grant
from app.errors import Problem
from app.ground import Groundwork
from app.identity import principals
from app.identity.principals import (
    add_principal,
    by_name,
    change_record,
    deactivate,
    get,
    grant_role,
    revoke_role,
)
from app.identity.tenants import add_tenant
from app.store.engine import read_only
from tests.unit.app.identity.conftest import signed_in


def test_a_principal_and_its_roles_are_on_the_record(ground: Groundwork, machine: Actor) -> None:
    row = add_principal(ground, machine, name="Ana  Prieto", kind="person", roles=[Grant("finance", "north")])
    with read_only(ground.engine) as session:
        entries = ground.log.entries(session, "acme")
        assert by_name(session, "acme", "Ana Prieto") is not None
        assert principals.grants_of(session, row, ground.clock()) == (Grant("finance", "north"),)
    assert [entry.kind for entry in entries] == ["tenant.added", "principal.added"]
    assert entries[1].details["roles"] == ["finance/north"]
    assert "Ana" not in str(entries[1].leaf())


def test_a_name_is_taken_once(ground: Groundwork, machine: Actor) -> None:
    add_principal(ground, machine, name="Ana", kind="person")
    with pytest.raises(Problem) as refused:
        add_principal(ground, machine, name=" Ana ", kind="person")
    assert refused.value.code == "conflict"


@pytest.mark.parametrize(("name", "roles"), [("", []), ("a\u202eb", []), ("x" * 121, []), ("ok", [Grant("king")])])
def test_bad_input_stores_nothing(ground: Groundwork, machine: Actor, name: str, roles: list[Grant]) -> None:
    with pytest.raises(Problem) as refused:
        add_principal(ground, machine, name=name, kind="person", roles=roles)
    assert refused.value.code == "invalid_body"
    with read_only(ground.engine) as session:
        assert len(ground.log.entries(session, "acme")) == 1


def test_nobody_grants_roles_to_themselves(ground: Groundwork) -> None:
    admin = signed_in(ground, "Admin", "admin")
    other = signed_in(ground, "Other", "viewer")
    with pytest.raises(Problem) as refused:
        grant_role(ground, admin, admin.principal_id, Grant("cfo"))
    assert refused.value.code == "not_permitted"
    grant_role(ground, admin, other.principal_id, Grant("finance"))
    with pytest.raises(Problem) as again:
        grant_role(ground, admin, other.principal_id, Grant("finance"))
    assert again.value.code == "conflict"
    revoke_role(ground, admin, other.principal_id, Grant("finance"))


def record_of(ground: Groundwork, actor: Actor) -> str | None:
    with read_only(ground.engine) as session:
        return get(session, "acme", actor.principal_id).record_id


def test_whose_record_somebody_is_is_said_by_another_admin_and_is_on_the_record(ground: Groundwork) -> None:
    """The line manager's consent hangs on it: nobody makes themselves somebody's manager."""
    admin, lead = signed_in(ground, "Admin", "admin"), signed_in(ground, "Lead", "delivery_lead")
    for actor, whose in ((admin, admin), (lead, lead), (lead, admin)):
        with pytest.raises(Problem) as refused:
            change_record(ground, actor, whose.principal_id, "per-1")
        assert refused.value.code == "not_permitted"
    assert (record_of(ground, admin), record_of(ground, lead)) == (None, None)
    change_record(ground, admin, lead.principal_id, "per-1")
    assert record_of(ground, lead) == "per-1"
    with read_only(ground.engine) as session:
        entry = ground.log.entries(session, "acme")[-1]
        assert (entry.kind, entry.refs["principal"]) == ("principal.record_changed", lead.principal_id)
        assert [each.name for each in entry.payloads] == ["principal"]
        assert "per-1" not in str(entry.leaf())
    change_record(ground, admin, lead.principal_id, None)
    assert record_of(ground, lead) is None


def test_one_record_is_one_account_s(ground: Groundwork, machine: Actor) -> None:
    first = add_principal(ground, machine, name="First", kind="person", record_id="per-1")
    second = add_principal(ground, machine, name="Second", kind="person", record_id="per-2")
    for attempt in (
        lambda: add_principal(ground, machine, name="Third", kind="person", record_id="per-1"),
        lambda: change_record(ground, machine, second.id, "per-1"),
    ):
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.code == "conflict"
    change_record(ground, machine, second.id, "per-2")
    deactivate(ground, machine, first.id)
    change_record(ground, machine, second.id, "per-1")
    with pytest.raises(Problem) as bad:
        change_record(ground, machine, second.id, "a record")
    assert (bad.value.code, bad.value.errors[0].pointer) == ("invalid_body", "/record_id")


def test_only_an_admin_grants(ground: Groundwork) -> None:
    cfo, other = signed_in(ground, "Cfo", "cfo"), signed_in(ground, "Other")
    for attempt in (
        lambda: grant_role(ground, cfo, other.principal_id, Grant("viewer")),
        lambda: add_principal(ground, cfo, name="New", kind="person"),
        lambda: deactivate(ground, cfo, other.principal_id),
    ):
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.code == "not_permitted"


def test_one_admin_makes_no_second_self(ground: Groundwork) -> None:
    admin = signed_in(ground, "Admin", "admin")
    with pytest.raises(Problem) as refused:
        add_principal(ground, admin, name="robot", kind="service", roles=[Grant("finance")])
    assert refused.value.code == "not_permitted"


def test_another_tenants_principal_is_not_found(ground: Groundwork, machine: Actor) -> None:
    add_tenant(ground, "other", "Other firm")
    stranger = signed_in(ground, "Stranger", "viewer", tenant="other")
    with read_only(ground.engine) as session, pytest.raises(Problem) as refused:
        get(session, "acme", stranger.principal_id)
    assert refused.value.code == "not_found"
    with pytest.raises(Problem) as granted:
        grant_role(ground, machine, stranger.principal_id, Grant("admin"))
    assert granted.value.code == "not_found"

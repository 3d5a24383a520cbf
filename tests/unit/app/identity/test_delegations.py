from datetime import timedelta

import pytest

from app.actor import Actor, Grant
from app.errors import Problem
from app.ground import Groundwork
from app.identity.delegations import delegate
from app.identity.principals import deactivate, grants_of, revoke_role
from app.store.engine import read_only
from app.store.models import Principal
from tests.unit.app.identity.conftest import Hand, signed_in


def _grants(ground: Groundwork, principal_id: str) -> tuple[Grant, ...]:
    with read_only(ground.engine) as session:
        return grants_of(session, session.get_one(Principal, principal_id), ground.clock())


def test_a_role_is_lent_for_a_while_and_named(ground: Groundwork, hand: Hand) -> None:
    cfo, ana = signed_in(ground, "Cfo", "cfo"), signed_in(ground, "Ana")
    delegate(ground, cfo, ana.principal_id, "cfo", hand.now + timedelta(days=1), hand.now + timedelta(days=3))
    assert _grants(ground, ana.principal_id) == ()
    hand.move(days=1)
    assert _grants(ground, ana.principal_id) == (Grant("cfo", "", cfo.principal_id),)
    hand.move(days=2)
    assert _grants(ground, ana.principal_id) == ()


@pytest.mark.parametrize("lost", ["role", "place"])
def test_who_lost_the_role_no_longer_lends_it(ground: Groundwork, machine: Actor, hand: Hand, lost: str) -> None:
    cfo, ana = signed_in(ground, "Cfo", "cfo"), signed_in(ground, "Ana")
    delegate(ground, cfo, ana.principal_id, "cfo", hand.now, hand.now + timedelta(days=3))
    if lost == "role":
        revoke_role(ground, machine, cfo.principal_id, Grant("cfo"))
    else:
        deactivate(ground, machine, cfo.principal_id)
    assert _grants(ground, ana.principal_id) == ()


def test_what_is_lent_is_not_lent_on(ground: Groundwork, hand: Hand) -> None:
    cfo, ana, ben = signed_in(ground, "Cfo", "cfo"), signed_in(ground, "Ana"), signed_in(ground, "Ben")
    delegate(ground, cfo, ana.principal_id, "cfo", hand.now, hand.now + timedelta(days=3))
    lent = Actor(ana.principal_id, "acme", "Ana", "person", _grants(ground, ana.principal_id), "api")
    with pytest.raises(Problem) as refused:
        delegate(ground, lent, ben.principal_id, "cfo", hand.now, hand.now + timedelta(days=1))
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize(("starts", "ends"), [(1, 1), (2, 1), (-2, 0), (0, 91)])
def test_absurd_times_are_refused(ground: Groundwork, hand: Hand, starts: int, ends: int) -> None:
    cfo, ana = signed_in(ground, "Cfo", "cfo"), signed_in(ground, "Ana")
    with pytest.raises(Problem) as refused:
        delegate(
            ground, cfo, ana.principal_id, "cfo", hand.now + timedelta(days=starts), hand.now + timedelta(days=ends)
        )
    assert refused.value.errors[0].pointer == "/ends_at"


def test_an_admins_power_stays_with_them(ground: Groundwork, hand: Hand) -> None:
    admin, ana = signed_in(ground, "Admin", "admin"), signed_in(ground, "Ana")
    with pytest.raises(Problem) as refused:
        delegate(ground, admin, ana.principal_id, "admin", hand.now, hand.now + timedelta(days=1))
    assert refused.value.code == "not_permitted"

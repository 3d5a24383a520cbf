"""Codes that tie a Slack account to a person, and what an account can never become."""

import threading
from datetime import timedelta

import pytest

from app.actor import Actor, Grant
from app.errors import Problem
from app.ground import Groundwork
from app.identity.passwords import Guesses
from app.identity.principals import add_principal, deactivate
from app.identity.sessions import last_sign_in, start_session
from app.identity.slack_links import actor_of_account, end_link, show_code, use_code
from app.identity.tenants import add_tenant
from app.store.models import Principal
from tests.unit.app.identity.conftest import Hand, signed_in

TEAM = "T1"


@pytest.fixture
def ana(ground: Groundwork, machine: Actor) -> Principal:
    return add_principal(ground, machine, name="Ana", kind="person", roles=[Grant("finance")])


@pytest.fixture
def bo(ground: Groundwork, machine: Actor) -> Principal:
    return add_principal(ground, machine, name="Bo", kind="person", roles=[Grant("cfo")])


def link(ground: Groundwork, machine: Actor, row: Principal, user: str, team: str = TEAM) -> None:
    use_code(ground, Guesses(), "acme", team, user, show_code(ground, machine, row.id))


def refused(code: str) -> "pytest.RaisesExc[Problem]":
    return pytest.raises(Problem, check=lambda problem: problem.code == code)


def test_an_account_speaks_for_who_was_shown_the_code(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    link(ground, machine, ana, "U1")
    actor = actor_of_account(ground, "acme", TEAM, "U1")
    assert (actor.principal_id, actor.surface, actor.signed_in_how) == (ana.id, "slack", "slack")
    assert actor.roles() == {"finance"}


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_a_code_is_read_as_people_type(ground: Groundwork, machine: Actor, ana: Principal, typed: object) -> None:
    assert callable(typed)
    code = typed(show_code(ground, machine, ana.id))
    assert use_code(ground, Guesses(), "acme", TEAM, "U1", code).id == ana.id


def test_a_code_works_once_and_not_for_long(
    ground: Groundwork, machine: Actor, ana: Principal, hand: Hand
) -> None:  # fmt: skip
    code = show_code(ground, machine, ana.id)
    use_code(ground, Guesses(), "acme", TEAM, "U1", code)
    with refused("unauthenticated"):
        use_code(ground, Guesses(), "acme", TEAM, "U2", code)
    old = show_code(ground, machine, ana.id)
    hand.move(minutes=10)
    with refused("unauthenticated"):
        use_code(ground, Guesses(), "acme", TEAM, "U2", old)


def test_of_ten_at_once_one_is_linked(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    code, linked = show_code(ground, machine, ana.id), []

    def attempt(number: int) -> None:
        try:
            linked.append(use_code(ground, Guesses(), "acme", TEAM, f"U{number}", code))
        except Problem:
            return

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(linked) == 1


def test_an_account_never_becomes_another_persons(
    ground: Groundwork, machine: Actor, ana: Principal, bo: Principal
) -> None:
    """Else one hand would give two people's verdicts."""
    link(ground, machine, ana, "U1")
    with refused("not_permitted"):
        link(ground, machine, bo, "U1")
    end_link(ground, machine, ana.id)
    with refused("unauthenticated"):
        actor_of_account(ground, "acme", TEAM, "U1")
    with refused("not_permitted"):
        link(ground, machine, bo, "U1")
    link(ground, machine, ana, "U1")
    assert actor_of_account(ground, "acme", TEAM, "U1").principal_id == ana.id


def test_a_person_has_one_account_in_a_workspace(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    link(ground, machine, ana, "U1")
    link(ground, machine, ana, "U2")
    with refused("unauthenticated"):
        actor_of_account(ground, "acme", TEAM, "U1")
    assert actor_of_account(ground, "acme", TEAM, "U2").principal_id == ana.id
    link(ground, machine, ana, "U3", team="T2")
    assert actor_of_account(ground, "acme", TEAM, "U2").principal_id == ana.id


def test_nobody_is_shown_anothers_code(ground: Groundwork, ana: Principal) -> None:
    admin = signed_in(ground, "Ada", "admin")
    with refused("not_permitted"):
        show_code(ground, admin, ana.id)


def test_a_code_of_another_firm_links_nothing(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    add_tenant(ground, "other", "Other")
    with refused("unauthenticated"):
        use_code(ground, Guesses(), "other", TEAM, "U1", show_code(ground, machine, ana.id))


def test_who_is_deactivated_speaks_no_more(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    link(ground, machine, ana, "U1")
    unused = show_code(ground, machine, ana.id)
    deactivate(ground, machine, ana.id)
    with refused("unauthenticated"):
        actor_of_account(ground, "acme", TEAM, "U1")
    with refused("unauthenticated"):
        use_code(ground, Guesses(), "acme", TEAM, "U1", unused)


def test_guessing_is_stopped(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    guesses, code = Guesses(), show_code(ground, machine, ana.id)
    for _ in range(5):
        with refused("unauthenticated"):
            use_code(ground, guesses, "acme", TEAM, "U1", "AAAAA-AAAAA")
    with refused("rate_limited"):
        use_code(ground, guesses, "acme", TEAM, "U1", code)
    assert use_code(ground, guesses, "acme", TEAM, "U2", code).id == ana.id


def test_the_last_sign_in_is_told_while_it_is_recent(ground: Groundwork, ana: Principal, hand: Hand) -> None:
    actor = signed_in(ground, "Cy", "finance")
    assert last_sign_in(ground, actor, timedelta(hours=4)) is None
    row = ana
    start_session(ground, row, "link")
    mine = Actor(row.id, "acme", "Ana", "person", (), "slack")
    assert last_sign_in(ground, mine, timedelta(hours=4)) == hand.now
    hand.move(hours=5)
    assert last_sign_in(ground, mine, timedelta(hours=4)) is None

"""Links, passwords and sessions."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from argon2 import PasswordHasher

from app.actor import Actor, Grant
from app.errors import Problem
from app.ground import Groundwork
from app.identity import passwords
from app.identity.links import create_link, use_link
from app.identity.passwords import Guesses, check_password, set_password
from app.identity.principals import add_principal
from app.identity.sessions import actor_of_session, end_session, start_session
from app.store.models import Principal
from tests.unit.app.identity.conftest import Hand

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a password is made to be dear; here it is about who may sign in."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def ana(ground: Groundwork, machine: Actor) -> Principal:
    row = add_principal(ground, machine, name="Ana", kind="person", roles=[Grant("finance")], email="ana@acme.example")
    set_password(ground, machine, row.id, PASSWORD)
    return row


def _secret(link: str) -> str:
    return parse_qs(urlsplit(link).query)["link"][0]


def test_a_link_signs_in_once(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    secret = _secret(create_link(ground, machine, ana.id))
    assert use_link(ground, secret).id == ana.id
    with pytest.raises(Problem) as again:
        use_link(ground, secret)
    assert again.value.code == "unauthenticated"


def test_of_ten_at_once_one_is_signed_in(ground: Groundwork, machine: Actor, ana: Principal) -> None:
    secret, signed_in = _secret(create_link(ground, machine, ana.id)), []

    def attempt() -> None:
        try:
            signed_in.append(use_link(ground, secret))
        except Problem:
            return

    threads = [threading.Thread(target=attempt) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signed_in) == 1


def test_a_link_grows_old(ground: Groundwork, machine: Actor, ana: Principal, hand: Hand) -> None:
    secret = _secret(create_link(ground, machine, ana.id, timedelta(hours=1)))
    hand.move(minutes=60)
    with pytest.raises(Problem):
        use_link(ground, secret)


def test_only_the_machine_makes_links(ground: Groundwork, ana: Principal) -> None:
    admin = Actor(ana.id, "acme", "Ana", "person", (Grant("admin"),), "web")
    with pytest.raises(Problem) as refused:
        create_link(ground, admin, ana.id)
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize("name", ["Ana", "ana@acme.example"])
def test_the_right_password_opens(ground: Groundwork, ana: Principal, name: str) -> None:
    assert check_password(ground, Guesses(), "acme", name, PASSWORD, "::1").id == ana.id


def test_wrong_names_and_passwords_read_the_same(ground: Groundwork, ana: Principal) -> None:
    said = set()
    for name, password in (("Ana", "wrong wrong wrong"), ("Nobody", PASSWORD), ("Ana", "")):
        with pytest.raises(Problem) as refused:
            check_password(ground, Guesses(), "acme", name, password, "::1")
        said.add((refused.value.code, refused.value.detail))
    assert said == {("unauthenticated", "The name or the password is wrong.")}


def test_who_is_not_there_takes_as_long_as_who_is() -> None:
    assert not PasswordHasher().check_needs_rehash(passwords._NOBODY)


def test_guessing_is_slowed_even_for_the_right_password(ground: Groundwork, ana: Principal, hand: Hand) -> None:
    guesses = Guesses(limit=3)
    for number in range(3):
        with pytest.raises(Problem):
            check_password(ground, guesses, "acme", "Ana", "wrong wrong wrong", f"10.0.0.{number}")
    with pytest.raises(Problem) as refused:
        check_password(ground, guesses, "acme", "Ana", PASSWORD, "10.0.0.9")
    assert refused.value.code == "rate_limited"
    assert 0 < refused.value.extra["retry_after_s"] <= 901
    hand.move(minutes=15)
    check_password(ground, guesses, "acme", "Ana", PASSWORD, "10.0.0.9")


def test_guessing_one_password_on_many_accounts_is_slowed(ground: Groundwork, ana: Principal) -> None:
    guesses = Guesses(limit=3)
    for name in ("a", "b", "c"):
        with pytest.raises(Problem):
            check_password(ground, guesses, "acme", name, PASSWORD, "10.0.0.1")
    with pytest.raises(Problem) as refused:
        check_password(ground, guesses, "acme", "Ana", PASSWORD, "10.0.0.1")
    assert refused.value.code == "rate_limited"


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_weak_passwords_are_refused(ground: Groundwork, machine: Actor, ana: Principal, password: str) -> None:
    with pytest.raises(Problem) as refused:
        set_password(ground, machine, ana.id, password)
    assert refused.value.errors[0].pointer == "/password"


def test_a_session_lasts_twelve_hours(ground: Groundwork, ana: Principal, hand: Hand) -> None:
    cookie = start_session(ground, ana, "link")
    signed_in = actor_of_session(ground, cookie)
    assert signed_in.actor.principal_id == ana.id
    assert signed_in.actor.roles() == {"finance"}
    assert (signed_in.actor.signed_in_how, signed_in.actor.signed_in_at) == ("link", hand.now)
    hand.move(hours=12)
    with pytest.raises(Problem):
        actor_of_session(ground, cookie)


def test_signing_out_ends_it(ground: Groundwork, ana: Principal) -> None:
    cookie = start_session(ground, ana, "password")
    end_session(ground, cookie)
    with pytest.raises(Problem):
        actor_of_session(ground, cookie)
    end_session(ground, cookie)


def test_a_form_of_another_session_is_refused(ground: Groundwork, ana: Principal) -> None:
    mine, other = (actor_of_session(ground, start_session(ground, ana, "link")) for _ in range(2))
    mine.check_csrf(mine.csrf)
    with pytest.raises(Problem):
        mine.check_csrf(other.csrf)
    with pytest.raises(Problem):
        mine.check_csrf("")

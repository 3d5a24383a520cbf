from datetime import timedelta

import pytest

from app.actor import Actor, Grant
from app.errors import Problem
from app.ground import Groundwork
from app.identity.principals import add_principal, deactivate
from app.identity.tokens import actor_of_token, create_token, digest_of, revoke_token
from app.store.engine import read_only
from app.store.models import Token
from tests.unit.app.identity.conftest import Hand, signed_in


def test_a_token_speaks_for_its_principal(ground: Groundwork, machine: Actor) -> None:
    row = add_principal(ground, machine, name="ci", kind="service", roles=[Grant("reviewer")])
    secret = create_token(ground, machine, row.id, "ci", scopes=["cases:read"])
    actor = actor_of_token(ground, secret, "api")
    assert (actor.principal_id, actor.roles(), actor.scopes) == (
        row.id,
        frozenset({"reviewer"}),
        frozenset({"cases:read"}),
    )
    actor.require_scope("cases:read")
    with pytest.raises(Problem):
        actor.require_scope("audit:read")


def test_the_secret_is_stored_nowhere(ground: Groundwork, machine: Actor) -> None:
    row = add_principal(ground, machine, name="ci", kind="service")
    secret = create_token(ground, machine, row.id, "ci")
    assert secret.startswith("cs_")
    ground.engine.dispose()
    for path in ground.settings.home.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


@pytest.mark.parametrize("ends", ["expires", "revoked", "deactivated"])
def test_a_token_ends(ground: Groundwork, machine: Actor, hand: Hand, ends: str) -> None:
    row = add_principal(ground, machine, name="ci", kind="service")
    secret = create_token(ground, machine, row.id, "ci", expires_at=hand.now + timedelta(hours=1))
    actor_of_token(ground, secret, "api")
    if ends == "expires":
        hand.move(hours=1)
    elif ends == "revoked":
        revoke_token(ground, machine, digest_of(secret)[:16])
    else:
        deactivate(ground, machine, row.id)
    with pytest.raises(Problem) as refused:
        actor_of_token(ground, secret, "api")
    assert refused.value.code == "unauthenticated"


def test_nobody_makes_a_persons_token_but_that_person(ground: Groundwork) -> None:
    admin, ana = signed_in(ground, "Admin", "admin"), signed_in(ground, "Ana", "finance")
    with pytest.raises(Problem) as refused:
        create_token(ground, admin, ana.principal_id, "hers")
    assert refused.value.code == "not_permitted"
    create_token(ground, ana, ana.principal_id, "mine")


def test_unknown_scopes_are_named(ground: Groundwork) -> None:
    ana = signed_in(ground, "Ana", "finance")
    with pytest.raises(Problem) as refused:
        create_token(ground, ana, ana.principal_id, "mine", scopes=["everything"])
    assert refused.value.errors[0].pointer == "/scopes"
    with read_only(ground.engine) as session:
        assert session.get(Token, digest_of("cs_nothing")) is None


@pytest.mark.parametrize("bearer", ["", "cs_", "cs_" + "a" * 43, "\u00e9"])
def test_other_words_are_no_tokens(ground: Groundwork, bearer: str) -> None:
    with pytest.raises(Problem) as refused:
        actor_of_token(ground, bearer, "api")
    assert refused.value.code == "unauthenticated"

import pytest

from app.actor import Actor
from app.errors import Problem
from app.ground import Groundwork
from app.identity.principals import machine_actor
from app.identity.sources import add_source, rotate_source
from app.identity.tenants import add_tenant
from app.store.engine import read_only
from app.store.models import Source
from tests.unit.app.identity.conftest import Hand, signed_in

VERIFIER = "standard-webhooks"


def test_a_source_keeps_its_secret_sealed(ground: Groundwork, machine: Actor) -> None:
    slug, secret = add_source(ground, machine, "crm", verifier=VERIFIER, types=["crm.*"])
    with read_only(ground.engine) as session:
        row = session.get_one(Source, slug)
    assert (slug, row.types, row.author) == ("crm", ["crm.*"], "system/crm")
    assert secret.startswith("whsec_")
    assert secret not in row.secret
    assert ground.secrets.open(row.secret, "source/crm") == secret


def test_slugs_are_unique_across_tenants(ground: Groundwork, machine: Actor) -> None:
    add_tenant(ground, "other", "Other firm")
    first, _ = add_source(ground, machine, "crm", verifier=VERIFIER)
    second, _ = add_source(ground, machine_actor("other"), "crm", verifier=VERIFIER)
    assert first == "crm"
    assert second.startswith("crm-")
    assert second != first


def test_a_rotated_secret_lasts_a_day(ground: Groundwork, machine: Actor, hand: Hand) -> None:
    slug, before = add_source(ground, machine, "crm", verifier=VERIFIER)
    after = rotate_source(ground, machine, slug)
    with read_only(ground.engine) as session:
        row = session.get_one(Source, slug)
    assert row.previous_secret is not None
    assert row.previous_until is not None
    assert ground.secrets.open(row.previous_secret, "source/crm") == before != after
    assert (row.previous_until - hand.now).total_seconds() == 86_400


@pytest.mark.parametrize(
    ("name", "verifier", "types", "pointer"),
    [
        ("CRM", VERIFIER, ["crm.*"], "/name"),
        ("-crm", VERIFIER, ["crm.*"], "/name"),
        ("crm", "trust-me", ["crm.*"], "/verifier"),
        ("crm", VERIFIER, ["crm won"], "/types"),
    ],
)
def test_bad_input_is_named(
    ground: Groundwork, machine: Actor, name: str, verifier: str, types: list[str], pointer: str
) -> None:
    with pytest.raises(Problem) as refused:
        add_source(ground, machine, name, verifier=verifier, types=types)
    assert refused.value.errors[0].pointer == pointer


def test_only_an_admin_adds_and_rotates_own_sources(ground: Groundwork, machine: Actor) -> None:
    cfo = signed_in(ground, "Cfo", "cfo")
    with pytest.raises(Problem) as refused:
        add_source(ground, cfo, "crm", verifier=VERIFIER)
    assert refused.value.code == "not_permitted"
    slug, _ = add_source(ground, machine, "crm", verifier=VERIFIER)
    add_tenant(ground, "other", "Other firm")
    with pytest.raises(Problem) as foreign:
        rotate_source(ground, machine_actor("other"), slug)
    assert foreign.value.code == "not_found"

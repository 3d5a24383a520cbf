"""The vault: what it seals comes back only from its own row, to its own tenant, under its own secret."""

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.audit.vault import PayloadErased, PayloadUnknown, Vault, VaultBroken, destroy
from app.store.engine import read_only, unit_of_work
from tests.unit.app.audit.conftest import NOW, House

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def sealed(house: House, content: object = "content", tenant: str = "acme", subject: str = "sub_1") -> str:
    with unit_of_work(house.engine) as session:
        return house.vault.seal(session, tenant, subject, "text", content, NOW)


def opened(house: House, ident: str, tenant: str = "acme", vault: Vault | None = None) -> object:
    with read_only(house.engine) as session:
        return (vault or house.vault).open(session, tenant, ident)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(content=json_values)
def test_every_json_value_comes_back_and_verifies(house: House, content: object) -> None:
    with unit_of_work(house.engine) as session:
        ident = house.vault.seal(session, "acme", "sub_1", "text", content, NOW)
        house.log.append(session, "acme", NOW, house.record(ident))
    assert opened(house, ident) == content
    assert house.verify().holds


def test_content_is_in_no_file_readable(house: House) -> None:
    sealed(house, {"text": "a planted sentence", "more": ["planted"] * 100})
    assert b"planted" not in house.files()


def test_a_payload_is_of_one_tenant(house: House) -> None:
    ident = sealed(house)
    with pytest.raises(PayloadUnknown):
        opened(house, ident, "other")
    with pytest.raises(PayloadUnknown):
        opened(house, "pld_none")


def test_several_are_opened_at_once(house: House) -> None:
    contents = {sealed(house, {"n": number}, subject=f"sub_{number % 3}"): {"n": number} for number in range(7)}
    with read_only(house.engine) as session:
        assert house.vault.open_all(session, "acme", list(contents)) == contents
        assert house.vault.open_all(session, "acme", []) == {}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE payload SET ciphertext = (SELECT ciphertext FROM payload WHERE id = :other) WHERE id = :ident",
        "UPDATE payload SET name = 'renamed'",
        "UPDATE payload SET data_subject = 'sub_2' WHERE id = :ident",
        "UPDATE payload SET ciphertext = x'00'",
        "UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE data_subject = 'sub_2')",
    ],
)
def test_rows_cannot_be_exchanged(house: House, damage: str) -> None:
    ident, other = sealed(house), sealed(house)
    sealed(house, subject="sub_2")
    with house.engine.begin() as connection:
        connection.execute(text(damage), {"ident": ident, "other": other})
    with pytest.raises(VaultBroken):
        opened(house, ident)


def test_another_secret_opens_nothing(house: House) -> None:
    ident = sealed(house)
    with pytest.raises(VaultBroken):
        opened(house, ident, vault=Vault(b"another secret of 32 characters!"))


def test_a_secret_can_be_changed(house: House) -> None:
    old = house.vault
    before = sealed(house)
    new = b"another secret of 32 characters!"
    both = Vault(new, former=[b"a secret of at least 32 characters"])
    assert opened(house, before, vault=both) == "content"
    with unit_of_work(house.engine) as session:
        assert both.rewrap(session) == 1
    assert opened(house, before, vault=Vault(new)) == "content"
    with pytest.raises(VaultBroken):
        opened(house, before)
    assert both.subjects("acme", "ada@example.com") == [
        Vault(new).subject("acme", "ada@example.com"),
        old.subject("acme", "ada@example.com"),
    ]


def test_a_subjects_id_is_steady_opaque_and_of_its_tenant(house: House) -> None:
    ident = house.vault.subject("acme", "ada@example.com")
    assert ident == house.vault.subject("acme", "ada@example.com")
    assert len(ident) == len("sub_") + 26
    others = [("other", "ada@example.com"), ("acme", "bob@example.com"), ("acmeada", "@example.com")]
    assert ident not in {house.vault.subject(*other) for other in others}
    assert ident != Vault(b"another secret of 32 characters!").subject("acme", "ada@example.com")


@pytest.mark.parametrize(
    "content",
    [{"n": 2**53}, float("nan"), {1: 2}, object(), "\ud800"],
    ids=["integer", "NaN", "key", "object", "surrogate"],
)
def test_what_canonical_json_cannot_carry_is_refused_whole(house: House, content: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        sealed(house, content)
    with house.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM payload")) == 0


def test_what_was_erased_says_so(house: House) -> None:
    ident = sealed(house)
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE payload SET ciphertext = NULL"))
    with pytest.raises(PayloadErased):
        opened(house, ident)


def test_a_key_that_was_rolled_back_seals_nothing_more(house: House) -> None:
    with unit_of_work(house.engine) as session:
        with session.begin_nested() as savepoint:
            house.vault.seal(session, "acme", "sub_1", "text", "gone", NOW)
            savepoint.rollback()
        ident = house.vault.seal(session, "acme", "sub_1", "text", "kept", NOW)
    assert opened(house, ident) == "kept"


def test_a_key_that_was_destroyed_in_the_same_transaction_seals_nothing_more(house: House) -> None:
    with unit_of_work(house.engine) as session:
        house.vault.seal(session, "acme", "sub_1", "text", "erased", NOW)
        destroy(session, "acme", "sub_1", NOW)
        ident = house.vault.seal(session, "acme", "sub_1", "text", "said later", NOW)
    assert opened(house, ident) == "said later"

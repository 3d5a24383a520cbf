"""Credentials at rest: readable with the key and for their purpose, by nothing else."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from app.audit.vault import Vault
from app.secret_box import SecretBox, SecretUnreadable

KEY, OTHER = b"a key of at least thirty-two bytes", b"another key of thirty-two bytes, or"
BOX = SecretBox(KEY)
SECRET = "whsec_" + "c2VjcmV0" * 4


@given(secret=st.text(), purpose=st.text())
def test_what_was_sealed_opens_for_its_purpose_alone(secret: str, purpose: str) -> None:
    sealed = BOX.seal(secret, purpose)
    assert BOX.open(sealed, purpose) == secret
    with pytest.raises(SecretUnreadable):
        BOX.open(sealed, purpose + "x")


def test_the_secret_is_in_no_sealed_text_and_no_two_are_equal() -> None:
    sealed = {BOX.seal(SECRET, "source/crm") for _ in range(50)}
    assert len(sealed) == 50
    assert all(SECRET.encode() not in base64.b64decode(each) for each in sealed)


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_every_changed_bit_is_noticed(place: int, bit: int) -> None:
    raw = bytearray(base64.b64decode(BOX.seal(SECRET, "source/crm")))
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(SecretUnreadable):
        BOX.open(base64.b64encode(raw).decode(), "source/crm")


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "ü", base64.b64encode(bytes(12)).decode(), "A" * 50])
def test_a_damaged_one_is_unreadable_and_nothing_else(sealed: str) -> None:
    with pytest.raises(SecretUnreadable, match="source/crm"):
        BOX.open(sealed, "source/crm")


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SecretUnreadable):
        SecretBox(OTHER).open(BOX.seal(SECRET, "source/crm"), "source/crm")


def test_after_a_rotation_the_former_key_opens_and_the_new_one_seals() -> None:
    rotated = SecretBox(OTHER, [KEY])
    assert rotated.open(BOX.seal(SECRET, "source/crm"), "source/crm") == SECRET
    fresh = rotated.seal(SECRET, "source/crm")
    assert SecretBox(OTHER).open(fresh, "source/crm") == SECRET
    with pytest.raises(SecretUnreadable):
        BOX.open(fresh, "source/crm")


def test_it_shares_no_key_with_the_vault() -> None:
    vault = Vault(KEY)
    sealed = base64.b64decode(BOX.seal(SECRET, "source/crm"))
    for wrapper in vault._wrappers:
        with pytest.raises(InvalidTag):
            wrapper.decrypt(sealed[:12], sealed[12:], b"source/crm")


def test_what_cannot_be_read_is_not_quoted() -> None:
    with pytest.raises(SecretUnreadable) as refused:
        SecretBox(OTHER).open(BOX.seal(SECRET, "source/crm"), "source/crm")
    assert SECRET not in str(refused.value)

"""Notes and keys: the published vector, and no byte of a note or key that does not count."""

import pytest

from app.audit.note import Checkpoint, NoteError, SigningKey, VerifierKey

# From the documentation of golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = SigningKey(bytes(range(32)))
NOTE = KEY.checkpoint("acme", 7, bytes(32))


def test_the_published_note_opens_with_the_published_key() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert key.open(GO_NOTE) == GO_NOTE[: GO_NOTE.index("\n\n") + 1]


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    key = VerifierKey.parse(str(KEY.verifier("acme")))
    assert Checkpoint.open(NOTE, key) == Checkpoint(KEY.origin("acme"), 7, bytes(32))
    origin, size, root, blank, signature, end = NOTE.split("\n")
    assert (origin, size, root, blank, end) == (f"{KEY.installation}/acme", "7", "A" * 43 + "=", "", "")
    assert signature.startswith(f"— {origin} ")


def changes(text: str) -> list[str]:
    """Every character dropped, doubled, and replaced by each of some others; everything cut short."""
    found = set()
    for at, char in enumerate(text):
        found |= {text[:at] + text[at + 1 :], text[:at] + char + text[at:], text[:at]}
        found |= {text[:at] + other + text[at + 1 :] for other in (chr(ord(char) ^ 1), "\n", " ", "A", "=", "+", "0")}
    return sorted(found - {text})


CHANGED_NOTES = changes(NOTE)
CHANGED_KEYS = changes(str(KEY.verifier("acme")))


@pytest.mark.parametrize("changed", [pytest.param(CHANGED_NOTES, id=f"{len(CHANGED_NOTES)}-tried")])
def test_a_changed_note_does_not_open(changed: list[str]) -> None:
    key = KEY.verifier("acme")
    for note in [
        *changed,
        NOTE + NOTE,
        NOTE + "\n",
        "\n" + NOTE,
        NOTE.replace("\n", "\r\n"),
        NOTE + NOTE.split("\n")[4],
    ]:
        with pytest.raises(NoteError):
            Checkpoint.open(note, key)


@pytest.mark.parametrize("changed", [pytest.param(CHANGED_KEYS, id=f"{len(CHANGED_KEYS)}-tried")])
def test_a_changed_key_is_refused_or_opens_nothing(changed: list[str]) -> None:
    for line in changed:
        with pytest.raises(NoteError):
            Checkpoint.open(NOTE, VerifierKey.parse(line))


def test_another_tenants_key_opens_nothing() -> None:
    with pytest.raises(NoteError):
        Checkpoint.open(NOTE, KEY.verifier("other"))
    with pytest.raises(NoteError, match="another key"):
        KEY.verifier("acme").open(SigningKey(bytes(32)).sign(KEY.origin("acme"), "text\n"))


def test_a_checkpoint_of_another_log_is_refused_though_the_key_signed_it() -> None:
    name = KEY.origin("acme")
    note = KEY.sign(name, Checkpoint(KEY.origin("other"), 1, bytes(32)).text())
    with pytest.raises(NoteError, match="is of"):
        Checkpoint.open(note, KEY.verifier("acme"))


@pytest.mark.parametrize("text", ["a\n1\n", "a\n01\nx\n", "a\n-1\nx\n", "a\n1\nx\nextension\n", "a b\n1\nx\n", ""])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text.replace("x", "A" * 43 + "="))


@pytest.mark.parametrize("tenant", ["a b", "a+b", "ä", "a\nb"])
def test_a_tenant_that_can_be_no_key_name_is_refused(tenant: str) -> None:
    with pytest.raises(NoteError, match="no key name"):
        KEY.checkpoint(tenant, 0, bytes(32))


def test_a_key_shows_nothing_of_its_seed() -> None:
    assert repr(SigningKey(bytes(32))) == f"SigningKey({SigningKey(bytes(32)).installation})"
    assert KEY.installation != SigningKey(bytes(32)).installation

"""Signed checkpoints: C2SP signed-note and tlog-checkpoint with Ed25519 (signature type 0x01).

One installation holds one key. Each tenant's log has its own origin, `<installation>/<tenant>`, which is also the name
the key signs under there; a key id is bound to the name, so one tenant's verifier key opens no other tenant's notes.
Narrower than C2SP on purpose: exactly one signature, no extension lines, so that no byte of a note is unaccounted for.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit.merkle import HASH_BYTES

ED25519 = b"\x01"
_NAME = re.compile(r"[!-*,-~]{1,240}")  # printable ASCII without space and plus
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class NoteError(ValueError):
    """A note, checkpoint or key that is not of its form, or a signature that does not hold."""


def strict_base64(text: str, length: int) -> bytes:
    """Bytes of canonical standard base64. Raises NoteError on another alphabet, padding, spare bits or length."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"not base64: {error}") from error
    if len(raw) != length or base64.b64encode(raw).decode("ascii") != text:
        raise NoteError(f"not canonical base64 of {length} bytes")
    return raw


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode("ascii") + b"\n" + ED25519 + public).digest()[:4]


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NoteError(f"{name!r} is no key name: printable ASCII without spaces and plus signs")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What an auditor is given: `<name>+<hex key id>+<base64(0x01 ‖ 32 bytes of public key)>`."""

    name: str
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{_key_id(self.name, self.public).hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Reads the one-line form. Raises NoteError naming what is wrong with it."""
        name, key_id, encoded = [*line.split("+", 2), "", ""][:3]
        raw = strict_base64(encoded, 1 + 32)
        if raw[:1] != ED25519:
            raise NoteError("the key is not an Ed25519 key (type 0x01)")
        if _key_id(_name(name), raw[1:]).hex() != key_id:
            raise NoteError("the key id does not belong to this name and key")
        return cls(name, raw[1:])

    def open(self, note: str) -> str:
        """Text of a note signed by this key, final newline included. Raises NoteError on anything else."""
        text, gap, tail = note.rpartition("\n\n")
        opening = f"— {self.name} "
        if not gap or not tail.startswith(opening) or tail.find("\n") != len(tail) - 1:
            raise NoteError(f"the note is not one text with one signature of {self.name}")
        text += "\n"
        if any(char < " " and char != "\n" for char in text):
            raise NoteError("the note's text holds control characters")
        blob = strict_base64(tail[len(opening) : -1], 4 + 64)
        if blob[:4] != _key_id(self.name, self.public):
            raise NoteError("the note is signed by another key")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob[4:], text.encode())
        except (InvalidSignature, ValueError) as error:
            raise NoteError("the note's signature does not hold") from error
        return text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's state: origin, number of entries, RFC 6962 root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{_name(self.origin)}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads exactly what `text` writes. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]):
            raise NoteError("a checkpoint is three lines: origin, size, root")
        return cls(_name(lines[0]), int(lines[1]), strict_base64(lines[2], HASH_BYTES))

    @classmethod
    def open(cls, note: str, key: VerifierKey) -> Self:
        """The checkpoint of `key`'s own log in a signed note. Raises NoteError, also where it is another log's."""
        checkpoint = cls.parse(key.open(note))
        if checkpoint.origin != key.name:
            raise NoteError(f"the checkpoint is of {checkpoint.origin}, not of {key.name}")
        return checkpoint


class SigningKey:
    """The installation's Ed25519 key, from a seed of 32 bytes that is kept outside the database."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"SigningKey({self.installation})"

    @property
    def installation(self) -> str:
        """A name of this installation that is unique and stays for as long as its key does."""
        return f"countersign-{sha256(self.public).hexdigest()[:12]}"

    def origin(self, tenant: str) -> str:
        return _name(f"{self.installation}/{tenant}")

    def verifier(self, tenant: str) -> VerifierKey:
        return VerifierKey(self.origin(tenant), self.public)

    def sign(self, name: str, text: str) -> str:
        """A signed note over `text`, which ends with a newline."""
        if not text.endswith("\n"):
            raise NoteError("a note's text ends with a newline")
        signature = _key_id(_name(name), self.public) + self._key.sign(text.encode())
        return f"{text}\n— {name} {_base64(signature)}\n"

    def checkpoint(self, tenant: str, size: int, root: bytes) -> str:
        """The signed checkpoint note of a tenant's log."""
        origin = self.origin(tenant)
        return self.sign(origin, Checkpoint(origin, size, root).text())

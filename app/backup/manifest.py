"""The manifest of a backup: what is in it, of which versions, and the digests and signature by which it is checked."""

import hmac
import json
from hashlib import sha256
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.audit.note import NoteError, SigningKey, VerifierKey
from app.errors import Problem

MANIFEST, SIGNATURE = "manifest.json", "manifest.note"
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Part):
    """One file of the backup beside the manifest and its signature."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,60}$")]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Hex


class Firm(_Part):
    """A tenant, with the size and root of its log in the backup and a checkpoint that says so."""

    tenant: str
    size: int
    root: Hex
    checkpoint: str


class Manifest(_Part):
    """`secret_check` tells whether a secret key is the one of the backup, without telling the key."""

    format: Literal[1] = 1
    id: str
    taken_at: str
    program: str
    revision: str
    backend: Literal["sqlite", "postgresql"]
    backend_version: str
    dbos: str
    installation: str
    public_key: str
    secret_check: Hex
    keys: bool
    tenants: list[Firm]
    files: list[File]

    def text(self) -> bytes:
        return (json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def read(cls, raw: bytes, note: str) -> Self:
        """The manifest whose signature is of the key that it names. Raises Problem `invalid_body`."""
        try:
            found = cls.model_validate_json(raw)
            key = VerifierKey.parse(found.public_key)
            if key.name != _name(found.installation) or key.open(note) != _signed(raw):
                raise NoteError("it is signed for something else")
        except (ValidationError, NoteError) as wrong:
            raise unusable(f"the manifest does not hold: {' '.join(str(wrong).split())[:200]}") from None
        return found

    def file(self, name: str) -> File | None:
        return next((each for each in self.files if each.name == name), None)


def sign(manifest: bytes, key: SigningKey) -> str:
    """The signed note that vouches for these very bytes."""
    return key.sign(_name(key.installation), _signed(manifest))


def public_key(key: SigningKey) -> str:
    """The verifier key by which `sign` is checked, as a manifest names it."""
    return str(VerifierKey(_name(key.installation), key.public))


def secret_check(secret: bytes, ident: str) -> str:
    return hmac.digest(secret, f"countersign backup {ident}".encode(), sha256).hex()


def unusable(why: str) -> Problem:
    return Problem("invalid_body", f"This backup cannot be used, and nothing was changed: {why}.")


def _name(installation: str) -> str:
    # No tenant's log can have this name: a tenant's has a slash.
    return f"{installation}#backup"


def _signed(manifest: bytes) -> str:
    return f"countersign backup\n{sha256(manifest).hexdigest()}\n"

"""An entry of the log and its leaf: the RFC 8785 bytes that are hashed, exported and verified.

What is in a leaf stays for ever, so a leaf holds ids, digests, codes and numbers. Names, addresses and free text are
payloads, sealed apart (see app/audit/vault.py); of them the leaf holds a name and a salted digest. No float can occur.
"""

import base64
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, model_validator

from app.actor import Actor, Surface
from tools.values import Id, Minor, Moment, Value, canonical

SALT_BYTES = 32
MOST_ERASED = 500
"""Erased payloads that one entry lists; more take several entries."""
_LARGEST = 2**53 - 1  # RFC 8785: every integer must survive a reader whose numbers are IEEE doubles


def _to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# A leaf read back from JSON has lists; they are kept as tuples, since an entry is frozen.
def _from_list(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw


Stamp = Annotated[Moment, AfterValidator(_to_milliseconds), PlainSerializer(_rfc3339)]
"""A moment to the millisecond, in a leaf as RFC 3339 in UTC: `2026-03-02T09:00:00.000Z`."""

Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Word = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
Kind = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-?A-~]+$")]
"""Printable ASCII without spaces and `@`: an id, a digest, a version, a constant; no sentence and no address."""

Detail = Code | bool | Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] | None
Reference = Literal[
    "event", "source", "case", "run", "proposal", "decision", "review", "execution", "task", "model_call", "principal",
    "token", "data_subject", "connector",
]  # fmt: skip
Digested = Literal["shown", "args", "ruleset", "prompt", "model", "code", "request", "response", "result", "records"]
Versioned = Literal["ruleset", "prompt", "model", "code", "reasoner"]


class LoggedGrant(Value):
    """A role held in one unit (its name percent-encoded) or in all (None), and who had delegated it."""

    role: Word
    unit: Code | None = None
    from_id: Id | None = None


class LoggedActor(Value):
    """Who acted, with the authority that counted at that moment and how the person had proved who they are.

    `limit_minor` is in minor units of the tenant's base currency. No name: `id` is the principal's. `delegated_by` is
    whose delegation this act used, where it used one.
    """

    id: Code
    kind: Literal["person", "service", "system"]
    grants: Annotated[tuple[LoggedGrant, ...], BeforeValidator(_from_list), Field(max_length=100)] = ()
    limit_minor: Minor | None = None
    delegated_by: Code | None = None
    signed_in_how: Word | None = None
    signed_in_at: Stamp | None = None

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, actor: Actor, delegated_by: str | None = None) -> Self:
        """The actor as the log keeps it."""
        return cls.model_validate({
            "id": actor.principal_id, "kind": actor.kind, "limit_minor": actor.limit_minor,
            "delegated_by": delegated_by,
            "grants": tuple({"role": each.role, "unit": quote(each.unit, safe="") or None, "from_id": each.from_id}
                            for each in actor.grants),
            "signed_in_how": actor.signed_in_how, "signed_in_at": actor.signed_in_at,
        })  # fmt: skip


class PayloadRef(Value):
    """A payload that the entry vouches for. `digest` is SHA-256 over 32 random bytes of salt, then the content."""

    name: Word
    subject: Id
    digest: Digest


class ErasedRef(Value):
    """A payload of an earlier entry that is gone for good."""

    name: Word
    seq: Count


class _Said(Value):
    kind: Kind
    actor: LoggedActor
    surface: Surface
    refs: dict[Reference, Id] = {}
    digests: dict[Digested, Digest] = {}
    versions: dict[Versioned, Code] = {}
    details: Annotated[dict[Word, Detail | list[Code]], Field(max_length=40)] = {}
    shown_at: Stamp | None = None
    decided_at: Stamp | None = None
    erased: Annotated[tuple[ErasedRef, ...], BeforeValidator(_from_list), Field(max_length=MOST_ERASED)] | None = None

    @model_validator(mode="after")
    def _erased_where_due(self) -> Self:
        if (self.erased is not None) != (self.kind == "payload.erased"):
            raise ValueError("`erased` belongs to entries of kind payload.erased, and to each of them")
        return self


class Record(_Said):
    """What a caller puts on the record; the log adds number, tenant and time. `payload_ids` are sealed payloads."""

    payload_ids: tuple[str, ...] = ()


class Entry(_Said):
    """One entry. `seq` counts a tenant's entries from 0 without a gap and is the leaf's index in the tree."""

    v: Literal[1] = 1
    seq: Count
    tenant: Id
    at: Stamp
    payloads: Annotated[tuple[PayloadRef, ...], BeforeValidator(_from_list), Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _payloads_in_order(self) -> Self:
        names = [each.name for each in self.payloads]
        if names != sorted(set(names)):
            raise ValueError("payloads are named once each and stand in the order of their names")
        return self

    def leaf(self) -> bytes:
        """The RFC 8785 bytes, without a line feed. Absent values are left out."""
        return canonical(self.model_dump(exclude_none=True))

    @classmethod
    def from_leaf(cls, leaf: bytes) -> Self:
        """Reads a leaf of ours. Raises ValueError (pydantic.ValidationError) on anything `leaf` does not write."""
        entry = cls.model_validate_json(leaf)
        if entry.leaf() != leaf:
            raise ValueError("the leaf is not in canonical form")
        return entry


def payload_digest(salt: bytes, content: bytes) -> str:
    """The digest a leaf holds of a payload: of its salt and its RFC 8785 bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return "sha256:" + sha256(salt + content).hexdigest()


def payload_line(name: str, seq: int, salt: bytes, content: bytes) -> bytes:
    """The payload's line in an export, line feed included; `content` is RFC 8785 bytes already, used as they are."""
    fields = (name.encode("ascii"), content, base64.b64encode(salt), seq)
    return b'{"name":"%s","payload":%s,"salt":"%s","seq":%d}\n' % fields


def checkpoint_line(note: str) -> bytes:
    """The last line of an export."""
    return canonical({"checkpoint": note}) + b"\n"

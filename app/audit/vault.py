"""The vault: content that can be erased, sealed by AES-256-GCM under one random key for each data subject.

A subject's key lies in the database wrapped by a key derived from the service's secret. Destroying the wrapped key
destroys all that it sealed, in every copy and backup of the database. The salt of a payload's digest is sealed with
the content, so that what stays in the log after an erasure cannot even be tried against guesses.
"""

import base64
import json
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from app.audit.leaf import SALT_BYTES, PayloadRef, payload_digest
from app.ids import new_id
from app.store import rows
from app.store.models.audit import Payload, SubjectKey
from tools.values import canonical

_NONCE_BYTES = 12
_SEALED, _KEYS = "vault.sealed", "vault.keys"
_KEY_BITS = 256

# Built once: putting a statement together costs more than running it.
# The lock keeps an erasure out until the sealing transaction ends, so it cannot miss what is sealed there. It is the
# weakest one that does: two transactions that both revive an erased subject queue for its row and cannot deadlock.
_KEY = (
    select(col(SubjectKey.wrapped))
    .where(col(SubjectKey.tenant) == bindparam("of"), col(SubjectKey.data_subject) == bindparam("subject"))
    .with_for_update(read=True, key_share=True)
)
_ADD_KEY_SQLITE = sqlite.insert(SubjectKey).on_conflict_do_nothing()
_ADD_KEY_POSTGRESQL = postgresql.insert(SubjectKey).on_conflict_do_nothing()
_SEALED_ROWS = (
    select(
        col(Payload.id), col(Payload.tenant), col(Payload.data_subject), col(Payload.name), col(Payload.seq),
        col(Payload.ciphertext), col(SubjectKey.wrapped),
    )
    .join_from(
        Payload, SubjectKey,
        and_(col(SubjectKey.data_subject) == col(Payload.data_subject), col(SubjectKey.tenant) == col(Payload.tenant)),
        isouter=True,
    )
)  # fmt: skip
# Without the tenant, which is compared to the rows found: SQLite would rather read all of a tenant's payloads than
# look up fifty by their ids.
_SEALED_BY_ID = _SEALED_ROWS.where(col(Payload.id).in_(bindparam("ids", expanding=True)))
_SEALED_ONE = _SEALED_ROWS.where(col(Payload.id) == bindparam("ident"))
_SEALED_BY_ENTRY = _SEALED_ROWS.where(
    col(Payload.tenant) == bindparam("of"), col(Payload.seq) >= bindparam("start"), col(Payload.seq) < bindparam("end")
).order_by(col(Payload.seq), col(Payload.name))
_DESTROY_PAYLOADS = (
    update(Payload)
    .where(col(Payload.tenant) == bindparam("of"), col(Payload.data_subject) == bindparam("subject"))
    .where(col(Payload.ciphertext).is_not(None))
    .values(ciphertext=None, erased_at=bindparam("at"))
    .returning(col(Payload.seq), col(Payload.name))
)


class PayloadErased(Exception):
    """The content is gone for good; its digest in the log remains."""


class PayloadUnknown(Exception):
    """This tenant has no such payload."""


class VaultBroken(Exception):
    """A ciphertext does not open: the service's secret is another, or the row was changed."""


class Vault:
    """Seals and opens payloads. Several secrets: the first seals, the others still open what they sealed (rotation)."""

    def __init__(self, secret: bytes, former: Sequence[bytes] = ()) -> None:
        secrets = (secret, *former)
        self._wrappers = [AESGCM(_derived(each, b"countersign vault: wrap subject keys")) for each in secrets]
        self._namers = [_derived(each, b"countersign vault: name data subjects") for each in secrets]

    def subject(self, tenant: str, about: str) -> str:
        """The opaque id of a data subject, from what is known of it (an address, `contact/con-3`): `sub_` and 26
        characters, the same each time, and worth nothing without the secret."""
        return self.subjects(tenant, about)[0]

    def subjects(self, tenant: str, about: str) -> list[str]:
        """`subject` under each secret, the present one first: all that an erasure must name."""
        return [_named(key, tenant, about) for key in self._namers]

    def seal(self, session: Session, tenant: str, subject: str, name: str, content: Any, at: datetime) -> str:
        """Stores a JSON value under the subject's key, made where there is none, and answers the payload's id.

        Raises rfc8785.CanonicalizationError for what RFC 8785 cannot carry (other types, integers beyond 2^53).
        """
        plain, salt = canonical(content), os.urandom(SALT_BYTES)
        ident, digest = new_id("pld", at), payload_digest(salt, plain)
        key = self._subject_key(session, tenant, subject, at)
        sealed = _seal(key, salt + plain, _context(tenant, ident, name))
        row = {
            "id": ident, "tenant": tenant, "data_subject": subject, "name": name, "seq": None, "created_at": at,
            "digest": digest, "ciphertext": sealed,
        }  # fmt: skip
        rows.store(session, Payload, row)
        ref = PayloadRef(name=name, subject=subject, digest=digest)
        session.info.setdefault(_SEALED, {})[ident] = (tenant, ref)
        return ident

    def open(self, session: Session, tenant: str, ident: str) -> Any:
        """The content of one payload. Raises PayloadUnknown, PayloadErased, VaultBroken."""
        return self.open_all(session, tenant, [ident])[ident]

    def open_all(self, session: Session, tenant: str, idents: Sequence[str]) -> dict[str, Any]:
        """Contents by id, in one query. Raises PayloadUnknown, PayloadErased, VaultBroken."""
        one = len(idents) == 1  # a list is spelt out anew each time
        query, asked = (_SEALED_ONE, {"ident": idents[0]}) if one else (_SEALED_BY_ID, {"ids": list(idents)})
        rows = session.connection().execute(query, asked)
        found = {row.id: row for row in rows if row.tenant == tenant}
        contents = {}
        for ident in idents:
            if ident not in found:
                raise PayloadUnknown(f"there is no payload {ident}")
            contents[ident] = json.loads(self.plain(found[ident])[SALT_BYTES:])
        return contents

    def plain(self, row: Any) -> bytes:
        """Salt and content of a row of `sealed_of_entries`. Raises PayloadErased, VaultBroken."""
        if row.ciphertext is None or row.wrapped is None:
            raise PayloadErased(f"payload {row.id} was erased")
        key = self._unwrap(row.wrapped, row.tenant, row.data_subject)
        return _open(key, row.ciphertext, _context(row.tenant, row.id, row.name))

    def sealed_of_entries(self, session: Session, tenant: str, start: int, end: int) -> list[Any]:
        """Rows of the payloads that entries start ≤ seq < end vouch for, by entry and name, the erased included."""
        return list(session.connection().execute(_SEALED_BY_ENTRY, {"of": tenant, "start": start, "end": end}))

    def rewrap(self, session: Session) -> int:
        """Wraps every subject key by the present secret and answers how many there were. Raises VaultBroken."""
        query = select(col(SubjectKey.tenant), col(SubjectKey.data_subject), col(SubjectKey.wrapped))
        rows = session.execute(query.where(col(SubjectKey.wrapped).is_not(None)).with_for_update()).all()
        for tenant, subject, wrapped in rows:
            again = _seal(self._wrappers[0], self._unwrap_raw(wrapped, tenant, subject), _owner(tenant, subject))
            session.execute(update(SubjectKey).where(*_is(tenant, subject)).values(wrapped=again))
        return len(rows)

    def _subject_key(self, session: Session, tenant: str, subject: str, at: datetime) -> AESGCM:
        # The lock on the key holds to the end of the transaction, and so does what was read under it.
        connection = session.connection()
        transaction = session.get_nested_transaction() or session.get_transaction()
        known, keys = session.info.get(_KEYS, (None, {}))
        if known is not transaction:
            keys = {}
            session.info[_KEYS] = (transaction, keys)
        key: AESGCM | None = keys.get((tenant, subject))
        if key is None:
            key = keys[tenant, subject] = self._locked_key(connection, tenant, subject, at)
        return key

    def _locked_key(self, connection: Connection, tenant: str, subject: str, at: datetime) -> AESGCM:
        whose = {"of": tenant, "subject": subject}
        wrapped = connection.scalar(_KEY, whose)
        if wrapped is not None:
            return self._unwrap(wrapped, tenant, subject)
        fresh = AESGCM.generate_key(_KEY_BITS)
        wrapped = _seal(self._wrappers[0], fresh, _owner(tenant, subject))
        made = _ADD_KEY_POSTGRESQL if connection.dialect.name == "postgresql" else _ADD_KEY_SQLITE
        row = {"tenant": tenant, "data_subject": subject, "wrapped": wrapped, "created_at": at}
        if connection.execute(made, row).rowcount == 1:
            return AESGCM(fresh)
        # An erased subject that is heard of again gets a new key; what was erased stays so.
        revived = update(SubjectKey).where(*_is(tenant, subject), col(SubjectKey.wrapped).is_(None))
        connection.execute(revived.values(wrapped=wrapped, created_at=at, erased_at=None))
        wrapped = connection.scalar(_KEY, whose)
        assert wrapped is not None
        return self._unwrap(wrapped, tenant, subject)

    def _unwrap(self, wrapped: bytes, tenant: str, subject: str) -> AESGCM:
        return AESGCM(self._unwrap_raw(wrapped, tenant, subject))

    def _unwrap_raw(self, wrapped: bytes, tenant: str, subject: str) -> bytes:
        for wrapper in self._wrappers:
            try:
                return _open(wrapper, wrapped, _owner(tenant, subject))
            except VaultBroken:
                continue
        raise VaultBroken(f"the key of {subject} does not open: it was wrapped under another secret, or changed")


def sealed_here(session: Session, tenant: str, idents: Sequence[str]) -> dict[str, PayloadRef]:
    """Those of the payloads that this session sealed, without asking the database; it may have rolled them back."""
    known: dict[str, tuple[str, PayloadRef]] = session.info.get(_SEALED, {})
    return {ident: known[ident][1] for ident in idents if ident in known and known[ident][0] == tenant}


def lock_keys(session: Session, tenant: str, subjects: Sequence[str]) -> list[str]:
    """Those of `subjects` that have a key, locked against sealing until the transaction ends."""
    theirs = col(SubjectKey.tenant) == tenant, col(SubjectKey.data_subject).in_(subjects)
    query = select(col(SubjectKey.data_subject)).where(*theirs, col(SubjectKey.wrapped).is_not(None))
    return list(session.scalars(query.order_by(col(SubjectKey.data_subject)).with_for_update()))


def destroy(session: Session, tenant: str, subject: str, at: datetime) -> list[tuple[int, str]]:
    """Destroys a subject's key and ciphertexts; (seq, name) of those that entries vouch for, in order.

    Only app/audit/erasure.py calls it: the log must tell of it.
    """
    session.execute(update(SubjectKey).where(*_is(tenant, subject)).values(wrapped=None, erased_at=at))
    session.info.pop(_KEYS, None)
    rows = session.connection().execute(_DESTROY_PAYLOADS, {"of": tenant, "subject": subject, "at": at})
    return sorted((row.seq, row.name) for row in rows if row.seq is not None)


def _is(tenant: str, subject: str) -> tuple[Any, Any]:
    return col(SubjectKey.tenant) == tenant, col(SubjectKey.data_subject) == subject


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), _KEY_BITS // 8, salt=None, info=purpose).derive(secret)


def _named(key: bytes, tenant: str, about: str) -> str:
    mac = hmac.HMAC(key, hashes.SHA256())
    # One person writes one address in many ways.
    mac.update(canonical([tenant, about.strip().casefold()]))
    return "sub_" + base64.b32hexencode(mac.finalize()).decode("ascii").lower()[:26]


# Bound into each ciphertext, so that none opens in another row's place.
def _context(tenant: str, ident: str, name: str) -> bytes:
    return canonical(["payload", tenant, ident, name])


def _owner(tenant: str, subject: str) -> bytes:
    return canonical(["subject", tenant, subject])


def _seal(key: AESGCM, plain: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, context)


def _open(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise VaultBroken("a ciphertext does not open: the secret is another, or the row was changed") from error

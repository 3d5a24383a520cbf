"""Exports made from entries alone, without a database: what the verifier's tests take apart."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from app.actor import system_actor
from app.audit.leaf import Entry, ErasedRef, LoggedActor, PayloadRef, checkpoint_line, payload_digest, payload_line
from app.audit.merkle import CompactRange, leaf_hash
from app.audit.note import SigningKey
from app.audit.verify import Key, Result, verify
from tools.values import canonical

KEY = SigningKey(bytes(range(32)))
TENANT = "acme"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKER = LoggedActor.of(system_actor(TENANT, "worker"))


@dataclass(frozen=True)
class Said:
    """One entry to be: its payloads by name, those of them whose lines are absent, and what it calls erased."""

    payloads: dict[str, Any] | None = None
    absent: Sequence[str] = ()
    erased: Sequence[tuple[int, str]] | None = None
    case: str = "cas_1"


SMALL = (
    Said({"comment": {"text": "Zwei Masken mehr, bitte."}}),
    Said({"event": [1, None], "text": "gone"}, absent=["text"]),
    Said(),
    Said(erased=[(1, "text")]),
)
"""Four entries, three payloads, one of them erased."""


def salt_of(seq: int, name: str) -> bytes:
    return sha256(f"{seq} {name}".encode()).digest()


def leaves(said: Sequence[Said], tenant: str = TENANT) -> list[bytes]:
    return [_entry(seq, each, tenant).leaf() for seq, each in enumerate(said)]


def checkpoint(leaf_bytes: Sequence[bytes], tenant: str = TENANT, key: SigningKey = KEY) -> str:
    tree = CompactRange()
    for leaf in leaf_bytes:
        tree, _ = tree.append(leaf_hash(leaf))
    return key.checkpoint(tenant, tree.size, tree.root())


def export_lines(said: Sequence[Said], tenant: str = TENANT, key: SigningKey = KEY) -> list[bytes]:
    lines, all_leaves = [], leaves(said, tenant)
    for seq, (each, leaf) in enumerate(zip(said, all_leaves, strict=True)):
        lines.append(leaf + b"\n")
        for name, content in sorted((each.payloads or {}).items()):
            if name not in each.absent:
                lines.append(payload_line(name, seq, salt_of(seq, name), canonical(content)))
    return [*lines, checkpoint_line(checkpoint(all_leaves, tenant, key))]


def signed(leaf_bytes: Sequence[bytes]) -> bytes:
    """An export of any leaves whatever, as only the key's holder could make it."""
    return b"".join(leaf + b"\n" for leaf in leaf_bytes) + checkpoint_line(checkpoint(leaf_bytes))


def _entry(seq: int, said: Said, tenant: str) -> Entry:
    payloads = tuple(
        PayloadRef(name=name, subject="sub_1", digest=payload_digest(salt_of(seq, name), canonical(content)))
        for name, content in sorted((said.payloads or {}).items())
    )
    erased = None if said.erased is None else tuple(ErasedRef(seq=of, name=name) for of, name in said.erased)
    return Entry(
        kind="case.noted" if erased is None else "payload.erased", actor=WORKER, surface="worker",
        refs={"case": said.case}, seq=seq, tenant=tenant, at=AT, payloads=payloads, erased=erased,
    )  # fmt: skip


PUBLIC = Key(str(KEY.verifier("acme")))
LINES = export_lines(SMALL)
EXPORT = b"".join(LINES)


def check(export: bytes, since: str | None = None, key: Key = PUBLIC) -> Result:
    return verify(io.BytesIO(export), key, {} if since is None else key.open_all(since))

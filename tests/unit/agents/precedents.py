"""Precedents and vectors, and what of them some file still holds."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.memory import Memory, Precedent

Vector = NDArray[np.float32]
ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RANDOM = np.random.default_rng(7)


def vectors(count: int) -> Any:
    drawn = RANDOM.normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


VECTORS = vectors(1_200)


def numbered(number: int, customer: str | None = None, kind: str = "change_request") -> Precedent:
    return Precedent(
        id=f"prc_{number:026d}",
        text_digest="sha256:" + hashlib.sha256(b"salt%d" % number).hexdigest(),
        kind=kind,
        urgency="high",
        impact="low",
        customer=customer,
        source="verdict",
        at=AT,
    )


def seen(memory: Memory, tenant: str, vector: Vector, customer: str | None, k: int = 64) -> list[str]:
    recall = memory.nearest(tenant, vector, customer, k)
    assert recall.fault is None
    return [one.precedent.id for one in recall.neighbours]


def files(path: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def traces(path: Path, precedent: Precedent, vector: Vector) -> set[str]:
    """Which marks of a precedent some file holds; of the vector, any run of eight numbers."""
    marks = {"id": [precedent.id.encode()], "digest": [precedent.text_digest[7:].encode()]}
    marks["customer"] = [precedent.customer.encode()] if precedent.customer else []
    marks["vector"] = [vector[at : at + 8].tobytes() for at in range(0, 384, 8)]
    contents = files(path).values()
    return {name for name, runs in marks.items() for run in runs if any(run in content for content in contents)}

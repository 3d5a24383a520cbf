"""RFC 6962 Merkle trees: hashes, the compact range that a log appends to, and inclusion and consistency proofs.

A tree over n leaves is held as its compact range: the roots of the perfect subtrees that n's binary digits name, the
largest first. Appending hands out every perfect subtree it completes; whoever stores those (one a leaf on average)
can make any proof from O(log n) of them.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""(level, index) → root of the perfect subtree over leaves [index·2^level, (index+1)·2^level); level 0 is a leaf."""


class ProofError(ValueError):
    """A proof was asked for that cannot exist, or one was given that does not hold."""


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962 section 2.1: the hash of a leaf's bytes, 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1: the hash of an inner node over its two children, 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """A perfect subtree's root, as `ReadNode` names it."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The state of an append-only tree: all that appending and the root need, popcount(size) hashes."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes are not the compact range of {self.size} leaves")
        if any(len(each) != HASH_BYTES for each in self.hashes):
            raise ValueError("a compact range holds hashes of 32 bytes")

    def append(self, leaf: bytes) -> tuple["CompactRange", list[Node]]:
        """The range with one more leaf (its hash, not its bytes), and the perfect subtrees now complete, leaf first."""
        stack = list(self.hashes)
        level, index, top = 0, self.size, leaf
        complete = [Node(level, index, top)]
        while index & 1:
            top = node_hash(stack.pop(), top)
            level, index = level + 1, index >> 1
            complete.append(Node(level, index, top))
        return CompactRange(self.size + 1, (*stack, top)), complete

    def root(self) -> bytes:
        """RFC 6962's MTH of the tree; the hash of nothing where it is empty."""
        return _fold(self.hashes)

    def encode(self) -> str:
        """The hashes as one strict base64 string; the size is stored beside it."""
        return base64.b64encode(b"".join(self.hashes)).decode("ascii")

    @classmethod
    def decode(cls, size: int, text: str) -> Self:
        """Reads `encode`'s string. Raises ValueError unless it is canonical base64 of popcount(size) hashes."""
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"the compact range is not base64: {error}") from error
        if base64.b64encode(raw).decode("ascii") != text or len(raw) % HASH_BYTES:
            raise ValueError("the compact range is not canonical base64 of whole hashes")
        return cls(size, tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)))


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Root over subtrees from the largest to the smallest: the right spine hangs together from its lower end."""
    if not hashes:
        return EMPTY_ROOT
    *rest, top = hashes
    for left in reversed(rest):
        top = node_hash(left, top)
    return top


def _range_root(start: int, end: int, read: ReadNode) -> bytes:
    """Root over leaves [start, end), where `start` is a multiple of the power of two that reaches over the range."""
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(read(level, start >> level))
        start += 1 << level
    return _fold(hashes)


def _split(size: int) -> int:
    """RFC 6962's k: the largest power of two smaller than size (size ≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def root_at(size: int, read: ReadNode) -> bytes:
    """Root of the first `size` leaves, from O(log size) stored subtrees."""
    return _range_root(0, size, read)


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """RFC 6962 section 2.1.1, PATH(index, D[size]), leaf upwards. Raises ProofError unless 0 ≤ index < size."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not among the first {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: ReadNode) -> list[bytes]:
    """RFC 6962 section 2.1.2, PROOF(old, D[new]). Raises ProofError unless 0 ≤ old ≤ new; empty for 0 and for equal."""
    if not 0 <= old <= new:
        raise ProofError(f"no consistency from {old} leaves to {new}")
    if old in (0, new):
        return []
    path, start, end = [], 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    if start:  # the old tree's last perfect subtree; when it is the whole old tree the verifier has it: its root
        path.append(_range_root(start, end, read))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2. `leaf` is the leaf's hash. Raises ProofError unless the proof leads to the root."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not among the first {size}")
    at, last, top = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if at & 1 or at == last:
            top = node_hash(sibling, top)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            top = node_hash(top, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if top != root:
        raise ProofError("the inclusion proof leads to another root")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2. Raises ProofError unless the tree of `new` leaves extends that of `old`."""
    if not 0 <= old <= new:
        raise ProofError(f"no consistency from {old} leaves to {new}")
    if old in (0, new):
        if proof or old_root != (new_root if old else EMPTY_ROOT):
            raise ProofError("the roots differ, or a proof was given where none is due")
        return
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes:
        raise ProofError("the consistency proof is empty")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    from_old = from_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if at & 1 or at == last:
            from_old, from_new = node_hash(sibling, from_old), node_hash(sibling, from_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            from_new = node_hash(from_new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    if from_old != old_root or from_new != new_root:
        raise ProofError("the consistency proof leads to another root")

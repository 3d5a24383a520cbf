"""Laws of the tree against RFC 6962's own recursive definitions, written out naively here."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    ProofError,
    ReadNode,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
)

# The eight leaves and roots that implementations of Certificate Transparency test themselves with.
CT_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = naive_split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = naive_split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = naive_split(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole=whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], whole=False), naive_root(leaves[:k])]


def grown(leaves: Sequence[bytes]) -> tuple[list[CompactRange], ReadNode, list[int]]:
    """Every state of the tree, its stored nodes, and a counter of how many were read."""
    states, stored, reads = [CompactRange()], {}, [0]
    for leaf in leaves:
        state, nodes = states[-1].append(leaf_hash(leaf))
        states.append(state)
        for node in nodes:
            assert (node.level, node.index) not in stored
            stored[node.level, node.index] = node.hash

    def read(level: int, index: int) -> bytes:
        reads[0] += 1
        return stored[level, index]

    return states, read, reads


def some_leaves(count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


def test_published_roots() -> None:
    states, _, _ = grown([bytes.fromhex(leaf) for leaf in CT_LEAVES])
    for size, root in CT_ROOTS.items():
        assert states[size].root().hex() == root
    assert states[0].root() == EMPTY_ROOT == sha256(b"").digest()


def test_every_state_proof_and_check_up_to_48_leaves() -> None:
    leaves = some_leaves(48)
    states, read, _ = grown(leaves)
    for size in range(49):
        head = leaves[:size]
        root = naive_root(head)
        assert states[size].root() == root == root_at(size, read)
        assert CompactRange.decode(size, states[size].encode()) == states[size]
        for index in range(size):
            path = inclusion_proof(index, size, read)
            assert path == naive_path(index, head)
            check_inclusion(leaf_hash(leaves[index]), index, size, path, root)
        for old in range(size + 1):
            proof = consistency_proof(old, size, read)
            assert proof == (naive_proof(old, head) if old else [])
            check_consistency(old, size, proof, naive_root(leaves[:old]), root)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=200), st.data())
def test_appending_proves_what_the_recursive_definitions_prove(leaves: list[bytes], data: st.DataObject) -> None:
    states, read, _ = grown(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = naive_root(leaves[:size])
    assert states[size].root() == root
    assert inclusion_proof(index, size, read) == naive_path(index, leaves[:size])
    assert consistency_proof(old, size, read) == naive_proof(old, leaves[:size])


@given(st.integers(1, 120), st.data())
def test_a_changed_inclusion_proof_does_not_hold(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    states, read, _ = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    leaf, root, path = leaf_hash(leaves[index]), states[size].root(), inclusion_proof(index, size, read)
    false = [
        (leaf_hash(b"other"), index, size, path, root),
        (leaf, index, size, [*path, root], root),
        (leaf, index, size, path, states[size - 1].root()),
    ]
    false += [(leaf, other, size, path, root) for other in range(size) if other != index]
    false += [(leaf, index, size, path[:at] + path[at + 1 :], root) for at in range(len(path))]
    false += [(leaf, index, size, [*path[:at], flipped(path[at]), *path[at + 1 :]], root) for at in range(len(path))]
    for claim in false:
        with pytest.raises(ProofError):
            check_inclusion(*claim)


@given(st.integers(1, 120), st.data())
def test_a_changed_consistency_proof_does_not_hold(new: int, data: st.DataObject) -> None:
    states, read, _ = grown(some_leaves(new))
    old = data.draw(st.integers(1, new))
    proof, before, after = consistency_proof(old, new, read), states[old].root(), states[new].root()
    false = [
        (old, new, [*proof, after], before, after),
        (old, new, proof, flipped(before), after),
        (old, new, proof, before, flipped(after)),
    ]
    false += [(old, new, proof[:at] + proof[at + 1 :], before, after) for at in range(len(proof))]
    false += [
        (old, new, [*proof[:at], flipped(proof[at]), *proof[at + 1 :]], before, after) for at in range(len(proof))
    ]
    for claim in false:
        with pytest.raises(ProofError):
            check_consistency(*claim)


@given(st.integers(2, 100), st.data())
def test_a_rewritten_leaf_has_no_consistency_proof(new: int, data: st.DataObject) -> None:
    leaves = some_leaves(new)
    old = data.draw(st.integers(1, new - 1))
    rewritten = leaves.copy()
    rewritten[data.draw(st.integers(0, old - 1))] = b"rewritten"
    states, read, _ = grown(rewritten)
    with pytest.raises(ProofError):
        check_consistency(old, new, consistency_proof(old, new, read), naive_root(leaves[:old]), states[new].root())


def test_a_proof_in_a_million_leaves_reads_few_nodes() -> None:
    size, reads = 1_000_003, 0

    def read(level: int, index: int) -> bytes:
        nonlocal reads
        reads += 1
        assert (index + 1) << level <= size
        return sha256(b"%d %d" % (level, index)).digest()

    assert len(inclusion_proof(123_456, size, read)) <= 20
    assert len(consistency_proof(654_321, size, read)) <= 21
    assert reads <= 80


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, ""),
        (1, "A" * 43),
        (1, "A" * 42 + "B="),
        (1, "A" * 43 + "=\n"),
        (1, "_" * 43 + "="),
        (2, "A" * 44),
        (3, "A" * 43 + "="),
        (-1, ""),
        (0, "A" * 43 + "="),
    ],
)
def test_a_malformed_compact_range_is_refused(size: int, text: str) -> None:
    with pytest.raises(ValueError, match=r"range|hash"):
        CompactRange.decode(size, text)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_inclusion_proof_of_what_is_not_there(index: int, size: int) -> None:
    _, read, _ = grown(some_leaves(3))
    with pytest.raises(ProofError):
        inclusion_proof(index, size, read)
    with pytest.raises(ProofError):
        check_inclusion(bytes(32), index, size, [], bytes(32))


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_backwards(old: int, new: int) -> None:
    _, read, _ = grown(some_leaves(3))
    with pytest.raises(ProofError):
        consistency_proof(old, new, read)
    with pytest.raises(ProofError):
        check_consistency(old, new, [], bytes(32), bytes(32))


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]

import subprocess
import sys
from pathlib import Path

import pytest

from agents.memory import Memory
from tests.unit.agents.precedents import ROOT, VECTORS, files, numbered, seen, traces, vectors


@pytest.mark.slow
def test_no_vector_of_a_tenant_is_in_the_files_of_another(memory: Memory, tmp_path: Path) -> None:
    """Chroma writes freed memory into a new index: without blanking, 7 new indexes in 8 held such vectors."""
    theirs = vectors(500)
    runs = {vector[at : at + 4].tobytes() for vector in theirs for at in range(0, 384, 4)}
    memory.rebuild("firm", ((numbered(n), vector) for n, vector in enumerate(theirs)))
    folders = set((tmp_path / "memory" / "slot-1").iterdir())
    for attempt in range(4):
        for vector in theirs[::2]:
            memory.nearest("firm", vector, None)
        memory.forget("firm", [numbered(attempt).id])
        memory.remember(f"other{attempt}", numbered(1), VECTORS[1])
        memory.rebuild(f"third{attempt}", ((numbered(n), VECTORS[n]) for n in range(40)))
    for folder in set((tmp_path / "memory" / "slot-1").iterdir()) - folders:
        for content in files(folder).values():
            assert not any(content[at : at + 16] in runs for at in range(len(content) - 15))


@pytest.mark.parametrize("count", [10, 1_100])  # below and above what Chroma writes to its HNSW file
def test_forgetting_leaves_no_bytes(memory: Memory, tmp_path: Path, count: int) -> None:
    erased = {n: numbered(n, "cus_erased") for n in (3, 7)}
    memory.rebuild("firm", ((erased.get(n, numbered(n, "cus_kept")), VECTORS[n]) for n in range(count)))
    memory.remember("firm", erased[3], VECTORS[3])
    memory.nearest("firm", VECTORS[3], "cus_erased")
    for n, precedent in erased.items():
        assert traces(tmp_path, precedent, VECTORS[n]) == {"id", "digest", "customer", "vector"}
    assert memory.forget("firm", [precedent.id for precedent in erased.values()]) == 2
    for n, precedent in erased.items():
        assert traces(tmp_path, precedent, VECTORS[n]) == set()
    assert memory.count("firm") == count - 2
    survivors = [n for n in range(count) if n not in erased]
    for n in survivors[:: max(1, count // 20)]:
        (one,) = memory.nearest("firm", VECTORS[n], "cus_kept", 1).neighbours
        assert one.precedent == numbered(n, "cus_kept")
    memory.close()
    for n, precedent in erased.items():
        assert traces(tmp_path, precedent, VECTORS[n]) == set()


def test_forgetting_what_is_not_there_changes_nothing(memory: Memory, tmp_path: Path) -> None:
    memory.rebuild("firm", ((numbered(n), VECTORS[n]) for n in range(3)))
    assert memory.forget("firm", ["prc_unknown"]) == 0
    assert memory.forget("firm", []) == 0
    assert memory.forget("other", [numbered(1).id]) == 0
    assert memory.count("firm") == 3
    with pytest.raises(TypeError, match="sequence"):
        memory.forget("firm", numbered(1).id)


def test_a_rebuild_replaces_all_and_leaves_no_bytes(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", numbered(1, "cus_1"), VECTORS[1])
    assert memory.rebuild("firm", [(numbered(2), VECTORS[2])]) == 1
    assert seen(memory, "firm", VECTORS[1], "cus_1") == [numbered(2).id]
    assert traces(tmp_path, numbered(1, "cus_1"), VECTORS[1]) == set()


ERASER = """
import sys
from pathlib import Path
from agents.memory import Memory
memory = Memory(Path(sys.argv[1]), "encoder/1")
memory.count("firm")
print("ready", flush=True)
sys.stdin.readline()
memory.forget("firm", [sys.argv[2]])
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_kill_while_erasing_loses_nobody_else_and_a_repeat_erases(tmp_path: Path) -> None:
    """Killed at 12 moments spread over the erasure; after each, the rest is whole and the call again erases."""
    path = tmp_path / "memory"
    memory = Memory(path, "encoder/1")
    for attempt in range(12):
        memory.rebuild("firm", ((numbered(n), VECTORS[n]) for n in range(600)))
        memory.close()
        eraser = subprocess.Popen(
            [sys.executable, "-c", ERASER, str(path), numbered(attempt).id],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert eraser.stdout is not None
        assert eraser.stdin is not None
        assert eraser.stdout.readline() == "ready\n"
        eraser.stdin.write("go\n")
        eraser.stdin.flush()
        try:
            eraser.wait(timeout=0.03 * attempt)
        except subprocess.TimeoutExpired:
            eraser.kill()
        eraser.communicate()
        assert memory.count("firm") in {599, 600}
        memory.forget("firm", [numbered(attempt).id])
        assert memory.count("firm") == 599
        assert traces(path, numbered(attempt), VECTORS[attempt]) == set()
    memory.close()

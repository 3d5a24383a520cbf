import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.memory import Memory, MemoryUnavailable, Precedent
from tests.unit.agents.precedents import ROOT, VECTORS, Vector, numbered, seen


def test_a_rebuild_that_breaks_off_leaves_the_old_ones(memory: Memory) -> None:
    def broken() -> Iterator[tuple[Precedent, Vector]]:
        yield numbered(2), VECTORS[2]
        raise ConnectionError("the database went away")

    memory.remember("firm", numbered(1), VECTORS[1])
    with pytest.raises(ConnectionError, match="went away"):
        memory.rebuild("firm", broken())
    with pytest.raises(ValueError, match="unit length"):
        memory.rebuild("firm", [(numbered(2), VECTORS[2] * 2)])
    assert memory.fault is None
    assert seen(memory, "firm", VECTORS[1], None) == [numbered(1).id]


def test_a_generation_that_a_crash_left_is_gone_at_the_next_call(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", numbered(1), VECTORS[1])
    (folder,) = [path for path in (tmp_path / "memory" / "slot-1").iterdir() if path.is_dir()]
    memory.close()
    left = folder / "g9"
    left.mkdir()
    (left / "chroma.sqlite3").write_bytes(VECTORS[5].tobytes())
    assert memory.forget("firm", ["prc_unknown"]) == 0
    assert not left.exists()
    assert memory.count("firm") == 1


def test_another_process_has_a_copy_of_its_own(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", numbered(1), VECTORS[1])
    memory.set_mark("firm", "7")
    script = f"""
from pathlib import Path
import numpy as np
from agents.memory import Memory
memory = Memory(Path({str(tmp_path / "memory")!r}), "encoder/1")
recall = memory.nearest("firm", np.eye(1, 384, dtype=np.float32)[0], None)
print(len(recall.neighbours), recall.fault, repr(memory.mark("firm")))
print(memory.forget("firm", [{numbered(1).id!r}]))
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["0 None ''", "0"]
    assert memory.count("firm") == 1
    assert (tmp_path / "memory" / "slot-2").is_dir()


def test_a_mark_stays_with_its_copy(memory: Memory) -> None:
    memory.remember("firm", numbered(1), VECTORS[1])
    memory.set_mark("firm", "7 of it")
    memory.close()
    assert (memory.mark("firm"), memory.mark("other")) == ("7 of it", "")


@pytest.mark.parametrize("what", ["database", "index", "pointer", "missing"])
def test_a_broken_store_degrades_says_so_and_can_be_rebuilt(
    memory: Memory, tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory.rebuild("firm", ((numbered(n), VECTORS[n]) for n in range(1_100)))
    memory.close()
    (folder,) = [path for path in (tmp_path / "memory" / "slot-1").iterdir() if path.is_dir()]
    match what:
        case "database":
            (folder / "g1" / "chroma.sqlite3").write_bytes(b"no database" * 1_000)
        case "index":
            for file in (folder / "g1").glob("*/*"):
                file.write_bytes(file.read_bytes()[:50])
        case "pointer":
            (folder / "current").write_text("../../elsewhere")
        case "missing":
            (folder / "current").write_text("g7")
    recall = memory.nearest("firm", VECTORS[1], None)
    assert recall.neighbours == ()
    assert recall.fault is not None
    assert recall.fault == memory.fault
    assert "memory is unavailable" in caplog.text
    with pytest.raises(MemoryUnavailable):
        memory.forget("firm", [numbered(1).id])
    assert memory.rebuild("firm", [(numbered(1), VECTORS[1])]) == 1
    assert seen(memory, "firm", VECTORS[1], None) == [numbered(1).id]
    assert memory.fault is None


def test_an_engine_panic_is_a_fault_and_an_interrupt_is_not(memory: Memory) -> None:
    panic = type("PanicException", (BaseException,), {})  # as the engine's binding layer derives it
    with pytest.raises(MemoryUnavailable, match="PanicException: index out of range"), memory._guarded():
        raise panic("index out of range")
    with pytest.raises(KeyboardInterrupt), memory._guarded():
        raise KeyboardInterrupt


def test_an_unwritable_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file", "encoder/1")
    assert "FileExistsError" in str(memory.nearest("firm", VECTORS[0], None).fault)
    with pytest.raises(MemoryUnavailable):
        memory.remember("firm", numbered(1), VECTORS[1])


def test_vectors_of_another_encoder_are_not_compared(memory: Memory, newer: Memory) -> None:
    memory.rebuild("firm", ((numbered(n), VECTORS[n]) for n in range(3)))
    memory.close()
    recall = newer.nearest("firm", VECTORS[1], None)
    assert recall.neighbours == ()
    assert "made by encoder/1, the encoder is now encoder/2: rebuild" in str(recall.fault)
    with pytest.raises(MemoryUnavailable, match="rebuild"):
        newer.remember("firm", numbered(4), VECTORS[4])
    assert newer.forget("firm", [numbered(1).id]) == 1  # erasing waits for no rebuild
    assert "made by encoder/1" in str(newer.nearest("firm", VECTORS[1], None).fault)
    newer.rebuild("firm", [(numbered(5), VECTORS[5])])
    assert seen(newer, "firm", VECTORS[5], None) == [numbered(5).id]

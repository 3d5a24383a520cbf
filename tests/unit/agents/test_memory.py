import hashlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from agents.memory import MAX_OPEN, Memory, MemoryUnavailable, Precedent

Vector = NDArray[np.float32]
ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RANDOM = np.random.default_rng(7)


def _vectors(count: int) -> Any:
    drawn = RANDOM.normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


VECTORS = _vectors(1_200)


def _precedent(number: int, customer: str | None = None, kind: str = "change_request") -> Precedent:
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


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory", "encoder/1")
    yield opened
    opened.close()


def _seen(memory: Memory, tenant: str, vector: Vector, customer: str | None, k: int = 64) -> list[str]:
    recall = memory.nearest(tenant, vector, customer, k)
    assert recall.fault is None
    return [one.precedent.id for one in recall.neighbours]


def _files(path: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory", "encoder/2")
    yield opened
    opened.close()


def _traces(path: Path, precedent: Precedent, vector: Vector) -> set[str]:
    """Which marks of a precedent some file holds; of the vector, any run of eight numbers."""
    marks = {"id": [precedent.id.encode()], "digest": [precedent.text_digest[7:].encode()]}
    marks["customer"] = [precedent.customer.encode()] if precedent.customer else []
    marks["vector"] = [vector[at : at + 8].tobytes() for at in range(0, 384, 8)]
    contents = _files(path).values()
    return {name for name, runs in marks.items() for run in runs if any(run in content for content in contents)}


def test_what_is_remembered_comes_back_whole(memory: Memory) -> None:
    precedent = _precedent(1, "cus_1")
    memory.remember("firm", precedent, VECTORS[1])
    (neighbour,) = memory.nearest("firm", VECTORS[1], "cus_1").neighbours
    assert neighbour.precedent == precedent
    assert neighbour.similarity == pytest.approx(1, abs=1e-5)
    assert memory.count("firm") == 1


def test_the_same_id_again_replaces(memory: Memory) -> None:
    for kind in ("ticket", "billing_question", "billing_question"):
        memory.remember("firm", _precedent(1, kind=kind), VECTORS[1])
    assert [one.precedent.kind for one in memory.nearest("firm", VECTORS[1], None).neighbours] == ["billing_question"]


def test_an_empty_memory_answers_with_nothing(memory: Memory) -> None:
    recall = memory.nearest("firm", VECTORS[0], "cus_1")
    assert (recall.neighbours, recall.fault) == ((), None)
    assert memory.count("firm") == 0


CUSTOMERS = st.sampled_from([None, "cus_1", "cus_2", "cus_3", "cus_10", "CUS_1"])


@settings(max_examples=40)
@given(owners=st.lists(CUSTOMERS, max_size=25), asking=CUSTOMERS, k=st.integers(1, 12))
def test_a_customer_sees_the_nearest_of_its_own_and_the_general_ones(
    tmp_path_factory: pytest.TempPathFactory, owners: list[str | None], asking: str | None, k: int
) -> None:
    memory = Memory(tmp_path_factory.mktemp("memory"), "encoder/1")
    try:
        memory.rebuild("firm", ((_precedent(n, owner), VECTORS[n]) for n, owner in enumerate(owners)))
        question = VECTORS[-1]
        open_to_it = [n for n, owner in enumerate(owners) if owner is None or owner == asking]
        nearest = sorted(open_to_it, key=lambda n: -float(VECTORS[n] @ question))[:k]
        assert _seen(memory, "firm", question, asking, k) == [_precedent(n).id for n in nearest]
    finally:
        memory.close()


def test_no_form_of_customer_opens_the_wall(memory: Memory) -> None:
    memory.rebuild("firm", [(_precedent(1, "cus_1"), VECTORS[1]), (_precedent(2), VECTORS[2])])
    for asking in (None, "", "cus_", "cus_11", "*", "%", 'cus_1"', '{"$ne": ""}', "cus_1 ", "$in"):
        assert _seen(memory, "firm", VECTORS[1], asking) == [_precedent(2).id]


def test_tenants_are_apart(memory: Memory, tmp_path: Path) -> None:
    tenants = ["firm", "firm2", "../firm", "FIRM", ""]
    for number, tenant in enumerate(tenants):
        memory.remember(tenant, _precedent(number), VECTORS[number])
    for number, tenant in enumerate(tenants):
        assert _seen(memory, tenant, VECTORS[0], None) == [_precedent(number).id]
    assert [path.name for path in tmp_path.iterdir()] == ["memory"]


def test_no_vector_of_a_tenant_is_in_the_files_of_another(memory: Memory, tmp_path: Path) -> None:
    """Chroma writes freed memory into a new index: without blanking, 7 new indexes in 8 held such vectors."""
    theirs = _vectors(500)
    runs = {vector[at : at + 4].tobytes() for vector in theirs for at in range(0, 384, 4)}
    memory.rebuild("firm", ((_precedent(n), vector) for n, vector in enumerate(theirs)))
    folders = set((tmp_path / "memory").iterdir())
    for attempt in range(4):
        for vector in theirs[::2]:
            memory.nearest("firm", vector, None)
        memory.forget("firm", [_precedent(attempt).id])
        memory.remember(f"other{attempt}", _precedent(1), VECTORS[1])
        memory.rebuild(f"third{attempt}", ((_precedent(n), VECTORS[n]) for n in range(40)))
    for folder in set((tmp_path / "memory").iterdir()) - folders:
        for content in _files(folder).values():
            assert not any(content[at : at + 16] in runs for at in range(len(content) - 15))


@pytest.mark.slow
def test_an_index_grows_well_after_its_slack_was_blanked(memory: Memory) -> None:
    for first, end in [(0, 1), (1, 10), (10, 990), (990, 1_010), (1_010, 1_200)]:
        for n in range(first, end):
            memory.remember("firm", _precedent(n), VECTORS[n])
        memory.close()
        assert memory.count("firm") == end
        for n in range(0, end, 60):
            assert _seen(memory, "firm", VECTORS[n], None, 1) == [_precedent(n).id]


def test_it_is_all_there_after_closing(memory: Memory) -> None:
    memory.rebuild("firm", ((_precedent(n), VECTORS[n]) for n in range(1_100)))
    memory.remember("firm", _precedent(1_100), VECTORS[1_100])
    memory.close()
    assert memory.count("firm") == 1_101
    assert _seen(memory, "firm", VECTORS[1_100], None, 1) == [_precedent(1_100).id]


@pytest.mark.parametrize("count", [10, 1_100])  # below and above what Chroma writes to its HNSW file
def test_forgetting_leaves_no_bytes(memory: Memory, tmp_path: Path, count: int) -> None:
    erased = {n: _precedent(n, "cus_erased") for n in (3, 7)}
    memory.rebuild("firm", ((erased.get(n, _precedent(n, "cus_kept")), VECTORS[n]) for n in range(count)))
    memory.remember("firm", erased[3], VECTORS[3])
    memory.nearest("firm", VECTORS[3], "cus_erased")
    for n, precedent in erased.items():
        assert _traces(tmp_path, precedent, VECTORS[n]) == {"id", "digest", "customer", "vector"}
    assert memory.forget("firm", [precedent.id for precedent in erased.values()]) == 2
    for n, precedent in erased.items():
        assert _traces(tmp_path, precedent, VECTORS[n]) == set()
    assert memory.count("firm") == count - 2
    survivors = [n for n in range(count) if n not in erased]
    for n in survivors[:: max(1, count // 20)]:
        (one,) = memory.nearest("firm", VECTORS[n], "cus_kept", 1).neighbours
        assert one.precedent == _precedent(n, "cus_kept")
    memory.close()
    for n, precedent in erased.items():
        assert _traces(tmp_path, precedent, VECTORS[n]) == set()


def test_forgetting_what_is_not_there_changes_nothing(memory: Memory, tmp_path: Path) -> None:
    memory.rebuild("firm", ((_precedent(n), VECTORS[n]) for n in range(3)))
    assert memory.forget("firm", ["prc_unknown"]) == 0
    assert memory.forget("firm", []) == 0
    assert memory.forget("other", [_precedent(1).id]) == 0
    assert memory.count("firm") == 3
    with pytest.raises(TypeError, match="sequence"):
        memory.forget("firm", _precedent(1).id)


def test_a_rebuild_replaces_all_and_leaves_no_bytes(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", _precedent(1, "cus_1"), VECTORS[1])
    assert memory.rebuild("firm", [(_precedent(2), VECTORS[2])]) == 1
    assert _seen(memory, "firm", VECTORS[1], "cus_1") == [_precedent(2).id]
    assert _traces(tmp_path, _precedent(1, "cus_1"), VECTORS[1]) == set()


def test_a_rebuild_that_breaks_off_leaves_the_old_ones(memory: Memory) -> None:
    def broken() -> Iterator[tuple[Precedent, Vector]]:
        yield _precedent(2), VECTORS[2]
        raise ConnectionError("the database went away")

    memory.remember("firm", _precedent(1), VECTORS[1])
    with pytest.raises(ConnectionError, match="went away"):
        memory.rebuild("firm", broken())
    with pytest.raises(ValueError, match="unit length"):
        memory.rebuild("firm", [(_precedent(2), VECTORS[2] * 2)])
    assert memory.fault is None
    assert _seen(memory, "firm", VECTORS[1], None) == [_precedent(1).id]


def test_a_generation_that_a_crash_left_is_gone_at_the_next_call(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", _precedent(1), VECTORS[1])
    (folder,) = [path for path in (tmp_path / "memory").iterdir() if path.is_dir()]
    memory.close()
    left = folder / "g9"
    left.mkdir()
    (left / "chroma.sqlite3").write_bytes(VECTORS[5].tobytes())
    assert memory.forget("firm", ["prc_unknown"]) == 0
    assert not left.exists()
    assert memory.count("firm") == 1


def test_two_owners_are_refused(memory: Memory, tmp_path: Path) -> None:
    memory.remember("firm", _precedent(1), VECTORS[1])
    script = f"""
from pathlib import Path
import numpy as np
from agents.memory import Memory, MemoryUnavailable
memory = Memory(Path({str(tmp_path / "memory")!r}), "encoder/1")
recall = memory.nearest("firm", np.eye(1, 384, dtype=np.float32)[0], None)
print(len(recall.neighbours), recall.fault)
try:
    memory.forget("firm", [{_precedent(1).id!r}])
except MemoryUnavailable as refusal:
    print(refusal)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "0 another process owns the memory's folder",
        "another process owns the memory's folder",
    ]
    assert memory.count("firm") == 1


@pytest.mark.parametrize("what", ["database", "index", "pointer", "missing"])
def test_a_broken_store_degrades_says_so_and_can_be_rebuilt(
    memory: Memory, tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory.rebuild("firm", ((_precedent(n), VECTORS[n]) for n in range(1_100)))
    memory.close()
    (folder,) = [path for path in (tmp_path / "memory").iterdir() if path.is_dir()]
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
        memory.forget("firm", [_precedent(1).id])
    assert memory.rebuild("firm", [(_precedent(1), VECTORS[1])]) == 1
    assert _seen(memory, "firm", VECTORS[1], None) == [_precedent(1).id]
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
        memory.remember("firm", _precedent(1), VECTORS[1])


def test_vectors_of_another_encoder_are_not_compared(memory: Memory, newer: Memory) -> None:
    memory.rebuild("firm", ((_precedent(n), VECTORS[n]) for n in range(3)))
    memory.close()
    recall = newer.nearest("firm", VECTORS[1], None)
    assert recall.neighbours == ()
    assert "made by encoder/1, the encoder is now encoder/2: rebuild" in str(recall.fault)
    with pytest.raises(MemoryUnavailable, match="rebuild"):
        newer.remember("firm", _precedent(4), VECTORS[4])
    assert newer.forget("firm", [_precedent(1).id]) == 1  # erasing waits for no rebuild
    assert "made by encoder/1" in str(newer.nearest("firm", VECTORS[1], None).fault)
    newer.rebuild("firm", [(_precedent(5), VECTORS[5])])
    assert _seen(newer, "firm", VECTORS[5], None) == [_precedent(5).id]


def test_reads_go_on_while_others_write_and_erase(memory: Memory) -> None:
    memory.rebuild("firm", ((_precedent(n, f"cus_{n % 4}"), VECTORS[n]) for n in range(200)))
    done = Event()

    def read(customer: str) -> int:
        reads = 0
        while not done.is_set():
            recall = memory.nearest("firm", VECTORS[1_000], customer, 20)
            assert recall.fault is None
            assert {one.precedent.customer for one in recall.neighbours} == {customer}
            reads += 1
        return reads

    def write(first: int) -> None:
        for n in range(first, first + 30):
            memory.remember("firm", _precedent(n, "cus_0"), VECTORS[n])

    with ThreadPoolExecutor(5) as pool:
        readers = [pool.submit(read, f"cus_{n}") for n in range(2)]
        writers = [pool.submit(write, first) for first in (500, 600)]
        removed = [memory.forget("firm", [_precedent(n).id]) for n in range(6)]
        for writer in writers:
            writer.result()
        done.set()
        assert all(reader.result() > 0 for reader in readers)
    assert removed == [1] * 6
    assert memory.count("firm") == 200 + 60 - 6


def test_few_tenants_are_open_at_once(memory: Memory) -> None:
    for n in range(MAX_OPEN + 4):
        memory.remember(f"firm{n}", _precedent(n), VECTORS[n])
    assert sum(store._open is not None for store in memory._stores.values()) == MAX_OPEN
    for n in range(MAX_OPEN + 4):
        assert _seen(memory, f"firm{n}", VECTORS[n], None) == [_precedent(n).id]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "Please call me back, Maria Rossi"),
        ("urgency", "maria@example.com"),
        ("impact", ""),
        ("text_digest", "please call me back"),
        ("customer", ""),
        ("source", "guess"),
        ("at", datetime(2026, 3, 2, 9)),
    ],
)
def test_a_precedent_has_no_room_for_text(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Precedent.model_validate({**_precedent(1).model_dump(), field: value})


@pytest.mark.parametrize(
    "vector",
    [VECTORS[0] * 2, VECTORS[0][:10], VECTORS[0].astype(np.float64), np.full(384, np.nan, np.float32), VECTORS[:2]],
)
def test_a_vector_of_another_form_is_an_error(memory: Memory, vector: Any) -> None:
    with pytest.raises(ValueError, match="a vector"):
        memory.remember("firm", _precedent(1), vector)
    with pytest.raises(ValueError, match="a vector"):
        memory.nearest("firm", vector, None)


@pytest.mark.parametrize("k", [0, -1, 65])
def test_k_has_bounds(memory: Memory, k: int) -> None:
    with pytest.raises(ValueError, match="k is 1 to 64"):
        memory.nearest("firm", VECTORS[0], None, k)


def test_the_engine_alone_is_loaded_and_only_when_used(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from agents.memory import Memory
before = [m for m in ("numpy", "chromadb", "chromadb_rust_bindings") if m in sys.modules]
memory = Memory(Path({str(tmp_path / "memory")!r}), "encoder/1")
memory.count("firm")
print(before, "chromadb" in sys.modules, "chromadb_rust_bindings" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] False True"


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
def test_a_kill_while_erasing_loses_nobody_else_and_a_repeat_erases(tmp_path: Path) -> None:
    """Killed at 12 moments spread over the erasure; after each, the rest is whole and the call again erases."""
    path = tmp_path / "memory"
    memory = Memory(path, "encoder/1")
    for attempt in range(12):
        memory.rebuild("firm", ((_precedent(n), VECTORS[n]) for n in range(600)))
        memory.close()
        eraser = subprocess.Popen(
            [sys.executable, "-c", ERASER, str(path), _precedent(attempt).id],
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
        memory.forget("firm", [_precedent(attempt).id])
        assert memory.count("firm") == 599
        assert _traces(path, _precedent(attempt), VECTORS[attempt]) == set()
    memory.close()

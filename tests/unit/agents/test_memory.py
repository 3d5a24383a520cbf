import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.memory import MAX_OPEN, Memory, Precedent
from tests.unit.agents.precedents import ROOT, VECTORS, numbered, seen


def test_what_is_remembered_comes_back_whole(memory: Memory) -> None:
    precedent = numbered(1, "cus_1")
    memory.remember("firm", precedent, VECTORS[1])
    (neighbour,) = memory.nearest("firm", VECTORS[1], "cus_1").neighbours
    assert neighbour.precedent == precedent
    assert neighbour.similarity == pytest.approx(1, abs=1e-5)
    assert memory.count("firm") == 1


def test_the_same_id_again_replaces(memory: Memory) -> None:
    for kind in ("ticket", "billing_question", "billing_question"):
        memory.remember("firm", numbered(1, kind=kind), VECTORS[1])
    assert [one.precedent.kind for one in memory.nearest("firm", VECTORS[1], None).neighbours] == ["billing_question"]


def test_an_empty_memory_answers_with_nothing(memory: Memory) -> None:
    recall = memory.nearest("firm", VECTORS[0], "cus_1")
    assert (recall.neighbours, recall.fault) == ((), None)
    assert memory.count("firm") == 0


CUSTOMERS = st.sampled_from([None, "cus_1", "cus_2", "cus_3", "cus_10", "CUS_1"])


@settings(max_examples=25)
@given(owners=st.lists(CUSTOMERS, max_size=25), asking=CUSTOMERS, k=st.integers(1, 12))
def test_a_customer_sees_the_nearest_of_its_own_and_the_general_ones(
    tmp_path_factory: pytest.TempPathFactory, owners: list[str | None], asking: str | None, k: int
) -> None:
    memory = Memory(tmp_path_factory.mktemp("memory"), "encoder/1")
    try:
        memory.rebuild("firm", ((numbered(n, owner), VECTORS[n]) for n, owner in enumerate(owners)))
        question = VECTORS[-1]
        open_to_it = [n for n, owner in enumerate(owners) if owner is None or owner == asking]
        nearest = sorted(open_to_it, key=lambda n: -float(VECTORS[n] @ question))[:k]
        assert seen(memory, "firm", question, asking, k) == [numbered(n).id for n in nearest]
    finally:
        memory.close()


def test_no_form_of_customer_opens_the_wall(memory: Memory) -> None:
    memory.rebuild("firm", [(numbered(1, "cus_1"), VECTORS[1]), (numbered(2), VECTORS[2])])
    for asking in (None, "", "cus_", "cus_11", "*", "%", 'cus_1"', '{"$ne": ""}', "cus_1 ", "$in"):
        assert seen(memory, "firm", VECTORS[1], asking) == [numbered(2).id]


def test_tenants_are_apart(memory: Memory, tmp_path: Path) -> None:
    tenants = ["firm", "firm2", "../firm", "FIRM", ""]
    for number, tenant in enumerate(tenants):
        memory.remember(tenant, numbered(number), VECTORS[number])
    for number, tenant in enumerate(tenants):
        assert seen(memory, tenant, VECTORS[0], None) == [numbered(number).id]
    assert [path.name for path in tmp_path.iterdir()] == ["memory"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_index_grows_well_after_its_slack_was_blanked(memory: Memory) -> None:
    for first, end in [(0, 1), (1, 10), (10, 990), (990, 1_010), (1_010, 1_200)]:
        for n in range(first, end):
            memory.remember("firm", numbered(n), VECTORS[n])
        memory.close()
        assert memory.count("firm") == end
        for n in range(0, end, 60):
            assert seen(memory, "firm", VECTORS[n], None, 1) == [numbered(n).id]


def test_it_is_all_there_after_closing(memory: Memory) -> None:
    memory.rebuild("firm", ((numbered(n), VECTORS[n]) for n in range(1_100)))
    memory.remember("firm", numbered(1_100), VECTORS[1_100])
    memory.close()
    assert memory.count("firm") == 1_101
    assert seen(memory, "firm", VECTORS[1_100], None, 1) == [numbered(1_100).id]


def test_reads_go_on_while_others_write_and_erase(memory: Memory) -> None:
    memory.rebuild("firm", ((numbered(n, f"cus_{n % 4}"), VECTORS[n]) for n in range(200)))
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
            memory.remember("firm", numbered(n, "cus_0"), VECTORS[n])

    with ThreadPoolExecutor(5) as pool:
        readers = [pool.submit(read, f"cus_{n}") for n in range(2)]
        writers = [pool.submit(write, first) for first in (500, 600)]
        removed = [memory.forget("firm", [numbered(n).id]) for n in range(6)]
        for writer in writers:
            writer.result()
        done.set()
        assert all(reader.result() > 0 for reader in readers)
    assert removed == [1] * 6
    assert memory.count("firm") == 200 + 60 - 6


def test_few_tenants_are_open_at_once(memory: Memory) -> None:
    for n in range(MAX_OPEN + 4):
        memory.remember(f"firm{n}", numbered(n), VECTORS[n])
    assert sum(store._open is not None for store in memory._stores.values()) == MAX_OPEN
    for n in range(MAX_OPEN + 4):
        assert seen(memory, f"firm{n}", VECTORS[n], None) == [numbered(n).id]


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
        Precedent.model_validate({**numbered(1).model_dump(), field: value})


@pytest.mark.parametrize(
    "vector",
    [VECTORS[0] * 2, VECTORS[0][:10], VECTORS[0].astype(np.float64), np.full(384, np.nan, np.float32), VECTORS[:2]],
)
def test_a_vector_of_another_form_is_an_error(memory: Memory, vector: Any) -> None:
    with pytest.raises(ValueError, match="a vector"):
        memory.remember("firm", numbered(1), vector)
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

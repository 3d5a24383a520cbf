import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.slots import Slots
from tests.unit.agents.precedents import ROOT

HOLDER = """
import sys
from pathlib import Path
from agents.slots import Slots
slot = Slots(Path(sys.argv[1])).take()
(slot.folder / "mine").touch()
print(slot.folder.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path / "copies")


def test_each_holder_has_the_first_free_one_with_what_is_in_it(slots: Slots) -> None:
    first, second = slots.take(), slots.take()
    assert (first.folder.name, second.folder.name) == ("slot-1", "slot-2")
    (first.folder / "left").touch()
    first.give_back()
    third = slots.take()
    assert third.folder == first.folder
    assert (third.folder / "left").exists()
    for each in (second, third):
        each.give_back()


def test_what_a_killed_process_held_is_free(slots: Slots, tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path / "copies")]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "slot-1\n"
        assert slots.discard_free() == 0
        assert slots.take().folder.name == "slot-2"
        process.kill()
        process.wait()
    assert (tmp_path / "copies" / "slot-1" / "mine").exists()
    assert slots.discard_free() == 1
    assert not (tmp_path / "copies" / "slot-1").exists()
    assert slots.take().folder.name == "slot-1"


def test_those_idle_for_long_are_discarded_and_no_others(slots: Slots, tmp_path: Path) -> None:
    held, idle, fresh = slots.take(), slots.take(), slots.take()
    idle.give_back()
    fresh.give_back()
    os.utime(idle.folder.with_suffix(".lock"), (0, 1_000_000))
    os.utime(held.folder.with_suffix(".lock"), (0, 1_000_000))
    assert slots.discard_free(idle_since=held.touch() - 600) == 1
    assert sorted(path.name for path in (tmp_path / "copies").glob("slot-?")) == ["slot-1", "slot-3"]


def test_a_folder_that_is_not_there_has_nothing_to_discard(slots: Slots, tmp_path: Path) -> None:
    assert slots.discard_free() == 0
    assert list(tmp_path.iterdir()) == []


def test_the_one_copy_of_a_former_version_is_deleted(slots: Slots, tmp_path: Path) -> None:
    former = tmp_path / "copies"
    (former / "0123456789abcdef" / "g1").mkdir(parents=True)
    (former / "owner.lock").touch()
    slots.take()
    assert sorted(path.name for path in former.iterdir()) == ["slot-1", "slot-1.lock"]

"""Fault points: what the setting takes, and that an armed process dies at that very passing."""

import signal
import subprocess
import sys

import pytest

from app.settings import Settings, SettingsInvalid, load_settings
from app.workflow.faults import POINTS, arm, checked

_PASSING = """
import sys
from app.workflow.faults import arm, fault_point
arm(sys.argv[1].split(","))
for _ in range(3):
    fault_point("execute.claimed")
    fault_point("execute.applied")
    print("passed", flush=True)
"""


@pytest.mark.parametrize(
    ("faults", "passed", "point"),
    [
        ("execute.applied", 0, "execute.applied"), ("execute.applied@3", 2, "execute.applied"),
        ("execute.applied@3,execute.claimed@2", 1, "execute.claimed"), ("execute.applied@4", 3, None),
        ("triage.ran", 3, None),
    ],
)  # fmt: skip
def test_the_process_dies_at_that_passing(faults: str, passed: int, point: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PASSING, faults], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "passed\n" * passed
    assert done.stderr == (f"fault point {point}\n" if point else "")
    assert done.returncode == (-signal.SIGKILL if point else 0)


@pytest.mark.parametrize(
    "fault", ["execute.aplied", "execute.applied@0", "execute.applied@x", "@2", "execute.applied@"]
)
def test_what_is_no_fault_is_refused(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"is no fault point|after @"):
        checked(fault)
    with pytest.raises(ValueError, match=r"is no fault point|after @"):
        arm([fault])
    monkeypatch.setenv("COUNTERSIGN_FAULTS", f"execute.applied,{fault}")
    with pytest.raises(SettingsInvalid, match="COUNTERSIGN_FAULTS"):
        load_settings()


def test_every_point_is_taken_with_and_without_a_count() -> None:
    faults = (*POINTS, *(f"{point}@12" for point in POINTS))
    assert Settings(faults=faults).faults == faults

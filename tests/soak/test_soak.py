"""Eight kills of each of four processes at fault points and eight at random moments: nothing is lost or doubled."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres
from tests.architecture.tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(900)]


def test_killed_sixty_times_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL server programs on this machine")
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--kills", "8", "--points", "8", "--forked", "--json", "--keep",
         tmp_path / "soak"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    results = json.loads(done.stdout)
    assert [each.get("backend") for each in results] == ["sqlite", "postgres"], done.stderr
    for each in results:
        assert (each["lost"], each["doubled"], each["odd"]) == ([], [], []), each["backend"]
        assert sum(each["hits"].values()) >= 16 * each["processes"]
        # Kills say something only where something was under way.
        assert each["counts"]["events"] >= 10
        assert each["counts"]["effects"] >= 3
    assert done.returncode == 0

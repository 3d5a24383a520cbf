"""The import contracts of pyproject.toml hold, and would notice if they did not."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

_LINT = Path(sys.executable).with_name("lint-imports")

# What each contract must catch: a line, and the module to which it is added.
BREACHES = {
    "layers": ("tools/events.py", "import app.ids"),
}


def _lint(where: Path) -> tuple[int, str]:
    done = subprocess.run([_LINT, "--no-cache"], cwd=where, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_contracts_hold() -> None:
    code, told = _lint(ROOT)
    assert code == 0, told

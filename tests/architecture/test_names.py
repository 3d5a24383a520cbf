"""The rooms are import names, which an installed package or a test folder of the same name could take."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.tree import ROOMS, ROOT


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_resolves_inside_the_repository(room: str, tmp_path: Path) -> None:
    # From another folder and in a fresh interpreter, so that only the installation decides.
    code = f"import importlib.util as u; print(u.find_spec({room!r}).origin)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == ROOT / room / "__init__.py"


@pytest.fixture(scope="module")
def installed() -> Mapping[str, list[str]]:
    """Import name → packages that bring it."""
    return packages_distributions()


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_package_installs_a_rooms_name(installed: Mapping[str, list[str]], room: str) -> None:
    assert set(installed.get(room, [])) <= {"countersign"}


def test_every_folder_of_tests_is_a_package() -> None:
    # Otherwise two test files of one name clash, and tests/agents would answer to `import agents`.
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert sorted(folder for folder in folders if not (folder / "__init__.py").exists()) == []


def test_unit_tests_mirror_the_rooms() -> None:
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if any(path.rglob("test_*.py"))}
    assert folders <= set(ROOMS)

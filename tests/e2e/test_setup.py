"""setup.sh on a clone of this commit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, tracked_files


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The tracked files as they are now, elsewhere."""
    where = tmp_path / "clone"
    for path in tracked_files():
        target = where / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return where


def _setup(where: Path, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        ["/bin/sh", "setup.sh", *arguments], cwd=where, env=environment, capture_output=True, text=True, check=False
    )


def _only(folder: Path, *programs: str) -> str:
    """A PATH that holds these programs of the machine and nothing else."""
    folder.mkdir()
    for program in programs:
        found = next(p for d in os.environ["PATH"].split(":") if (p := Path(d) / program).exists())
        (folder / program).symlink_to(found.resolve())
    return str(folder)


@pytest.mark.parametrize("interpreter", ["/bin/false", "/nowhere/python3"])
def test_a_python_that_does_not_suit_is_refused_by_name(clone: Path, interpreter: str) -> None:
    done = _setup(clone, interpreter)
    assert done.returncode == 1
    assert interpreter in done.stderr
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert not (clone / ".venv").exists()


def test_no_python_at_all_says_what_is_needed(clone: Path, tmp_path: Path) -> None:
    done = _setup(clone, path=_only(tmp_path / "bin", "dirname"))
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr


def test_a_python_that_cannot_make_an_environment_names_the_package(clone: Path, tmp_path: Path) -> None:
    # A Python with neither venv nor pip, and no other tool to make an environment with.
    binaries = _only(tmp_path / "bin", "dirname", "rm", "id", "uname")
    bare = tmp_path / "bin" / "python3"
    bare.write_text(f'#!/bin/sh\ncase "$1" in -m) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    bare.chmod(0o755)
    done = _setup(clone, path=binaries)
    assert done.returncode == 1
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_clone_gets_an_environment_of_its_own(clone: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    done = _setup(clone, str(base))
    assert done.returncode == 0, done.stderr
    code = "import app, tools, importlib.metadata as m; print(app.__file__, m.version('countersign'))"
    shown = subprocess.run(
        [clone / ".venv" / "bin" / "python", "-c", code], cwd=clone.parent, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split()[0] == str(clone / "app" / "__init__.py")

    again = _setup(clone)
    assert again.returncode == 0, again.stderr
    assert "keeping .venv" in again.stderr

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT

_LOCK = (ROOT / "requirements.lock").read_text()


def _pinned() -> dict[str, set[str]]:
    """Versions by package: there are two where the lock has one for each Python."""
    versions: dict[str, set[str]] = {}
    for line in _LOCK.splitlines():
        if line[:1].strip():
            name, version = re.split(r"==| |;|\\", line)[:2]
            versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def _declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return [Requirement(one) for one in [*project["dependencies"], *extras]]


def test_every_entry_is_one_version_with_hashes() -> None:
    entries = re.split(r"\n(?=\S)", _LOCK.strip())
    assert len(entries) > 100
    entry_form = re.compile(
        r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+( ;[^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+"
    )
    assert [entry.splitlines()[0] for entry in entries if not entry_form.fullmatch(entry)] == []


def test_no_address_and_no_torch() -> None:
    assert "://" not in _LOCK
    assert " @ " not in _LOCK
    heavy = {"torch", "sentence-transformers", "transformers", "triton"}
    assert [name for name in _pinned() if name in heavy or name.startswith("nvidia-")] == []


@pytest.mark.parametrize("requirement", _declared(), ids=lambda requirement: requirement.name)
def test_every_declared_dependency_is_locked_at_a_fitting_version(requirement: Requirement) -> None:
    versions = _pinned().get(canonicalize_name(requirement.name), set())
    assert versions
    assert [version for version in versions if not requirement.specifier.contains(version, prereleases=True)] == []

"""The command line on an installation with a sandbox firm and one case, made once and copied for every test."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import copy_database, of_home
from tests.unit.app.cli.runner import Cli

REQUEST = "We would like to add a second warehouse to the portal. It was not in the original list of requirements."


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder, and beside it `case.json`: what `triage --wait` answered there."""
    folder = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patched:
        made = Cli(folder / "home", patched)
        made.done("tenant", "add", "demo", "--sandbox", "--seed", "7")
        for name, role in (("Lena", "delivery_lead"), ("Hal", "head_of_delivery"), ("Vera", "viewer")):
            made.done("user", "add", name, "--role", role)
        about = ("--kind", "change_request", "--project", "prj-22")
        asked = made.done("triage", "-", *about, "--as", "Lena", "--wait", stdin=REQUEST)
    (folder / "case.json").write_text(json.dumps(asked))
    return folder


@pytest.fixture
def cli(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    home = tmp_path / "home"
    shutil.copytree(template / "home", home)
    made = Cli(home, monkeypatch)
    if kept := of_home(template / "home"):
        made.set(DATABASE_URL=copy_database(kept["database_url"]))
    return made


@pytest.fixture
def case(template: Path) -> Any:
    """The case that is there, as the command answered."""
    return json.loads((template / "case.json").read_text())

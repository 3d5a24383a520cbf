"""The import contracts of pyproject.toml hold, and would notice if they did not."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.tree import ROOMS, ROOT

_LINT = Path(sys.executable).with_name("lint-imports")
_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# For each contract, imports that it must refuse: the file that makes one, and the module that it names.
_BREACHES = {
    "layers": [
        ("tools/breach.py", "app.ids"),
        ("tools/breach.py", "prompts"),
        ("agents/breach.py", "policies"),
        ("policies/breach.py", "agents"),
        ("policies/breach.py", "app.ids"),
        ("app/breach.py", "evals"),
    ],
    "agents-hold-no-port": [
        ("agents/breach.py", "tools.ports"),
        ("agents/breach.py", "tools.registry"),
        ("agents/breach.py", "tools.write_port"),
        ("agents/breach.py", "tools.connectors.breach"),
    ],
    "write-port": [("app/workflow/breach.py", "tools.write_port"), ("policies/breach.py", "tools.write_port")],
    "connectors": [
        ("app/workflow/breach.py", "tools.connectors.breach"),
        ("tools/breach.py", "tools.connectors.breach"),
    ],
    "sandbox": [
        ("app/workflow/breach.py", "tools.connectors.sandbox.breach"),
        ("tools/connectors/breach.py", "tools.connectors.sandbox.breach"),
    ],
    "triage-decides-nothing": [("app/workflow/triage.py", "policies.breach")],
    "decide-asks-no-model": [
        ("app/workflow/decide.py", "agents.breach"),
        ("app/workflow/hearing.py", "agents.breach"),
    ],
}


def _lint(where: Path) -> tuple[int, str]:
    done = subprocess.run([_LINT, "--no-logo", "--no-cache"], cwd=where, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _broken(report: str) -> dict[str, str]:
    """What was said of each broken contract, by its name."""
    _, _, said = report.partition("Broken contracts\n")
    names = "|".join(re.escape(contract["name"]) for contract in _CONTRACTS)
    pieces = re.split(rf"^({names})\n-+\n", said, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def test_the_contracts_hold() -> None:
    code, report = _lint(ROOT)
    assert code == 0, report


def test_every_breach_is_found(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("app/workflow", "tools/connectors", "tools/connectors/sandbox"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").touch()
    breaches = [breach for found in _BREACHES.values() for breach in found]
    for module in {module for _, module in breaches if module.endswith(".breach")}:
        tmp_path.joinpath(*module.split(".")).with_suffix(".py").touch()
    for file, module in breaches:
        with (tmp_path / file).open("a") as source:
            source.write(f"\nimport {module}\n")

    code, report = _lint(tmp_path)
    broken = _broken(report)

    assert code == 1, report
    for contract in _CONTRACTS:
        for file, module in _BREACHES[contract["id"]]:
            importer = file.removesuffix(".py").replace("/", ".")
            told = broken.get(contract["name"], "")
            assert f"{importer} -> {module}" in told, f"{contract['id']} let {importer} import {module}\n{report}"

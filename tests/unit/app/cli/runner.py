"""Runs `countersign` in this process: arguments in, exit code and both streams out."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.postgres import of_home


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout says; it must hold one JSON value and nothing else."""
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        """The problem document on stderr, its last line."""
        return json.loads(self.err.strip().splitlines()[-1])


class Cli:
    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self.set(HOME=str(home), PORT="8999", **{name.upper(): value for name, value in of_home(home).items()})

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(f"COUNTERSIGN_{name}", value)

    def unset(self, name: str) -> None:
        self._monkeypatch.delenv(f"COUNTERSIGN_{name}")

    def __call__(self, *arguments: str, stdin: str | bytes = "") -> Ran:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "argv", ["countersign", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        out, err, code = io.StringIO(), io.StringIO(), 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0
        return Ran(code, out.getvalue(), err.getvalue())

    def done(self, *arguments: str, stdin: str | bytes = "") -> Any:
        """The JSON of a command that must succeed."""
        ran = self(*arguments, "--json", stdin=stdin)
        assert ran.code == 0, ran.err
        return ran.json

"""Nothing but execution takes a write port from the connectors (imports alone cannot show this)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.tree import ROOMS, ROOT

_MAY = {
    "app/bootstrap.py",
    "app/context.py",
    "app/workflow/execute.py",
    "app/workflow/reconcile.py",
}


def _takes_a_writer(source: str) -> bool:
    """Whether the code names `.writer`, as an attribute or through getattr."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "writer":
            return True
        if isinstance(node, ast.Constant) and node.value == "writer":
            return True
    return False


def _sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def test_only_execution_takes_a_write_port() -> None:
    takers = {str(path.relative_to(ROOT)) for path in _sources() if _takes_a_writer(path.read_text())}
    assert takers - _MAY == set()


@pytest.mark.parametrize(
    "line", ["ctx.connectors.writer('firm', 'sandbox')", "take = ctx.connectors.writer", "getattr(c, 'writer')()"]
)
def test_taking_one_is_noticed(line: str) -> None:
    assert _takes_a_writer(line)

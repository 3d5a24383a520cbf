"""Every named fault point stands in the code once, and one stands between every two commits of a function."""

import ast
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from app.workflow.faults import POINTS
from tests.architecture.tree import ROOT

_ROOMS = ("app/workflow", "app/durable", "app/audit", "app/api")
# Two commits that never follow one another, with the reason.
_APART = {"review.give_verdict": "a refusal is logged where the first was rolled back, or after the point asked_anew"}


def _sources() -> list[Path]:
    return sorted(path for room in _ROOMS for path in (ROOT / room).rglob("*.py"))


def _called(node: ast.AST) -> str | None:
    """The name of what is called, of a method only where it is the own object's."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return name
    return None


def _points(tree: ast.AST) -> list[str]:
    """The names given to `fault_point`, which must be written out."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "fault_point":
            (name,) = node.args
            assert isinstance(name, ast.Constant), ast.unparse(node)
            found.append(str(name.value))
    return found


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _committing(tree: ast.AST) -> set[str]:
    """Functions of a module that commit: themselves, or through one that does."""
    found = {"unit_of_work"}
    while True:
        more = {each.name for each in _functions(tree) if any(_called(node) in found for node in ast.walk(each))}
        if more <= found:
            return found
        found |= more


def _unguarded(source: str) -> list[str]:
    """Functions with two commits, one after the other, and no fault point in between."""
    tree = ast.parse(source)
    committing = _committing(tree)
    found = []
    for function in _functions(tree):
        inner = {node for each in _functions(function) if each is not function for node in ast.walk(each)}
        steps = []
        for node in ast.walk(function):
            name = _called(node)
            if node not in inner and isinstance(node, ast.Call):
                if name in committing and name != function.name:
                    # What it passes at its own end stands between its commit and the next one.
                    steps.append((node.lineno, "commit" if not _ends_guarded(tree, name or "") else "guarded"))
                elif name == "fault_point":
                    steps.append((node.lineno, "point"))
        kinds = [kind for _, kind in sorted(steps)]
        if any(first == "commit" and second in ("commit", "guarded") for first, second in pairwise(kinds)):
            found.append(function.name)
    return found


def _ends_guarded(tree: ast.AST, name: str) -> bool:
    for function in _functions(tree):
        if function.name == name:
            lines = [(node.lineno, _called(node)) for node in ast.walk(function) if isinstance(node, ast.Call)]
            last = max((line for line, called in lines if called == "unit_of_work"), default=0)
            return any(called == "fault_point" and line > last for line, called in lines)
    return False


def test_every_point_stands_in_the_code_once() -> None:
    found = Counter(name for path in _sources() for name in _points(ast.parse(path.read_text())))
    assert found == Counter(POINTS)


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_point_stands_between_every_two_commits(path: Path) -> None:
    assert [name for name in _unguarded(path.read_text()) if f"{path.stem}.{name}" not in _APART] == []


_TWO = """
def store():
    with unit_of_work(engine):
        pass

def work():
    store()
    {between}
    with unit_of_work(engine):
        pass
"""


def test_two_commits_without_one_are_noticed() -> None:
    assert _unguarded(_TWO.format(between="read()")) == ["work"]
    assert _unguarded(_TWO.format(between="fault_point('x')")) == []

"""A world whose rules a test may change while it runs."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.rulesets import SHIPPED, Rulesets
from tests.integration.invariants import check
from tests.integration.world import Template, World

Restrict = Callable[[str], None]
"""Adds rules (YAML) to the ones in force."""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED, folder)
    return folder


@pytest.fixture
def ruled(template: Template, tmp_path: Path, rules: Path) -> Iterator[tuple[World, Restrict]]:
    world = World.open(template, tmp_path / "home", rulesets=Rulesets(rules))

    def restrict(text: str) -> None:
        (rules / "later.yaml").write_text(text)
        assert world.ctx.rulesets.refresh() == ()

    try:
        yield world, restrict
        check(world)
    finally:
        world.close()

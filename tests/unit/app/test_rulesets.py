"""The rules in force: files are taken when they change and hold, and the last good ones stay when they do not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.rulesets import SHIPPED, Rulesets
from policies.engine import Engine
from policies.examples import request_of
from policies.reading import RulesetInvalid

NOTICE = request_of({"tool": "notify_channel"})
FORBID = """\
- id: no-notices
  title: Nothing is posted this week
  tools: [notify_channel]
  effect: deny
"""
BROKEN = {
    "not YAML": "- id: [",
    "an unknown field": "- {id: x, title: X, tools: [create_task], effect: deny, wen: {}}",
    "an unknown tool": "- {id: x, title: X, tools: [launch_rocket], effect: deny}",
    "against a factor's direction": (
        "- {id: x, title: X, tools: [create_task], effect: permit, when: {records_touched: {more_than: 3}}}"
    ),
    "empty": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "rules"))


def effect(engine: Engine) -> str:
    return engine.judge(*NOTICE, "auto").effect


def test_unchanged_files_are_not_read_again(folder: Path) -> None:
    rulesets = Rulesets(folder)
    standing = rulesets.standing
    assert rulesets.refresh() == ()
    assert rulesets.standing is standing
    assert standing.broken == ()


def test_a_new_file_that_holds_is_in_force_at_once(folder: Path) -> None:
    rulesets = Rulesets(folder)
    before = rulesets.standing.engine
    assert effect(before) == "auto"
    (folder / "week.yaml").write_text(FORBID)
    assert rulesets.refresh() == ()
    assert effect(rulesets.standing.engine) == "deny"
    assert rulesets.standing.engine.ruleset.digest != before.ruleset.digest
    (folder / "week.yaml").unlink()
    assert rulesets.refresh() == ()
    assert rulesets.standing.engine.ruleset.digest == before.ruleset.digest


def test_the_other_ending_is_watched_too(folder: Path) -> None:
    rulesets = Rulesets(folder)
    (folder / "week.yml").write_text(FORBID)
    rulesets.refresh()
    assert effect(rulesets.standing.engine) == "deny"


@pytest.mark.parametrize("text", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_leaves_the_last_good_rules_in_force_and_is_told_once(folder: Path, text: str) -> None:
    rulesets = Rulesets(folder)
    (folder / "week.yaml").write_text(FORBID)
    rulesets.refresh()
    good = rulesets.standing.engine
    (folder / "week.yaml").write_text(text)
    told = rulesets.refresh()
    assert told
    assert all("week.yaml" in line for line in told)
    assert rulesets.standing.engine is good
    assert effect(good) == "deny"
    # It is said once, and stands there for whoever asks until it is mended.
    assert rulesets.refresh() == ()
    assert rulesets.standing.broken == told
    (folder / "week.yaml").write_text(FORBID.replace("this week", "this month"))
    assert rulesets.refresh() == ()
    assert rulesets.standing.broken == ()
    assert rulesets.standing.engine is not good


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "not UTF-8": lambda path: path.write_bytes(b"- id: \xff"),
    "a link to nowhere": lambda path: path.symlink_to(path.parent / "nowhere"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=list(UNREADABLE))
def test_a_file_that_cannot_be_read_is_a_broken_one(folder: Path, make: Callable[[Path], object]) -> None:
    rulesets = Rulesets(folder)
    good = rulesets.standing.engine
    make(folder / "week.yaml")
    (told,) = rulesets.refresh()
    assert "week.yaml" in told
    assert "cannot be read" in told
    assert rulesets.standing.engine is good


def test_rules_that_vanish_stay_in_force(folder: Path) -> None:
    rulesets = Rulesets(folder)
    good = rulesets.standing.engine
    shutil.rmtree(folder)
    assert rulesets.refresh() != ()
    assert rulesets.standing.engine is good


def test_without_one_good_ruleset_it_does_not_start(folder: Path) -> None:
    (folder / "week.yaml").write_text("- id: [")
    with pytest.raises(RulesetInvalid):
        Rulesets(folder)


def test_a_change_of_the_same_size_is_seen_by_its_time(folder: Path) -> None:
    (folder / "week.yaml").write_text(FORBID)
    rulesets = Rulesets(folder)
    (folder / "week.yaml").write_text(FORBID.replace("notify_channel", "create_task").ljust(len(FORBID)))
    os.utime(folder / "week.yaml", ns=(1, 1))
    rulesets.refresh()
    assert effect(rulesets.standing.engine) == "auto"

"""Instances of multi-skill project scheduling in MiniZinc's data format (`.dzn`), as the MSPSP benchmark has them.

Read are `nActs`, `dur`, `nSkills`, `sreq`, `nResources`, `mastery`, `pred` and `succ`; activities and people count
from 1 there.
"""

import re
from pathlib import Path

from tools.planning.project import Activity, Project

_ITEM = re.compile(r"(\w+)\s*=\s*([^;]*);")
_COMMENT = re.compile(r"%.*")


class Unreadable(ValueError):
    """The file is no instance; the message names the file, the item and what is wrong."""


def read_dzn(path: Path) -> Project:
    """The instance in the file. Raises Unreadable, OSError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name}: it is no text ({error.reason})") from error
    items = {name: value.strip() for name, value in _ITEM.findall(_COMMENT.sub("", text))}
    return _Instance(path.name, items).project()


class _Instance:
    def __init__(self, name: str, items: dict[str, str]) -> None:
        self._name, self._items = name, items

    def project(self) -> Project:
        activities, skills, people = (self._number(name) for name in ("nActs", "nSkills", "nResources"))
        durations = self._list("dur", activities)
        needs = self._table("sreq", activities, skills)
        mastery = self._table("mastery", people, skills)
        first, second = self._list("pred", None), self._list("succ", None)
        if len(first) != len(second):
            raise self._wrong("succ", f"{len(second)} entries, but pred has {len(first)}")
        try:
            return Project(
                [
                    Activity(duration, {str(skill): count for skill, count in enumerate(row) if count})
                    for duration, row in zip(durations, needs, strict=True)
                ],
                [(one - 1, two - 1) for one, two in zip(first, second, strict=True)],
                [frozenset(str(skill) for skill, has in enumerate(row) if has) for row in mastery],
            )
        except ValueError as error:
            raise Unreadable(f"{self._name}: {error}") from error

    def _number(self, name: str) -> int:
        value = self._item(name)
        if not re.fullmatch(r"\d+", value):
            raise self._wrong(name, f"{value[:40]!r} is no number")
        return int(value)

    def _list(self, name: str, length: int | None) -> list[int]:
        value = self._item(name)
        if not (value.startswith("[") and value.endswith("]")):
            raise self._wrong(name, "it is no list")
        found = [self._entry(name, one) for one in value[1:-1].split(",") if one.strip()]
        if length is not None and len(found) != length:
            raise self._wrong(name, f"{len(found)} entries, not {length}")
        return found

    def _table(self, name: str, rows: int, columns: int) -> list[list[int]]:
        value = self._item(name)
        if not (value.startswith("[|") and value.endswith("|]")):
            raise self._wrong(name, "it is no table")
        found = [
            [self._entry(name, one) for one in row.split(",") if one.strip()] for row in value[2:-2].split("|")
        ]  # fmt: skip
        if len(found) != rows or any(len(row) != columns for row in found):
            raise self._wrong(name, f"it is no table of {rows} rows and {columns} columns")
        return found

    def _entry(self, name: str, text: str) -> int:
        known = {"true": 1, "false": 0}
        text = text.strip()
        if text in known:
            return known[text]
        if not re.fullmatch(r"-?\d+", text):
            raise self._wrong(name, f"{text[:40]!r} is no entry")
        return int(text)

    def _item(self, name: str) -> str:
        if name not in self._items:
            raise self._wrong(name, "it is not there")
        return self._items[name]

    def _wrong(self, item: str, what: str) -> Unreadable:
        return Unreadable(f"{self._name}: {item}: {what}")

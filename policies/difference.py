"""What differs between two rulesets, part by part."""

from typing import Any, Literal

from policies.ruleset import Ruleset
from tools.values import Value


class Change(Value):
    """One difference. `what` is a path such as `rules/write-off/approval`; None stands for what is not there."""

    kind: Literal["added", "removed", "changed"]
    what: str
    before: Any
    after: Any


def diff(a: Ruleset, b: Ruleset) -> list[Change]:
    """What has changed from `a` to `b`; empty exactly when both have the same digest."""
    return _changes("", a.canonical(), b.canonical())


def _changes(path: str, before: Any, after: Any) -> list[Change]:
    if before == after:
        return []
    deep = isinstance(before, dict) and isinstance(after, dict)
    if not deep:
        return [Change(kind="changed", what=path, before=before, after=after)]
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        what = f"{path}/{key}" if path else str(key)
        if key not in before:
            found.append(Change(kind="added", what=what, before=None, after=after[key]))
        elif key not in after:
            found.append(Change(kind="removed", what=what, before=before[key], after=None))
        else:
            found.extend(_changes(what, before[key], after[key]))
    return found

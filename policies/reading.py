"""Reads YAML strictly: every complaint carries the file, the line, the rule, the field and what is allowed there."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import yaml
from pydantic import Field

from tools.values import Value

# libyaml where PyYAML was built with it: the rules are read at each start, and pure Python takes seven times as long.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9_]{0,20})")


class RuleError(Value):
    """One thing wrong in a rule file. `allowed` lists the values that would be right, where they can be listed."""

    file: str
    line: Annotated[int, Field(ge=1)]
    rule: str | None
    field: str | None
    message: str
    allowed: list[str] = []

    def __str__(self) -> str:
        where = [f"{self.file}:{self.line}"]
        where += [f"rule {self.rule}"] if self.rule else []
        where += [f"field {self.field}"] if self.field else []
        allowed = f" (allowed: {', '.join(self.allowed)})" if self.allowed else ""
        return f"{': '.join(where)}: {self.message}{allowed}"


class RulesetInvalid(Exception):
    """A ruleset that cannot be used; `errors` are all that is wrong with it."""

    def __init__(self, errors: list[RuleError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class Reading:
    """One file being read. Each reader notes what is wrong and answers None, so that one pass finds every error."""

    def __init__(self, file: str, errors: list[RuleError]) -> None:
        self.file = file
        self._errors = errors
        self.rule: str | None = None

    def root(self, text: str) -> yaml.Node | None:
        """The document's root node; None if there is none or it cannot be read."""
        try:
            if complaint := _unwelcome(text):
                self._note(1, None, complaint)
                return None
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._note(mark.line + 1 if mark else 1, None, f"not YAML: {error.problem or error.context}")
            return None
        except yaml.YAMLError as error:
            self._note(1, None, f"not YAML: {type(error).__name__}")
            return None
        if root is None:
            self._note(1, None, "the file is empty")
        return root

    def refuse(self, node: yaml.Node, field: str | None, message: str, allowed: Collection[str] = ()) -> None:
        self._note(line_of(node), field, message, allowed)

    def mapping(
        self, node: yaml.Node, field: str | None, allowed: Collection[str] | None = None, needed: Collection[str] = ()
    ) -> dict[str, yaml.Node] | None:
        """Key → node. Unknown keys (when `allowed` lists them), repeated and missing ones are noted."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, field, "must be a mapping of names to values", allowed or ())
            return None
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            path = f"{field}.{name}" if field else name
            if name in found:
                self.refuse(key, path, "is given twice")
            elif allowed is not None and name not in allowed:
                self.refuse(key, path, "is not known here", allowed)
            else:
                found[name] = value
        for name in needed:
            if name not in found:
                self.refuse(node, f"{field}.{name}" if field else name, "is missing")
        return found

    def items(self, node: yaml.Node, field: str | None) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.refuse(node, field, "must be a list")
        return []

    def text(self, node: yaml.Node, field: str, pattern: str | None = None, longest: int = 200) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or not node.tag.endswith(":str") or not node.value.strip():
            self.refuse(node, field, "must be a text")
            return None
        value = str(node.value)
        if len(value) > longest or (pattern is not None and not re.fullmatch(pattern, value)):
            self.refuse(node, field, f"{value[:80]!r} is not of the form {pattern or f'at most {longest} characters'}")
            return None
        return value

    def integer(self, node: yaml.Node, field: str, low: int, high: int) -> int | None:
        whole = isinstance(node, yaml.ScalarNode) and node.tag.endswith(":int") and _INTEGER.fullmatch(node.value)
        if not whole or not low <= int(node.value) <= high:
            self.refuse(node, field, f"must be a whole number from {low} to {high}")
            return None
        return int(node.value)

    def choice(self, node: yaml.Node, field: str, allowed: Collection[str]) -> str | None:
        value = str(node.value) if isinstance(node, yaml.ScalarNode) else None
        if value is None or value not in allowed:
            self.refuse(node, field, f"{value!r} is not known here" if value else "must be one name", allowed)
            return None
        return value

    def choices(self, node: yaml.Node, field: str, allowed: Collection[str] | None) -> tuple[str, ...] | None:
        """A list of at least one name, each once; None if any is wrong."""
        nodes = self.items(node, field)
        if isinstance(node, yaml.SequenceNode) and not nodes:
            self.refuse(node, field, "must name at least one", allowed or ())
        found: list[str] = []
        for item in nodes:
            value = self.text(item, field) if allowed is None else self.choice(item, field, allowed)
            if value in found:
                self.refuse(item, field, f"names {value!r} twice")
            elif value is not None:
                found.append(value)
        return tuple(found) if nodes and len(found) == len(nodes) else None

    def flag(self, node: yaml.Node, field: str) -> bool | None:
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":bool") and node.value.lower() in ("true", "false"):
            return bool(node.value.lower() == "true")
        self.refuse(node, field, "must be true or false", ("true", "false"))
        return None

    def _note(self, line: int, field: str | None, message: str, allowed: Collection[str] = ()) -> None:
        self._errors.append(
            RuleError(file=self.file, line=line, rule=self.rule, field=field, message=message, allowed=list(allowed))
        )


_DEEPEST = 20


def _unwelcome(text: str) -> str | None:
    """What no rule file needs. Read event by event, since deep nesting costs the parser quadratic time."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            return "anchors and aliases are not used in rule files"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            return f"is nested deeper than {_DEEPEST} levels"
    return None


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


_SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> int | None:
    """`90s`, `30m`, `4h`, `2d` in seconds; None if it is not of that form."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text)
    return int(found[1]) * _SECONDS[found[2]] if found else None

"""Forms for an action's arguments, made from its JSON Schema, and read back into arguments."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.errors import FieldError, Problem
from tools.actions import ACTIONS

PREFIX = "arg."
_LONG = 200

Widget = Literal["line", "text", "number", "date", "choice", "json"]


class Field(BaseModel):
    """One argument as a form field. `text` is what stands in it."""

    model_config = ConfigDict(frozen=True)

    name: str
    widget: Widget
    text: str
    needed: bool
    choices: list[str] = []
    minor_units: bool = False
    error: str | None = None


def fields_of(tool: str, args: Mapping[str, Any], errors: list[FieldError] | None = None) -> list[Field]:
    """The form of an action, filled with `args`; `errors` stand beside their fields."""
    schema = ACTIONS[tool].model_json_schema()
    wrong = {error.pointer.removeprefix("/args/").split("/")[0]: error.detail for error in errors or ()}
    found = []
    for name, described in schema["properties"].items():
        if name == "tool":
            continue
        value = args.get(name)
        widget, choices = _widget(described, schema, value)
        text = (
            "" if value is None else json.dumps(value, ensure_ascii=False, indent=1) if widget == "json" else str(value)
        )
        found.append(
            Field(
                name=name, widget=widget, text=text, needed=name in schema.get("required", ()), choices=choices,
                minor_units=name.endswith("_minor"), error=wrong.get(name),
            )
        )  # fmt: skip
    return found


def args_of(tool: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The arguments that a form gives, empty ones left out. Raises Problem `invalid_args` naming each field."""
    schema = ACTIONS[tool].model_json_schema()
    args: dict[str, Any] = {}
    errors = []
    for name, described in schema["properties"].items():
        text = form.get(PREFIX + name)
        if name == "tool" or text is None or text.strip() == "":
            continue
        try:
            args[name] = _value(described, schema, text)
        except ValueError as bad:
            errors.append(FieldError(pointer=f"/args/{name}", detail=str(bad)))
    if errors:
        raise Problem("invalid_args", "Some fields cannot be read.", errors=errors)
    return args


def _kinds(described: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives of a property, references followed, null left out."""
    if "$ref" in described:
        return _kinds(schema["$defs"][described["$ref"].rpartition("/")[2]], schema)
    several = described.get("anyOf") or described.get("oneOf")
    if several:
        return [kind for each in several for kind in _kinds(each, schema)]
    return [] if described.get("type") == "null" else [described]


def _widget(described: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> tuple[Widget, list[str]]:
    kinds = _kinds(described, schema)
    if isinstance(value, dict | list) or all(kind.get("type") in ("array", "object") for kind in kinds):
        return "json", []
    for kind in kinds:
        if "enum" in kind:
            return "choice", [str(each) for each in kind["enum"]]
        if "const" in kind:
            return "choice", [str(kind["const"])]
    types = {kind.get("type") for kind in kinds}
    if types == {"integer"}:
        return "number", []
    if len(kinds) == 1 and kinds[0].get("format") == "date":
        return "date", []
    longest = max((kind.get("maxLength", 0) for kind in kinds), default=0)
    return ("text" if longest > _LONG * 2 else "line"), []


def _value(described: Mapping[str, Any], schema: Mapping[str, Any], text: str) -> Any:
    kinds = _kinds(described, schema)
    types = {kind.get("type") for kind in kinds}
    if text.lstrip().startswith(("{", "[")) and types & {"array", "object"}:
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError("is not JSON") from None
    if "integer" in types:
        try:
            return int(text.strip())
        except ValueError:
            if types == {"integer"}:
                raise ValueError("must be a whole number") from None
    if types <= {"array", "object"}:
        raise ValueError("is not JSON")
    return text if "\n" in text else text.strip()

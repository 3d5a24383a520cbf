"""A ruleset: rules, thresholds, weights and whose approval each risk class needs at least. Files in one folder.

`thresholds.yaml`, `weights.yaml` and `approvals.yaml` may be left out, or say less: the ones that come with the product
then stand in. Every other `*.yaml` holds a list of rules.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, ValidationError

from policies.attributes import ATTRIBUTES, FACTORS, MAX_NUMBER, RISK_CLASSES
from policies.cedar import CedarRules
from policies.reading import Reading, RuleError, RulesetInvalid
from policies.risk import Steps, Weights
from policies.rule_reader import read_approval, read_rules
from policies.rules import ApprovalTerms, Rule
from policies.thresholds import Thresholds, ThresholdTable
from tools.registry import TOOLS
from tools.values import Value, digest

RULES = Path(__file__).parent / "rules"
"""The rules that come with the product."""

THRESHOLDS, WEIGHTS, APPROVALS = "thresholds.yaml", "weights.yaml", "approvals.yaml"
TWO_PEOPLE = "two_people"
_LARGEST_FILE = 1_000_000


class Ruleset(Value):
    """Everything that a decision follows from. `digest` covers all of it but examples and places in files, so that a
    new example sends no approval back."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    rules: list[Rule]
    thresholds: ThresholdTable
    weights: Annotated[Weights, Field(repr=False)]
    approvals: dict[str, ApprovalTerms]
    digest: str
    compiled: Annotated[CedarRules, Field(repr=False, exclude=True)]

    def canonical(self) -> dict[str, Any]:
        """What the digest covers."""
        return _content(self.rules, self.thresholds, self.weights, self.approvals)

    def rule(self, ident: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == ident), None)


def load_ruleset(path: Path = RULES) -> Ruleset:
    """Reads a folder of rule files, or one file of rules. Raises RulesetInvalid with every error."""
    return read_ruleset(_texts(path))


def check(paths: Iterable[Path]) -> list[RuleError]:
    """Every error of each folder or file, taken as a ruleset of its own; empty when all can be used."""
    errors: list[RuleError] = []
    for path in paths:
        try:
            load_ruleset(path)
        except RulesetInvalid as invalid:
            errors.extend(invalid.errors)
    return errors


def read_ruleset(texts: Mapping[str, str]) -> Ruleset:
    """The ruleset of file names (or paths) and their texts. Raises RulesetInvalid with every error in all of them."""
    errors: list[RuleError] = []
    own: dict[str, tuple[Reading, yaml.Node]] = {}
    rules: list[Rule] = []
    for file in sorted(texts):
        reading, name = Reading(file, errors), Path(file).name
        root = reading.root(texts[file])
        if root is None:
            continue
        if name in (THRESHOLDS, WEIGHTS, APPROVALS):
            own[name] = reading, root
        else:
            rules.extend(read_rules(reading, root))
    _refuse_repeated(rules, errors)
    thresholds = _thresholds(*own[THRESHOLDS]) if THRESHOLDS in own else _shipped().thresholds
    weights = _weights(*own[WEIGHTS]) if WEIGHTS in own else {}
    approvals = _approvals(*own[APPROVALS]) if APPROVALS in own else {}
    if errors or thresholds is None:
        raise RulesetInvalid(errors)
    if {THRESHOLDS, WEIGHTS, APPROVALS} - own.keys() or len(weights) < len(FACTORS) or len(approvals) < _CLASSES:
        shipped = _shipped()
        weights, approvals = {**shipped.weights, **weights}, {**shipped.approvals, **approvals}
    return _assemble(rules, thresholds, weights, approvals)


_CLASSES = len(RISK_CLASSES) + 1


@cache
def _shipped() -> Ruleset:
    """What comes with the product: complete, so that it never asks for itself."""
    return read_ruleset({name: (RULES / name).read_text("utf-8") for name in (THRESHOLDS, WEIGHTS, APPROVALS)})


def _assemble(
    rules: list[Rule], thresholds: ThresholdTable, weights: Weights, approvals: dict[str, ApprovalTerms]
) -> Ruleset:
    ordered = sorted(rules, key=lambda rule: rule.id)
    return Ruleset(
        rules=ordered, thresholds=thresholds, weights=weights, approvals=approvals,
        digest=digest(_content(ordered, thresholds, weights, approvals)), compiled=CedarRules(ordered),
    )  # fmt: skip


def _content(
    rules: list[Rule], thresholds: ThresholdTable, weights: Weights, approvals: dict[str, ApprovalTerms]
) -> dict[str, Any]:
    return {
        "rules": {rule.id: rule.canonical() for rule in rules},
        "thresholds": thresholds.model_dump(mode="json"),
        "weights": {name: [list(steps.bounds), list(steps.points)] for name, steps in weights.items()},
        "approvals": {name: terms.model_dump(mode="json") for name, terms in approvals.items()},
    }


def _texts(path: Path) -> dict[str, str]:
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    texts: dict[str, str] = {}
    errors: list[RuleError] = []
    for file in files:
        try:
            raw = file.read_bytes()
            texts[str(file)] = raw.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            errors.append(RuleError(file=str(file), line=1, rule=None, field=None, message=f"cannot be read: {why}"))
            continue
        if len(raw) > _LARGEST_FILE:
            errors.append(RuleError(file=str(file), line=1, rule=None, field=None, message="is larger than 1 MB"))
    if not files:
        errors.append(RuleError(file=str(path), line=1, rule=None, field=None, message="there are no rule files"))
    if errors:
        raise RulesetInvalid(errors)
    return texts


def _refuse_repeated(rules: list[Rule], errors: list[RuleError]) -> None:
    first: dict[str, Rule] = {}
    for rule in rules:
        before = first.setdefault(rule.id, rule)
        if before is not rule:
            message = f"the id is taken by {before.file}:{before.line}"
            errors.append(RuleError(file=rule.file, line=rule.line, rule=rule.id, field="id", message=message))


def _thresholds(reading: Reading, root: yaml.Node) -> ThresholdTable | None:
    fields = reading.mapping(root, None, ("default", "tenants", "units", "tools"), needed=("default",))
    if fields is None or "default" not in fields:
        return None
    default = _bounds(reading, fields["default"], "default", None)
    if default is None:
        return None
    tables: dict[str, dict[str, Thresholds]] = {}
    for table in ("tenants", "units", "tools"):
        allowed = sorted(TOOLS) if table == "tools" else None
        named = reading.mapping(fields[table], table, allowed) if table in fields else {}
        bounds = {name: _bounds(reading, node, f"{table}.{name}", default) for name, node in (named or {}).items()}
        tables[table] = {name: found for name, found in bounds.items() if found is not None}
    return ThresholdTable(default=default, tenants=tables["tenants"], units=tables["units"], tools=tables["tools"])


def _bounds(reading: Reading, node: yaml.Node, field: str, default: Thresholds | None) -> Thresholds | None:
    names = tuple(Thresholds.model_fields)
    fields = reading.mapping(node, field, names, needed=() if default else names)
    if fields is None:
        return None
    found = {name: reading.integer(inner, f"{field}.{name}", 0, 101) for name, inner in fields.items()}
    values = {**(default.model_dump() if default else {}), **found}
    if None in values.values() or len(values) < len(names):
        return None
    try:
        return Thresholds.model_validate(values)
    except ValidationError:
        reading.refuse(node, field, "auto_below ≤ two_from ≤ deny_from must hold")
        return None


def _weights(reading: Reading, root: yaml.Node) -> dict[str, Steps]:
    found: dict[str, Steps] = {}
    for name, node in (reading.mapping(root, None, FACTORS) or {}).items():
        levels = ATTRIBUTES[name].levels
        pairs: list[tuple[int, int]] = []
        for key, value in (reading.mapping(node, name, levels or None) or {}).items():
            points = reading.integer(value, f"{name}.{key}", 0, 100)
            bound = levels.index(key) if levels else _number(reading, node, name, key)
            if points is not None and bound is not None:
                pairs.append((bound, points))
        try:
            found[name] = Steps(tuple(bound for bound, _ in pairs), tuple(points for _, points in pairs))
        except ValueError as wrong:
            reading.refuse(node, name, f"{wrong}: more risk must never give fewer points")
    return found


def _number(reading: Reading, node: yaml.Node, field: str, text: str) -> int | None:
    plain = text.replace("_", "")
    if plain.isascii() and plain.isdigit() and len(plain) <= 16 and int(plain) <= MAX_NUMBER:
        return int(plain)
    reading.refuse(node, field, f"{text[:40]!r} is no value from which points are given; it must be a whole number ≥ 0")
    return None


def _approvals(reading: Reading, root: yaml.Node) -> dict[str, ApprovalTerms]:
    found: dict[str, ApprovalTerms] = {}
    for name, node in (reading.mapping(root, None, (*RISK_CLASSES, TWO_PEOPLE)) or {}).items():
        terms = read_approval(reading, node, name)
        if terms is not None and name == TWO_PEOPLE and terms.approvers < 2:
            reading.refuse(node, f"{name}.approvers", "must be at least 2")
        elif terms is not None:
            found[name] = terms
    return found

"""Rules as Cedar policies (https://docs.cedarpolicy.com): parsed once, checked against a schema made of attributes.py.

One question is asked of an action: may the assistant run it unattended? Permitting rules are `permit`; rules that
require approval or deny, and the guards, are `forbid`, and a forbid that holds always wins. So Cedar's Allow means
exactly `auto`, and its reasons are otherwise every restricting rule that holds. A request that lacks an attribute, has
one of a wrong type or names an unknown tool is no request to Cedar; whatever it complains of, the engine denies.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cedarpy

from policies.attributes import ATTRIBUTES
from policies.rules import Condition, Rule
from tools.registry import TOOLS

GUARDS: Mapping[str, tuple[str, str]] = {
    "guard.untrusted-arguments": ("untrusted_arguments", "An argument rests on a customer's word alone"),
    "guard.unsupported-arguments": ("unsupported_arguments", "No record supports an argument"),
    "guard.edited-arguments": ("edited_arguments", "A person changed the arguments; another person looks at them"),
    "guard.tainted-trigger": ("tainted_trigger", "Only customer text asked for this"),
    "guard.missing-records": ("missing_records", "A record that the action names is not there"),
    "guard.unknown-amount": ("amount_unknown", "No record says how much money is at stake"),
    "guard.unknown-recipients": ("recipients_unknown", "A recipient is not known to any trusted record"),
    "guard.cross-customer": ("cross_customer", "Records of different customers are mixed"),
}
"""Id → (attribute, title): while the attribute is above 0 nothing runs unattended, whatever the rules permit."""

MONEY = frozenset({
    "amount_minor", "share_bp", "cumulated_contract_minor", "cumulated_customer_minor", "cumulated_tool_minor",
    "cumulated_principal_minor",
})  # fmt: skip
"""What depends on the amount: a restricting rule on one of these also holds while nobody knows the amount."""

_OPERATORS = {"more_than": ">", "at_least": ">=", "at_most": "<=", "less_than": "<"}
_ASSISTANT = {"type": "Countersign::Assistant", "id": "assistant"}


@dataclass(frozen=True)
class Answer:
    """Cedar's answer: whether the action may run unattended, the ids of the rules that decided, and its complaints."""

    allowed: bool
    rules: tuple[str, ...]
    errors: tuple[str, ...]


class CedarRules:
    """Compiled rules. Raises ValueError where Cedar refuses them, which the loader's checks rule out.

    A policy that names tools holds for no other, so a tool's question goes only to the policies that could hold for it;
    they are parsed when the tool is first asked about, and kept.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._guards = [
            f'@id("{name}")\nforbid (principal, action, resource) when {{ context["{attribute}"] > 0 }};'
            for name, (attribute, _) in GUARDS.items()
        ]
        self._scoped = [(frozenset(rule.tools), _policy(rule)) for rule in rules]
        self._handles: dict[str, cedarpy.PolicySet] = {}
        self._schema = cedarpy.Schema.from_str(_schema())
        self._entities = cedarpy.Entities.from_json_str("[]", self._schema)
        found = cedarpy.validate_policies(self.text, self._schema)
        if not found.validation_passed:
            raise ValueError("; ".join(str(error) for error in found.errors))

    @property
    def text(self) -> str:
        """All policies as Cedar text."""
        return "\n".join([*self._guards, *(policy for _, policy in self._scoped)])

    def _policies(self, tool: str) -> cedarpy.PolicySet:
        handle = self._handles.get(tool)
        if handle is None:
            scoped = [policy for tools, policy in self._scoped if not tools or tool in tools]
            handle = cedarpy.PolicySet.from_str("\n".join([*self._guards, *scoped]))
            if tool in TOOLS:
                self._handles[tool] = handle
        return handle

    def ask(self, tool: str, tenant: str, context: Mapping[str, int | str]) -> Answer:
        """Asks about one action. `context` holds every attribute of the schema, and nothing else."""
        return _ask(tool, tenant, context, self._policies(tool), self._entities, self._schema)


def _ask(
    tool: str, tenant: str, context: Mapping[str, int | str],
    policies: cedarpy.PolicySet, entities: cedarpy.Entities, schema: cedarpy.Schema,
) -> Answer:  # fmt: skip
    request = {
        "principal": _ASSISTANT,
        "action": {"type": "Countersign::Action", "id": tool},
        "resource": {"type": "Countersign::Firm", "id": tenant},
        "context": json.dumps(context),
    }
    result = cedarpy.is_authorized(request, policies, entities, schema)
    diagnostics = result.diagnostics
    names = diagnostics.id_annotations_by_reason
    errors = list(diagnostics.errors)
    if result.decision is cedarpy.Decision.NoDecision and not errors:
        errors.append("Cedar came to no decision")
    errors += [f"policy {reason} has no id" for reason in diagnostics.reasons if reason not in names]
    rules = tuple(sorted(names[reason] for reason in diagnostics.reasons if reason in names))
    return Answer(allowed=bool(result.allowed) and not errors, rules=rules, errors=tuple(errors))


def conditions_held(
    rules: Iterable[Rule], tool: str, tenant: str, context: Mapping[str, int | str]
) -> set[tuple[str, int]]:
    """(rule id, index in `parts`) of every condition that holds, each asked as a permit of its own.

    Raises ValueError with Cedar's complaint.
    """
    text = "\n".join(
        f'@id("{rule.id}/{index}")\npermit (principal, action, resource) when {{ {part} }};'
        for rule in rules
        for index, part in enumerate(parts(rule))
    )
    schema = cedarpy.Schema.from_str(_schema())
    entities = cedarpy.Entities.from_json_str("[]", schema)
    answer = _ask(tool, tenant, context, cedarpy.PolicySet.from_str(text), entities, schema)
    if answer.errors:
        raise ValueError(answer.errors[0])
    held = (name.rsplit("/", 1) for name in answer.rules)
    return {(rule, int(index)) for rule, index in held}


def parts(rule: Rule) -> list[str]:
    """The rule's scopes and conditions as Cedar expressions: tools, units, workflows where given, then `when`."""
    scopes = {"tool": rule.tools, "unit": rule.units, "workflow": rule.workflows}
    found = [_among(name, names, rule) for name, names in scopes.items() if names]
    return found + [_expression(condition, rule) for condition in rule.conditions]


def _policy(rule: Rule) -> str:
    effect = "permit" if rule.effect == "permit" else "forbid"
    # The tool is also Cedar's action, on which Cedar can leave a policy aside without evaluating it.
    tools = ", ".join(f'Countersign::Action::"{tool}"' for tool in rule.tools)
    action = f"action in [{tools}]" if tools else "action"
    when = " && ".join(parts(rule)) or "true"
    return f'@id("{rule.id}")\n{effect} (principal, {action}, resource) when {{ {when} }};'


def _expression(condition: Condition, rule: Rule) -> str:
    if condition.names:
        return _among(condition.attribute, condition.names, rule)
    holds = f'context["{condition.attribute}"] {_OPERATORS[condition.operator]} {condition.bound}'
    if rule.effect != "permit" and condition.attribute in MONEY:
        return f'({holds} || context["amount_unknown"] > 0)'
    return holds


def _among(attribute: str, names: list[str], rule: Rule) -> str:
    """Restricting rules of a unit also hold where the unit is not known: nobody escapes one by having no unit."""
    also = [""] if attribute == "unit" and rule.effect != "permit" else []
    return f'[{", ".join(_quoted(name) for name in [*names, *also])}].contains(context["{attribute}"])'


def _quoted(text: str) -> str:
    """A Cedar string literal; whatever is not plain is written as its code point."""
    plain = (c if c.isascii() and (c.isalnum() or c in " _.-/") else f"\\u{{{ord(c):x}}}" for c in text)
    return f'"{"".join(plain)}"'


def _schema() -> str:
    types = ", ".join(
        f'"{attribute.name}": {"Long" if attribute.kind == "number" else "String"}' for attribute in ATTRIBUTES.values()
    )
    tools = ", ".join(f'"{tool}"' for tool in sorted(TOOLS))
    return f"""namespace Countersign {{
        entity Assistant;
        entity Firm;
        action {tools} appliesTo {{ principal: [Assistant], resource: [Firm], context: {{ {types} }} }};
    }}"""

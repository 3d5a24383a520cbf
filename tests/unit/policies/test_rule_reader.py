"""The loader refuses whatever is not right, naming file, line, rule, field and what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reading import RuleError, RulesetInvalid, seconds
from policies.ruleset import read_ruleset

GOOD = """\
- id: writes
  title: Finance writes off
  tools: [write_off]
  when: {amount_minor: {more_than: 100}}
  effect: require_approval
  approval: {roles: [finance], within: 4h}
"""


def errors(text: str, name: str = "rules.yaml") -> list[RuleError]:
    with pytest.raises(RulesetInvalid) as caught:
        read_ruleset({name: text})
    assert all(error.file == name and error.line >= 1 for error in caught.value.errors)
    return caught.value.errors


def rule(**lines: str) -> str:
    """GOOD with some fields replaced (or, by "", left out)."""
    fields = {
        "id": "writes", "title": "Finance writes off", "tools": "[write_off]", "effect": "require_approval",
        "when": "{amount_minor: {more_than: 100}}", "approval": "{roles: [finance], within: 4h}",
    } | lines  # fmt: skip
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in fields.items() if value) + "\n"


def test_what_is_right_is_read() -> None:
    (read,) = read_ruleset({"rules.yaml": GOOD}).rules
    assert (read.id, read.effect, read.tools, read.line) == ("writes", "require_approval", ["write_off"], 1)
    assert read.approval is not None
    assert (read.approval.roles, read.approval.approvers, read.approval.within_s) == (["finance"], 1, 14_400)
    assert read.approval.excluded == ["requester", "beneficiary", "editor"]
    assert read_ruleset({"rules.yaml": rule()}).rules == [read]


PERMIT = {"effect": "permit", "approval": "", "tools": "[create_task]"}
DENY = {"effect": "deny", "approval": ""}

REFUSED = [
    # a permitting rule bounds from the risky side; a restricting one from the safe side
    (PERMIT | {"when": "{amount_minor: {more_than: 5}}"}, "when.amount_minor.more_than", "at_most"),
    (PERMIT | {"when": "{amount_minor: {at_least: 5}}"}, "when.amount_minor.at_least", "less_than"),
    ({"when": "{amount_minor: {at_most: 5}}"}, "when.amount_minor.at_most", "at_least"),
    (DENY | {"when": "{amount_minor: {less_than: 5}}"}, "when.amount_minor.less_than", "more_than"),
    (DENY | {"when": "{closed_period: {equals: 1}}"}, "when.closed_period.equals", "at_least"),
    (PERMIT | {"when": "{customer_tier: {in: [none, key]}}"}, "when.customer_tier.in", "standard"),
    (PERMIT | {"when": "{customer_tier: {equals: key}}"}, "when.customer_tier.equals", "standard"),
    (DENY | {"when": "{customer_tier: {in: [key]}}"}, "when.customer_tier.in", "strategic"),
    (DENY | {"when": "{contract_type: {equals: fixed_price}}"}, "when.contract_type.equals", "unknown"),
    # a model has a part in it
    (PERMIT | {"when": "{low_confidence: {at_most: 10}}"}, "when.low_confidence", None),
    (PERMIT | {"when": "{risk_score: {at_most: 10}}"}, "when.risk_score", None),
    (PERMIT | {"when": "{novelty: {at_most: 10}}"}, "when.novelty", None),
    # a permitting rule names its tools, a restricting one says something
    (PERMIT | {"tools": ""}, "tools", "create_task"),
    (DENY | {"tools": "", "when": ""}, "when", None),
    # unknown words
    ({"tools": "[write_of]"}, "tools", "write_off"),
    ({"effect": "allow"}, "effect", "permit"),
    ({"when": "{amount: {more_than: 1}}"}, "when.amount", "amount_minor"),
    ({"when": "{amount_minor: {above: 1}}"}, "when.amount_minor.above", "more_than"),
    ({"when": "{customer_tier: {in: [gold]}}"}, "when.customer_tier.in", "strategic"),
    ({"when": "{risk_class: {equals: monye}}"}, "when.risk_class.equals", "money"),
    ({"approval": "{roles: [boss]}"}, "approval.roles", "finance"),
    ({"approval": "{roles: [viewer]}"}, "approval.roles", "finance"),
    ({"approval": "{roles: [line_manager]}"}, "approval.roles", None),
    ({"approval": "{roles: [finance], escalate_to: line_manager}"}, "approval.escalate_to", "cfo"),
    ({"approval": "{roles: [admin]}"}, "approval.roles", "finance"),
    ({"approval": "{roles: [finance], escalate_to: ceo}"}, "approval.escalate_to", "cfo"),
    ({"approval": "{roles: [finance], exclude: [friend]}"}, "approval.exclude", "editor"),
    ({"approval": "{roles: [finance], deadline: 4h}"}, "approval.deadline", "within"),
    ({"priority": "1"}, "priority", "title"),
    # wrong values
    ({"when": "{amount_minor: {more_than: -1}}"}, "when.amount_minor.more_than", None),
    ({"when": "{amount_minor: {more_than: 1.5}}"}, "when.amount_minor.more_than", None),
    ({"when": "{amount_minor: {more_than: '5'}}"}, "when.amount_minor.more_than", None),
    ({"when": "{amount_minor: {more_than: 010}}"}, "when.amount_minor.more_than", None),
    ({"when": "{amount_minor: {more_than: 99999999999999999999}}"}, "when.amount_minor.more_than", None),
    ({"when": "{closed_period: {at_least: 2}}"}, "when.closed_period.at_least", None),
    ({"when": "{amount_minor: {}}"}, "when.amount_minor", "more_than"),
    ({"when": "{amount_minor: 5}"}, "when.amount_minor", "more_than"),
    ({"when": "[amount_minor]"}, "when", None),
    ({"when": "{customer_tier: {in: []}}"}, "when.customer_tier.in", None),
    ({"tools": "write_off"}, "tools", None),
    ({"tools": "[write_off, write_off]"}, "tools", None),
    ({"approval": "{roles: []}"}, "approval.roles", "finance"),
    ({"approval": "{within: 4h}"}, "approval.roles", None),
    ({"approval": "{roles: [finance], within: 4 hours}"}, "approval.within", "4h"),
    ({"approval": "{roles: [finance], within: 4}"}, "approval.within", None),
    ({"approval": "{roles: [finance], within: 1s}"}, "approval.within", "4h"),
    ({"approval": "{roles: [finance], approvers: 0}"}, "approval.approvers", None),
    ({"approval": "{roles: [finance], approvers: two}"}, "approval.approvers", None),
    ({"approval": ""}, "approval", None),
    (DENY | {"approval": "{roles: [finance]}"}, "approval", None),
    ({"id": ""}, "id", None),
    ({"id": "guard.cross-customer"}, "id", None),
    ({"id": "Writes Off"}, "id", None),
    ({"title": ""}, "title", None),
    ({"title": "7"}, "title", None),
    ({"examples": "[{given: {tool: write_off}, then: maybe}]"}, "examples.then", "review"),
    ({"examples": "[{given: {amount_minor: 5}, then: review}]"}, "examples.given.tool", None),
    ({"examples": "[{given: {tool: write_off, risk_score: 5}, then: review}]"}, "examples.given.risk_score", None),
    ({"examples": "[{given: {tool: write_off, reach_level: 7}, then: review}]"}, "examples.given.reach_level", None),
    ({"examples": "[{given: {tool: write_off}}]"}, "examples.then", None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "allowed"), REFUSED)
def test_what_is_wrong_is_named(change: dict[str, str], field: str, allowed: str | None) -> None:
    found = [error for error in errors(rule(**change)) if error.field == field]
    assert found
    assert allowed is None or allowed in found[0].allowed
    assert found[0].rule == (change.get("id", "writes") or None)
    assert field in str(found[0])
    assert "rules.yaml:" in str(found[0])


def test_every_error_of_every_file_is_told_at_once() -> None:
    broken = rule(effect="allow", tools="[nope]") + rule(id="second", when="{amount_minor: {at_most: 1}}")
    with pytest.raises(RulesetInvalid) as caught:
        read_ruleset({"a.yaml": broken, "b.yaml": "- {id: x", "thresholds.yaml": "default: {auto_below: 200}"})
    places = [(error.file, error.line, error.rule) for error in caught.value.errors]
    assert ("a.yaml", 3, "writes") in places
    assert ("a.yaml", 4, "writes") in places
    assert ("a.yaml", 11, "second") in places
    assert {file for file, _, _ in places} == {"a.yaml", "b.yaml", "thresholds.yaml"}
    assert len(str(caught.value).splitlines()) == len(places)


def test_an_id_is_taken_once_across_files() -> None:
    with pytest.raises(RulesetInvalid) as caught:
        read_ruleset({"a.yaml": GOOD, "b.yaml": GOOD})
    (error,) = caught.value.errors
    assert (error.file, error.rule, error.field) == ("b.yaml", "writes", "id")
    assert "a.yaml:1" in error.message


def test_a_key_is_given_once() -> None:
    (error,) = errors(GOOD + "  title: Another\n")
    assert (error.field, error.line, error.message) == ("title", 7, "is given twice")


@pytest.mark.parametrize(
    "text",
    ["- {id: x", "\t- a", "", "{}", "just text", "- 7", "- [a]", "a: &x [1]\nb: *x", "- !!python/object:os.system {}",
     "\x00", "- ? {a: 1}\n  : 2", "--- a\n--- b"],
)  # fmt: skip
def test_what_is_no_list_of_rules(text: str) -> None:
    assert errors(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_ruleset({"rules.yaml": text})
    except RulesetInvalid as invalid:
        assert invalid.errors  # noqa: PT017 - any other exception must fail the test


def test_deep_nesting_is_refused() -> None:
    assert errors("[" * 100_000)
    assert errors("- id: x\n  when: " + "{a: " * 900 + "1" + "}" * 900)


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("30m", 1800), ("4h", 14_400), ("2d", 172_800)])
def test_durations(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "h", "4", "0h", "-4h", "4h30m", "4 h", "4H", "1w", "9999999h"])
def test_no_durations(text: str) -> None:
    assert seconds(text) is None


def test_an_empty_exclusion_is_said_outright() -> None:
    (read,) = read_ruleset({"r.yaml": rule(approval="{roles: [finance], exclude: []}")}).rules
    assert read.approval is not None
    assert read.approval.excluded == []

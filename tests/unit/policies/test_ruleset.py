"""Rulesets: the folder they come from, their thresholds, weights and approvals, and their digest."""

from pathlib import Path

import pytest

from policies.attributes import FACTORS, RISK_CLASSES
from policies.difference import diff
from policies.engine import Engine
from policies.examples import request_of, run_examples
from policies.reading import RulesetInvalid
from policies.ruleset import RULES, Ruleset, check, load_ruleset, read_ruleset
from policies.thresholds import Thresholds, ThresholdTable, lowest
from tools.registry import TOOLS

RULE = """\
- id: writes
  title: Finance writes off
  tools: [write_off]
  effect: require_approval
  approval: {roles: [finance]}
"""


def refused(texts: dict[str, str]) -> list[str]:
    with pytest.raises(RulesetInvalid) as caught:
        read_ruleset(texts)
    return [f"{error.file}:{error.line} {error.field}" for error in caught.value.errors]


# -- the rules that come with the product


def test_every_shipped_example_comes_out_as_written() -> None:
    results = run_examples(load_ruleset())
    assert [result for result in results if not result.ok] == []
    assert len(results) >= 45


def test_every_shipped_rule_has_an_example_in_which_it_matches() -> None:
    ruleset = load_ruleset()
    shown = {result.rule for result in run_examples(ruleset) if result.matched}
    assert shown == {rule.id for rule in ruleset.rules}


def test_shipped_weights_and_approvals_are_whole() -> None:
    ruleset = load_ruleset()
    assert ruleset.weights.keys() == set(FACTORS)
    assert ruleset.approvals.keys() == {*RISK_CLASSES, "two_people"}


def test_shipped_rules_let_only_harmless_tools_run_alone() -> None:
    engine = Engine(load_ruleset())
    alone = {tool for tool in TOOLS if engine.judge(*request_of({"tool": tool}), "auto").effect == "auto"}
    assert alone == {
        "notify_channel", "create_task", "create_onboarding_tasks", "set_ticket_priority", "flag_time_entry",
        "hold_invoice", "provision_workspace", "update_forecast", "recall_message",
    }  # fmt: skip
    assert all(TOOLS[tool].risk_class in ("internal", "protective") for tool in alone)


def test_shipped_rules_never_move_money_alone() -> None:
    engine = Engine(load_ruleset())
    for tool, spec in TOOLS.items():
        decision = engine.judge(*request_of({"tool": tool, "amount_minor": 1}), "auto")
        assert decision.effect != "auto" or spec.risk_class not in ("money", "contract")


def test_an_example_that_is_wrong_fails() -> None:
    wrong = RULE + "  examples:\n    - {given: {tool: write_off}, then: auto}\n"
    vacuous = RULE + "  examples:\n    - {given: {tool: create_task}, then: review, matches: true}\n"
    for text in (wrong, vacuous):
        (result,) = run_examples(read_ruleset({"r.yaml": text}))
        assert not result.ok
        assert (result.rule, result.line) == ("writes", 7)


# -- folders and files


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE)
    (tmp_path / "b.yml").write_text(RULE.replace("writes", "also"))
    (tmp_path / "notes.txt").write_text("not a rule")
    ruleset = load_ruleset(tmp_path)
    assert [rule.id for rule in ruleset.rules] == ["also", "writes"]
    assert ruleset.weights == load_ruleset().weights
    assert load_ruleset(tmp_path / "a.yaml").rules[0].id == "writes"
    assert check([tmp_path, RULES]) == []


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"- id: caf\xe9")
    (tmp_path / "huge.yaml").write_text("#" * 1_000_001)
    empty = tmp_path / "empty"
    empty.mkdir()
    messages = [str(error) for error in check([tmp_path, empty, tmp_path / "absent.yaml"])]
    assert len(messages) == 4
    assert any("latin.yaml:1: cannot be read: is not UTF-8" in message for message in messages)
    assert any("huge.yaml:1: is larger" in message for message in messages)
    assert any("no rule files" in message for message in messages)


# -- thresholds


def test_thresholds_by_tenant_unit_and_tool() -> None:
    text = """\
default: {auto_below: 30, two_from: 60, deny_from: 90}
tenants: {ten_y: {auto_below: 10}}
units: {north: {auto_below: 20}, south: {deny_from: 95}}
tools: {write_off: {auto_below: 0, two_from: 50}}
"""
    table = read_ruleset({"thresholds.yaml": text}).thresholds

    def of(tenant: str, unit: str, tool: str) -> tuple[int, int, int]:
        found = table.of(tenant, unit, tool)
        return found.auto_below, found.two_from, found.deny_from

    assert of("ten_x", "west", "create_task") == (30, 60, 90)
    assert of("ten_y", "west", "create_task") == (10, 60, 90)
    assert of("ten_x", "north", "create_task") == (20, 60, 90)
    assert of("ten_x", "south", "create_task") == (30, 60, 95)
    assert of("ten_x", "north", "write_off") == (0, 50, 90)
    assert of("ten_x", "", "create_task") == (20, 60, 90)  # an unknown unit has the strictest of all


def test_an_unknown_unit_gains_nothing_from_a_looser_one() -> None:
    loose = {"south": Thresholds(auto_below=50, two_from=80, deny_from=101)}
    table = ThresholdTable(default=Thresholds(auto_below=30, two_from=60, deny_from=90), units=loose)
    assert table.of("ten_x", "", "create_task") == table.default
    assert table.of("ten_x", "south", "create_task") == loose["south"]


def test_thresholds_must_rise() -> None:
    assert refused({"thresholds.yaml": "default: {auto_below: 50, two_from: 40, deny_from: 90}"}) == [
        "thresholds.yaml:1 default"
    ]
    base = "default: {auto_below: 30, two_from: 60, deny_from: 90}\n"
    assert refused({"thresholds.yaml": base + "units: {north: {two_from: 20}}"}) == ["thresholds.yaml:2 units.north"]
    assert refused({"thresholds.yaml": base + "tools: {write_of: {two_from: 40}}"}) == [
        "thresholds.yaml:2 tools.write_of"
    ]
    assert refused({"thresholds.yaml": "default: {auto_below: 50}"}) == [
        "thresholds.yaml:1 default.two_from", "thresholds.yaml:1 default.deny_from",
    ]  # fmt: skip
    assert refused({"thresholds.yaml": "units: {}"}) == ["thresholds.yaml:1 default"]
    with pytest.raises(ValueError, match="auto_below"):
        Thresholds(auto_below=2, two_from=1, deny_from=3)


def test_the_lowest_thresholds_rise_too() -> None:
    one = Thresholds(auto_below=10, two_from=80, deny_from=90)
    other = Thresholds(auto_below=30, two_from=30, deny_from=101)
    assert lowest([one, other]) == Thresholds(auto_below=10, two_from=30, deny_from=90)
    assert ThresholdTable(default=one).of("ten_x", "", "write_off") == one


# -- weights and approvals


def test_weights_replace_those_of_their_factor_only() -> None:
    ruleset = read_ruleset({"weights.yaml": "outside_hours: {1: 50}\ncustomer_tier: {key: 1, unknown: 9}"})
    assert ruleset.weights["outside_hours"].at(1) == 50
    tier = ruleset.weights["customer_tier"]
    assert [tier.at(place) for place in range(5)] == [0, 0, 1, 1, 9]
    assert ruleset.weights["amount_minor"] == load_ruleset().weights["amount_minor"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("amount_minor: {100: 5, 200: 4}", "amount_minor"),
        ("amount_minor: {200: 4, 100: 5}", "amount_minor"),
        ("amount_minor: {-1: 4}", "amount_minor"),
        ("amount_minor: {x: 4}", "amount_minor"),
        ("amount_minor: {1: -4}", "amount_minor.1"),
        ("amount_minor: {1: 4.5}", "amount_minor.1"),
        ("amount: {1: 4}", "amount"),
        ("risk_score: {1: 4}", "risk_score"),
        ("customer_tier: {gold: 4}", "customer_tier.gold"),
        ("customer_tier: {strategic: 3, key: 4}", "customer_tier"),
        ("customer_tier: {standard: 5, key: 4}", "customer_tier"),
        ("[1]", None),
    ],
)
def test_weights_that_could_fall_are_refused(text: str, field: str | None) -> None:
    assert refused({"weights.yaml": text}) == [f"weights.yaml:1 {field}"]


def test_two_people_are_two() -> None:
    assert refused({"approvals.yaml": "two_people: {roles: [finance], approvers: 1}"}) == [
        "approvals.yaml:1 two_people.approvers"
    ]
    assert refused({"approvals.yaml": "monye: {roles: [finance]}"}) == ["approvals.yaml:1 monye"]
    assert read_ruleset({"approvals.yaml": "money: {roles: [cfo]}"}).approvals["money"].roles == ["cfo"]


# -- digest and difference


def digest_of(**texts: str) -> str:
    return read_ruleset({f"{name}.yaml": text for name, text in texts.items()}).digest


def test_the_digest_covers_what_decides() -> None:
    base = digest_of(r=RULE)
    assert base == digest_of(other_name=RULE)
    assert base == digest_of(r="# a comment\n" + RULE)
    assert base == digest_of(r=RULE + "  examples: [{given: {tool: write_off}, then: review}]\n")
    changed = {
        digest_of(r=RULE.replace("finance]", "cfo]")),
        digest_of(r=RULE.replace("require_approval", "deny").replace("  approval: {roles: [finance]}\n", "")),
        digest_of(r=RULE + "  units: [north]\n"),
        digest_of(r=RULE, weights="outside_hours: {1: 50}"),
        digest_of(r=RULE, thresholds="default: {auto_below: 1, two_from: 2, deny_from: 3}"),
        digest_of(r=RULE, approvals="money: {roles: [cfo]}"),
        digest_of(r=RULE + RULE.replace("writes", "also")),
    }
    assert len(changed | {base}) == 8


def test_the_order_of_rules_does_not_matter() -> None:
    also = RULE.replace("writes", "also")
    assert digest_of(r=RULE + also) == digest_of(r=also + RULE)


def ruleset(text: str, **others: str) -> Ruleset:
    return read_ruleset({"r.yaml": text} | {f"{name}.yaml": other for name, other in others.items()})


def test_diff_names_each_part() -> None:
    before = ruleset(RULE)
    assert diff(before, ruleset(RULE)) == []
    (change,) = diff(before, ruleset(RULE.replace("finance]", "cfo]")))
    assert (change.kind, change.what) == ("changed", "rules/writes/approval/roles")
    assert (change.before, change.after) == (["finance"], ["cfo"])
    (added,) = diff(before, ruleset(RULE + RULE.replace("writes", "also")))
    assert (added.kind, added.what, added.before) == ("added", "rules/also", None)
    (removed,) = diff(ruleset(RULE + RULE.replace("writes", "also")), before)
    assert (removed.kind, removed.what, removed.after) == ("removed", "rules/also", None)
    (weight,) = diff(before, ruleset(RULE, weights="outside_hours: {1: 50}"))
    assert weight.what == "weights/outside_hours"

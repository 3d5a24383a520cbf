"""`policy`: what is wrong with a rule file is said with place, rule, field and what is allowed."""

import json
import shutil
from pathlib import Path

from policies.ruleset import RULES
from tests.unit.app.cli.runner import Cli

BROKEN = """\
- id: odd
  title: A rule with a field that there is not
  when: {amount_minor: {mroe_than: 5}}
  effect: deny
  examples:
    - {given: {tool: write_off}, then: deny}
"""


def test_the_shipped_rules_hold(cli: Cli) -> None:
    assert cli.done("policy", "check") == []
    results = cli.done("policy", "test")
    assert results
    assert all(each["ok"] for each in results)
    assert {"rule", "number", "file", "line", "expected", "got"} <= results[0].keys()


def test_a_broken_file_is_explained(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rules" / "odd.yaml"
    file.parent.mkdir()
    file.write_text(BROKEN)
    ran = cli("policy", "check", str(file.parent), "--json")
    assert ran.code == 1
    error = ran.json[0]
    assert (error["file"], error["line"], error["rule"]) == (str(file), 3, "odd")
    assert "amount_minor" in error["field"]
    assert "more_than" in error["allowed"]
    text = cli("policy", "check", str(file.parent))
    assert (text.code, f"{file}:3: rule odd: field" in text.out, "more_than" in text.out) == (1, True, True)
    unusable = cli("policy", "test", str(file.parent), "--json")
    assert (unusable.code, unusable.out) == (2, "")
    assert unusable.problem["rules"][0]["rule"] == "odd"
    assert cli("policy", "check", str(tmp_path / "none")).code == 1


def test_a_failing_example_is_exit_code_1(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(BROKEN.replace("mroe_than", "more_than"))
    ran = cli("policy", "test", str(file), "--json")
    assert (ran.code, [each["ok"] for each in ran.json]) == (1, [False])


def test_explain_says_which_conditions_hold(cli: Cli) -> None:
    found = cli.done("policy", "explain", json.dumps({"tool": "send_customer_message", "recipients_external": 1}))
    assert found["decision"]["effect"] == "review"
    matched = {each["id"] for each in found["rules"] if each["matched"]}
    assert "customer-message" in matched
    assert "customer-message" in cli("policy", "explain", '{"tool": "send_customer_message"}').out
    assert cli("policy", "explain", '{"tool": "conquer"}').code == 2
    cli.done("tenant", "add", "demo")
    assert cli("policy", "explain", "rev_0").code == 2


def test_diff_names_what_changed(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "rules"
    shutil.copytree(RULES, other)
    assert cli.done("policy", "diff", str(RULES), str(other)) == []
    thresholds = other / "thresholds.yaml"
    thresholds.write_text(thresholds.read_text().replace("auto_below: 30", "auto_below: 1"))
    ran = cli("policy", "diff", str(RULES), str(other), "--json")
    assert ran.code == 1
    assert any(change["what"].startswith("thresholds/") and change["after"] == 1 for change in ran.json)


def test_simulating_over_nothing_changes_nothing(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    found = cli.done("policy", "simulate", str(RULES))
    assert (found["total"], found["changed"], found["skipped"]) == (0, [], 0)

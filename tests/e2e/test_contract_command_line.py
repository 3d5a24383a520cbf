"""The command line: shapes, exit codes, settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.approvals import one
from tests.e2e.installation import Installation
from tests.e2e.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COMMANDS = (
    "serve", "demo", "triage", "queue", "approve", "policy", "audit", "train", "classify", "eval", "bench", "sandbox",
    "source", "user", "token", "import", "migrate", "doctor",
)  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation in which nothing was done yet."""
    return Installation(tmp_path_factory.mktemp("empty") / "home")


def problem_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    assert found.keys() >= {"type", "title", "status", "detail", "code", "errors"}
    return found


def test_help_names_every_command_and_the_exit_codes(empty: Installation) -> None:
    done = empty.run("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout, command
    assert "Exit codes" in done.stdout
    assert not empty.home.exists()


def test_wrong_usage_is_2(empty: Installation) -> None:
    for arguments in (["nothing"], ["serve", "--role", "king"], ["token", "create", "--json"], ["approve"],
                      ["audit", "verify", "none", "--public-key", "none"], ["policy", "explain", "{"]):  # fmt: skip
        done = empty.run(*arguments)
        assert done.returncode == 2, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_misspelt_setting_is_named(empty: Installation) -> None:
    for name, value in (("homme", "/x"), ("port", "x"), ("database_url", "mysql://x"), ("environment", "staging")):
        done = empty.run("migrate", **{name: value})
        assert done.returncode == 2
        assert f"COUNTERSIGN_{name.upper()}" in done.stderr
        assert "Traceback" not in done.stderr


def test_outside_development_a_default_secret_is_refused(empty: Installation, tmp_path: Path) -> None:
    for key in ({}, {"secret_key": "x" * 64}, {"secret_key": "short"}):
        done = empty.run("serve", environment="production", home=str(tmp_path / "home"), **key)
        assert done.returncode == 2
        assert "COUNTERSIGN_SECRET_KEY" in done.stderr


def test_token_create_source_add_and_user_add(site: Site) -> None:
    token = site.installation.told("token", "create", "--name", "n", "--role", "viewer", "--tenant", "demo")
    assert token.keys() == {"token", "principal"}
    assert site.get("/v1/cases", token["token"]).status_code == 200
    for more in (["--types", "erp.*,crm.*"], ["--types", "erp.*", "--types", "crm.*"], []):
        source = site.installation.told(
            "source", "add", "shape", "--verifier", "standard-webhooks", "--tenant", "demo", *more
        )
        assert source.keys() == {"source", "secret", "url"}
        assert source["url"].endswith(f"/v1/events/{source['source']}")
    listed = site.installation.told("source", "list", "--tenant", "demo")
    types = [each["types"] for each in listed if each["source"].startswith("shape")]
    assert sorted(types) == [["*"], ["erp.*", "crm.*"], ["erp.*", "crm.*"]]
    user = site.installation.told("user", "add", "Una Shape", "--role", "reviewer", "--tenant", "demo")
    assert user["principal"].startswith("pri_")


def test_slugs_are_globally_unique(site: Site) -> None:
    add = ("source", "add", "all", "--verifier", "standard-webhooks")
    theirs = site.installation.told(*add, "--tenant", "other")
    assert theirs["source"] != "all"


def test_an_unknown_role_or_verifier_makes_nothing(site: Site) -> None:
    before = site.installation.told("tenant", "list")
    for arguments in (
        ["token", "create", "--name", "x", "--role", "king", "--tenant", "fresh"],
        ["user", "add", "x", "--role", "king", "--tenant", "fresh"],
    ):
        done = site.installation.run(*arguments, "--json")
        assert done.returncode == 2
        assert problem_of(done.stderr)["detail"]
        assert done.stdout == ""
    assert site.installation.told("tenant", "list") == before


def test_queue_and_approve(site: Site) -> None:
    review = one(site)
    token = {"token": site.tokens["reviewer"]}
    listed = site.installation.run("queue", "--json", **token)
    assert listed.returncode == 0, listed.stderr
    found = json.loads(listed.stdout)
    assert found.keys() == {"items", "next_cursor"}
    assert review["id"] in {each["id"] for each in found["items"]}
    refused = site.installation.run("approve", review["id"], "--yes", "--json", token=site.tokens["auditor"])
    assert refused.returncode == 3
    assert problem_of(refused.stderr)["code"] == "not_permitted"
    stale = site.installation.run(
        "approve", review["id"], "--yes", "--json", "--digest", "sha256:" + "0" * 64, **token
    )  # fmt: skip
    assert (stale.returncode, problem_of(stale.stderr)["code"]) == (1, "args_mismatch")
    done = site.installation.run("approve", review["id"], "--yes", "--json", **token)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "approved"
    again = site.installation.run("approve", review["id"], "--yes", "--json", **token)
    assert (again.returncode, problem_of(again.stderr)["code"]) == (1, "already_decided")
    none = site.installation.run("approve", "rev_none", "--yes", "--json", **token)
    assert (none.returncode, problem_of(none.stderr)["code"]) == (2, "not_found")


def test_triage(site: Site, tmp_path: Path) -> None:
    token = {"token": site.tokens["reviewer"]}
    body = {"kind": "ticket", "text": "The dashboard is empty."}
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body))
    for arguments, text in (([str(file)], None), (["-"], json.dumps(body)), (["-", "--kind", "ticket"], "It broke.")):
        done = site.installation.run("triage", *arguments, "--json", text=text, **token)
        assert done.returncode == 0, done.stderr
        assert site.case(json.loads(done.stdout)["case_id"])["kind"] == "ticket"
    wrong = site.installation.run("triage", "-", "--json", text='{"kind":"gift","text":"x"}', **token)
    assert wrong.returncode == 2
    assert [each["pointer"] for each in problem_of(wrong.stderr)["errors"]] == ["/kind"]


def test_policy(site: Site) -> None:
    assert site.installation.told("policy", "check") == []
    examples = site.installation.told("policy", "test")
    assert examples
    assert all(each["ok"] for each in examples)
    explained = site.installation.told("policy", "explain", '{"tool": "write_off", "amount_minor": 5000000}')
    assert explained["decision"]["effect"] in ("review", "deny")
    assert explained["rules"]
    review = one(site)
    assert (
        site.installation.told("policy", "explain", review["id"], "--tenant", "demo")["decision"]["effect"] == "review"
    )


def test_sandbox(site: Site) -> None:
    told = site.installation.told("sandbox", "emit", "erp.invoice.drafted", "--count", "2", "--tenant", "demo")
    assert {each["type"] for each in told["emitted"]} == {"erp.invoice.drafted"}
    assert len(told["emitted"]) == 2
    assert {each["id"] for each in told["emitted"]} <= set(told["sent"])
    for entry in site.installation.told("sandbox", "ledger", "--tenant", "demo"):
        assert entry.keys() >= {"key", "tool", "count"}
        assert entry["count"] == 1
    assert site.installation.run("sandbox", "emit", "no.such.type", "--tenant", "demo").returncode == 2


def test_doctor(site: Site) -> None:
    found = site.installation.told("doctor")
    assert all(each.keys() >= {"what", "ok"} for each in found)
    assert all(each["ok"] for each in found), found


def test_serving_a_taken_port_is_said_and_exits_with_4(site: Site, tmp_path: Path) -> None:
    done = site.installation.run("serve", home=str(tmp_path / "home"))
    assert done.returncode == 4
    assert str(site.installation.port) in done.stderr
    assert "Traceback" not in done.stderr

"""From a text to its effect by commands alone: triage, queue, approve, the ledger, the log."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli_commands.local import open_service
from policies.ruleset import RULES
from tests.integration.cli.conftest import REQUEST
from tests.unit.app.cli.runner import Cli


def work() -> None:
    """What a running service would do."""
    with open_service() as service:
        service.start()
        try:
            assert service.wait_idle(timedelta(seconds=60))
        finally:
            service.drain()


def review_of(case: dict[str, Any], tool: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in case["reviews"] if each["action"]["tool"] == tool)
    return found


def test_a_text_becomes_a_case_with_reviews(cli: Cli, case: dict[str, Any]) -> None:
    assert {"id", "status", "kind", "subject", "events", "assessment", "proposals", "reviews", "executions"} <= set(
        case
    )
    assert (case["status"], case["kind"], case["project"]) == ("waiting", "change_request", "prj-22")
    page = cli.done("queue", "--limit", "1")
    assert page.keys() == {"items", "next_cursor"}
    assert len(page["items"]) == 1
    rest = cli.done("queue", "--cursor", page["next_cursor"])
    ids = [each["id"] for each in page["items"] + rest["items"]]
    assert sorted(ids) == sorted(each["id"] for each in case["reviews"])
    table = cli("queue").out
    assert all(ident in table for ident in ids)
    assert "prj-22" not in cli("queue", "--tool", "write_off").out


def test_without_wait_the_case_is_only_opened(cli: Cli) -> None:
    told = cli.done("triage", "-", "--as", "Lena", stdin='{"kind": "other", "text": "Hello?"}')
    assert told.keys() == {"case_id"}


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ('{"kind": "other"}', (), 2),
        ('{"kind": "riot", "text": "x"}', (), 2),
        ('{"kind": "other", "text": "x", "colour": "red"}', (), 2),
        ('{"kind": "other", "text": "x", "customer": "cus-01"}', ("--customer", "cus-02"), 2),
        ("{", (), 2),
        (b"\xff\xfe", (), 2),
        ("", (), 2),
        ("Hello?", ("--kind", "riot"), 2),
    ],
)
def test_a_bad_request_opens_nothing(cli: Cli, text: str, options: tuple[str, ...], code: int) -> None:
    ran = cli("triage", "-", "--as", "Lena", *options, "--json", stdin=text)
    assert (ran.code, ran.out) == (code, "")
    assert ran.problem["code"] in ("invalid_body", "invalid_query")


def test_who_may_change_nothing_asks_for_nothing(cli: Cli) -> None:
    assert cli("triage", "-", "--as", "Vera", stdin="Hello?").code == 3
    assert cli("triage", "-", stdin="Hello?").code == 2


def test_an_approval_takes_effect_once(cli: Cli, case: dict[str, Any]) -> None:
    review = review_of(case, "create_task")
    before = cli.done("sandbox", "ledger")
    shown = cli("approve", review["id"], "--as", "Lena")
    assert (shown.code, shown.out) == (2, "")
    for seen in (review["args_digest"], review["action"]["args"]["title"], "risk:", "needs:", "say --yes"):
        assert seen in shown.err
    assert cli("approve", review["id"], "--as", "Vera", "--yes").code == 3
    other = cli("approve", review["id"], "--as", "Hal", "--yes", "--digest", "sha256:" + "0" * 64, "--json")
    assert (other.code, other.problem["code"]) == (1, "args_mismatch")
    told = cli.done("approve", review["id"], "--as", "Hal", "--yes", "--comment", "Fine.")
    assert (told["id"], told["status"]) == (review["id"], "approved")
    again = cli("approve", review["id"], "--as", "Hal", "--yes", "--json")
    assert (again.code, again.problem["code"]) == (1, "already_decided")
    assert cli.done("sandbox", "ledger") == before
    work()
    work()
    new = [each for each in cli.done("sandbox", "ledger") if each not in before]
    assert [(each["tool"], each["count"]) for each in new] == [("create_task", 1)]
    assert new[0]["key"] == f"cs_{review['proposal_id']}"


def test_the_other_verdicts(cli: Cli, case: dict[str, Any], tmp_path: Path) -> None:
    task, letter = review_of(case, "create_task"), review_of(case, "send_customer_message")
    remark = cli.done("approve", letter["id"], "--ask", "Who wrote this?", "--as", "Hal", "--yes")
    assert (remark["status"], remark["verdicts"][-1]["comment"]) == ("pending", "Who wrote this?")
    args = task["action"]["args"] | {"title": "Price the second warehouse"}
    file = tmp_path / "args.json"
    file.write_text(json.dumps(args))
    seen = cli("approve", task["id"], "--edit", str(file), "--as", "Lena")
    assert '→ "Price the second warehouse"' in seen.err
    edited = cli.done("approve", task["id"], "--edit", str(file), "--as", "Lena", "--yes")
    assert (edited["status"], edited["action"]["args"]["title"]) == ("pending", "Price the second warehouse")
    assert edited["args_digest"] != task["args_digest"]
    own = cli("approve", task["id"], "--as", "Lena", "--yes", "--json")
    assert (own.code, own.problem["code"]) == (3, "self_approval")
    assert cli.done("approve", letter["id"], "--reject", "--as", "Hal", "--yes")["status"] == "rejected"
    both = cli("approve", task["id"], "--reject", "--ask", "?", "--as", "Hal", "--yes")
    assert both.code == 2
    assert cli("approve", "rev_none", "--as", "Hal", "--yes").code == 2


def test_decisions_are_explained_and_simulated(cli: Cli, case: dict[str, Any]) -> None:
    explained = cli.done("policy", "explain", review_of(case, "create_task")["id"])
    assert explained["decision"]["effect"] == "review"
    found = cli.done("policy", "simulate", str(RULES))
    assert found["total"] == len(case["proposals"])
    assert found["skipped"] == 0


def test_the_log_is_exported_verified_and_outlives_an_erasure(cli: Cli, case: dict[str, Any], tmp_path: Path) -> None:
    key, log, since = tmp_path / "key", tmp_path / "log.jsonl", tmp_path / "since"
    key.write_text(cli("audit", "key").out)
    assert cli.done("audit", "key")["key"] == key.read_text().strip()
    told = cli.done("audit", "export", "--out", str(log))
    assert told == {"file": str(log), "lines": len(log.read_bytes().splitlines()), "bytes": log.stat().st_size}
    verified = cli("audit", "verify", str(log), "--public-key", str(key), "--json")
    assert (verified.code, verified.json["holds"], verified.json["erased"]) == (0, True, 0)
    since.write_text(json.loads(log.read_bytes().splitlines()[-1])["checkpoint"])
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(log.read_bytes().replace(b"create_task", b"create_tusk", 1))
    assert cli("audit", "verify", str(broken), "--public-key", str(key)).code == 1
    assert cli("audit", "verify", str(tmp_path / "none"), "--public-key", str(key)).code == 2
    assert cli("erase", case["id"]).code == 2
    gone = cli.done("erase", case["id"], "--yes")
    assert gone["payloads"] > 0
    assert cli("erase", "nobody@nowhere.example", "--yes").code == 2
    cli.done("audit", "export", "--out", str(log))
    after = cli("audit", "verify", str(log), "--public-key", str(key), "--since", str(since), "--json")
    assert (after.code, after.json["holds"], after.json["erased"]) == (0, True, gone["payloads"])
    assert REQUEST.encode() not in b"".join(each.read_bytes() for each in cli.home.rglob("*") if each.is_file())

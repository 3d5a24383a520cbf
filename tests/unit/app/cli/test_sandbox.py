"""`sandbox`: its answers, and what it does where no service listens."""

from typing import Any

import pytest

from tests.unit.app.cli.runner import Cli


@pytest.fixture
def firm(cli: Cli) -> Cli:
    cli.done("tenant", "add", "demo", "--sandbox", "--seed", "7")
    return cli


def test_events_are_made_and_wait_for_a_delivery(firm: Cli) -> None:
    told = firm.done("sandbox", "emit", "psa.sow.approved", "--count", "2", "--no-send")
    assert told.keys() == {"emitted", "sent", "refused", "waiting"}
    assert [(each["type"], each["specversion"]) for each in told["emitted"]] == [("psa.sow.approved", "1.0")] * 2
    assert told["waiting"] == [each["id"] for each in told["emitted"]]
    assert firm("sandbox", "emit", "no.such.type", "--no-send").code == 2


def test_without_a_service_events_wait_and_the_exit_code_says_so(firm: Cli) -> None:
    firm.set(PORT="1")  # where nothing listens
    ran = firm("sandbox", "emit", "--json")
    assert (ran.code, ran.json["sent"], len(ran.json["waiting"])) == (4, [], 1)
    assert "countersign serve" in ran.err


def test_the_ledger_and_records(firm: Cli) -> None:
    assert firm.done("sandbox", "ledger") == []
    record: dict[str, Any] = firm.done("sandbox", "show", "contract", "ctr-02")
    assert record["id"] == "ctr-02"
    assert firm("sandbox", "show", "contract", "ctr-99999").code == 2
    assert firm("sandbox", "show", "spaceship", "x").code == 2


def test_faults(firm: Cli) -> None:
    due = firm.done("sandbox", "fault", "timeout_after_apply", "--tool", "create_task", "--count", "2")
    assert due == [{"fault": "timeout_after_apply", "scope": "create_task", "remaining": 2, "seconds": 0.0}]
    assert firm.done("sandbox", "fault") == due
    assert firm("sandbox", "fault", "earthquake").code == 2
    assert firm("sandbox", "fault", "lie", "--tool", "no_tool").code == 2
    assert firm.done("sandbox", "fault", "--clear") == []


def test_a_reset_asks_first(firm: Cli) -> None:
    refused = firm("sandbox", "reset", "--seed", "8")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    told = firm.done("sandbox", "reset", "--seed", "8", "--yes")
    assert told["seed"] == 8
    assert told["records"] > 500


def test_a_firm_without_a_sandbox_says_so(cli: Cli) -> None:
    cli.done("tenant", "add", "bare")
    ran = cli("sandbox", "ledger", "--json")
    assert (ran.code, ran.problem["code"]) == (2, "not_found")

"""A backup of the running service, more of everything after it, kill -9, restore: each effect once, and all told."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.backup.house import LIVE, House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_what_happened_after_the_backup_is_asked_about_and_told(house: House, tmp_path: Path) -> None:
    events = house.happen(20)
    before, after = events[:12], events[12:]
    house.service.start()
    assert house.deliver(before) == len(before)
    until(house.idle)
    house.approve(house.pending()[::2])
    until(lambda: not set(house.executions().values()) & set(LIVE))

    # Approved and not yet run when the backup is made, since the firm is paused for a moment.
    assert house.call("POST", "/v1/control/pause", json={"scope": "tenant"}).status_code == 200
    assert house.approve(house.pending()[::2]) >= 2
    taken = house.service.told("backup", str(tmp_path / "backup"))
    at_backup = house.executions()
    assert "waiting" in at_backup.values()
    assert house.call("POST", "/v1/control/resume", json={"scope": "tenant"}).status_code == 200

    # After the backup: those run, more is approved, new events come and act.
    house.approve(house.pending())
    assert house.deliver(after) == len(after)
    until(house.idle)
    house.approve(house.pending())
    until(lambda: not set(house.executions().values()) & set(LIVE))
    effects, at_end = house.ledger(), house.executions()
    lost = effects.keys() - at_backup.keys()
    assert lost, "nothing took effect after the backup"
    until(lambda: taken["tenants"][0]["size"] < _sent(house.sink))

    busy = house.service.run("restore", str(tmp_path / "backup"), "--replace", "--yes")
    assert (busy.returncode, "stop the service first" in busy.stderr) == (1, True), busy.stderr
    house.service.kill()
    refused = house.service.run("restore", str(tmp_path / "backup"))
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    assert house.executions() == at_end
    told = house.service.told("restore", str(tmp_path / "backup"), "--replace", "--yes")
    (firm,) = told["tenants"]
    assert told["kept"]
    assert firm["unknown"] == sum(status in (*LIVE, "held") for status in at_backup.values())
    assert {each["key"] for each in firm["unexplained"]} == lost
    assert firm["outside"] > firm["size"]
    assert firm["paused"]
    assert firm["sources"][0]["last_received"] is not None
    assert {house.executions()[key] for key, status in at_backup.items() if status in LIVE} <= {"unknown"}

    house.service.start()
    until(lambda: "unknown" not in house.executions().values())
    now = house.executions()
    assert now.keys() == at_backup.keys()
    assert {now[key] for key in effects.keys() & now.keys()} == {"succeeded"}
    assert {now[key] for key in now.keys() - effects.keys()} <= {"waiting", "held", "void", "failed"}
    assert house.ledger() == effects, "something ran before people looked"

    _told_in_the_log(house, tmp_path, lost)

    # The sources send everything again; what is known is known, what was lost is planned anew.
    assert house.deliver(before) == 0
    assert house.deliver(after) == len(after)
    assert house.call("POST", "/v1/control/resume", json={"scope": "tenant"}).status_code == 200
    until(house.idle)
    until(lambda: not set(house.executions().values()) & set(LIVE))
    again = house.ledger()
    assert all(each["count"] == 1 for each in again.values())
    assert not _repeated(again, effects), "the same was done once more without anybody being asked"
    house.approve([each for each in house.pending() if f"cs_{each['proposal_id']}" in lost])
    until(lambda: not set(house.executions().values()) & set(LIVE))
    assert all(each["count"] == 1 for each in house.ledger().values())
    assert house.verify(tmp_path)[0] == 0
    assert house.service.tracebacks() == []


def _told_in_the_log(house: House, tmp_path: Path, lost: set[str]) -> None:
    """The log holds; against the outside checkpoints it is seen to have been rolled back; its entry says why."""
    code, _ = house.verify(tmp_path)
    assert code == 0
    code, said = house.verify(tmp_path, since=house.sink)
    assert code == 1, said
    (restored,) = house.entries("backup.restored")
    assert restored["details"]["behind_outside"] is True
    assert restored["details"]["size"] < restored["details"]["outside_size"] <= _sent(house.sink)
    assert {each["details"]["key"] for each in house.entries("effect.unexplained")} == lost
    assert len(house.entries("backup.taken")) == 1


def _sent(sink: Path) -> int:
    """Entries in the largest checkpoint that was sent outside."""
    lines = sink.read_text().splitlines() if sink.exists() else []
    return max((int(lines[place + 1]) for place, line in enumerate(lines) if line.endswith("/demo")), default=0)


def _repeated(ledger: dict[str, Any], before: dict[str, Any]) -> list[dict[str, Any]]:
    """Effects under new keys of an action that took effect before."""
    done = {(each["tool"], each["args_digest"]) for each in before.values() if each["count"]}
    new = [each for key, each in ledger.items() if key not in before and each["count"]]
    return [each for each in new if (each["tool"], each["args_digest"]) in done]

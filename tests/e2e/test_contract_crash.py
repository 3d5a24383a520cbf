"""kill -9 in the middle of work: after the next start everything ends once, nothing is lost, the log holds."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.installation import Installation
from tests.e2e.sender import Sender

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_KILLS = 5
_EVENTS = 30
# Workflows whose low-risk actions run by themselves, so that effects are under way when the process dies.
_AUTO = (
    "crm.opportunity.won", "crm.contract.expiring", "psa.sow.approved", "psa.milestone.slipped",
    "psa.timesheet.approved", "psa.timesheet.missing", "erp.invoice.drafted", "erp.milestone.completed",
    "support.ticket.opened", "hr.person.joined", "psa.change_request.submitted",
)  # fmt: skip
_ENDED_S = 400


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "home")
    yield made
    assert made.stop() == 0


class Caller:
    def __init__(self, installation: Installation, token: str) -> None:
        self._http, self._headers = installation.http, {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> Any:
        answer = self._http.get(path, headers=self._headers, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self._http.post(path, headers=self._headers, json=body)

    def every(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            found = self.get(path, limit="200", **query, **({"cursor": cursor} if cursor else {}))
            yield from found["items"]
            if (cursor := found["next_cursor"]) is None:
                return


def _automatic(installation: Installation) -> None:
    for name in ("one", "two"):
        installation.told("user", "add", name, "--role", "admin")
    for workflow in _AUTO:
        change = installation.told("setting", "set", f"mode/{workflow}", "auto", "--as", "one")["change"]
        installation.told("setting", "confirm", change, "--as", "two")


def _deliver(sender: Sender, events: list[dict[str, Any]]) -> set[str]:
    """Delivers until the service no longer answers; the ids that were accepted."""
    accepted = set()
    for each in events:
        try:
            answer = sender.post(each)
        except httpx.TransportError:
            break
        assert answer.status_code == 202, answer.text
        accepted.add(each["id"])
    return accepted


def test_five_crashes_with_thirty_events_in_flight(installation: Installation) -> None:
    chosen = random.Random(20261123)
    token = installation.told("token", "create", "--name", "lead", *(
        argument for role in ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "auditor")
        for argument in ("--role", role)
    ))["token"]  # fmt: skip
    caller, sender = Caller(installation, token), installation.sender("all")
    _automatic(installation)
    happened = installation.told("sandbox", "emit", "--count", str(_KILLS * _EVENTS), "--no-send")["emitted"]
    accepted: set[str] = set()
    for turn in range(_KILLS):
        installation.start()
        events = happened[turn * _EVENTS : (turn + 1) * _EVENTS]
        accepted |= _deliver(sender, events)
        # People approve meanwhile, so that reviews and executions are under way too.
        end = time.monotonic() + chosen.uniform(0.1, 4.0)
        while time.monotonic() < end:
            for review in caller.get("/v1/reviews", limit="3")["items"]:
                caller.post(
                    f"/v1/reviews/{review['id']}/verdicts",
                    {"verdict": "approve", "args_digest": review["args_digest"]},
                )
        installation.kill()
    assert len(accepted) == _KILLS * _EVENTS
    installation.start()
    _settled(caller)
    cases = [caller.get(f"/v1/cases/{each['id']}") for each in caller.every("/v1/cases")]
    _nothing_lost(cases, accepted)
    _once(installation, cases)
    _log_holds(installation, caller)
    assert installation.tracebacks() == []


def _settled(caller: Caller) -> None:
    """Every case is decided and no execution is under way."""
    end = time.monotonic() + _ENDED_S
    while True:
        working = [each["id"] for each in caller.every("/v1/cases", status="open")]
        if not working:
            under_way = [
                execution["status"]
                for each in caller.every("/v1/cases")
                for execution in caller.get(f"/v1/cases/{each['id']}")["executions"]
                if execution["status"] in ("waiting", "running", "unknown") and not execution["waits_for"]
            ]
            if not under_way:
                return
        assert time.monotonic() < end, f"{len(working)} cases are still open"
        time.sleep(1)


def _nothing_lost(cases: list[dict[str, Any]], accepted: set[str]) -> None:
    assert Counter(each["id"] for case in cases for each in case["events"]) == Counter(accepted)
    assert {case["status"] for case in cases} <= {"waiting", "done"}
    for case in cases:
        assert all(each["decision"] is not None for each in case["proposals"])
        assert case["proposals"] or case["because"] or case["assessment"]["nothing_because"]


def _once(installation: Installation, cases: list[dict[str, Any]]) -> None:
    ledger = installation.told("sandbox", "ledger")
    assert ledger
    assert {each["count"] for each in ledger} == {1}
    executions = [each for case in cases for each in case["executions"]]
    succeeded = {each["key"] for each in executions if each["status"] in ("succeeded", "undone")}
    assert succeeded == {each["key"] for each in ledger}
    assert max(Counter(each["proposal_id"] for each in executions).values()) == 1


def _log_holds(installation: Installation, caller: Caller) -> None:
    folder = installation.home.parent
    key, export = folder / "key", folder / "log.jsonl"
    key.write_text(installation.run("audit", "key").stdout)
    installation.told("audit", "export", "--out", str(export))
    assert installation.run("audit", "verify", str(export), "--public-key", str(key)).returncode == 0
    accepted = sum(1 for _ in caller.every("/v1/audit/entries", kind="event.accepted"))
    assert accepted == _KILLS * _EVENTS

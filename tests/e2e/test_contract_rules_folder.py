"""Rule files that change, or break, while the service runs: it decides on with the last good ones, and says so."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.architecture.tree import ROOT
from tests.e2e.installation import Installation
from tests.e2e.sender import Sender
from tests.e2e.site import problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_SHIPPED = ROOT / "policies" / "rules"
_TAKEN_UP_S = 30
_BROKEN = """
- id: careless
  title: Money moves by itself
  when: {amount_minor: {more_than: 100}}
  effect: allow_everything
- id: backwards
  title: The more money the fewer people
  when: {amount_minor: {more_than: 100}}
  effect: permit
"""
_NO_TASKS = """
- id: no-tasks
  title: No tasks are made today
  tools: [create_task]
  when: {records_touched: {at_least: 0}}
  effect: deny
  examples:
    - {given: {tool: create_task}, then: deny}
"""


class Firm:
    """A served installation with rules of its own."""

    def __init__(self, folder: Path) -> None:
        self.rules = folder / "rules"
        shutil.copytree(_SHIPPED, self.rules)
        self.installation = Installation(folder / "home", rules=str(self.rules))
        made = self.installation.told("token", "create", "--name", "boss", "--role", "admin", "--role", "reviewer")
        self.headers = {"Authorization": f"Bearer {made['token']}"}
        self.sender: Sender = self.installation.sender("all")
        emitted = self.installation.told("sandbox", "emit", "psa.change_request.submitted", "--no-send")["emitted"]
        self.request: dict[str, Any] = emitted[0]
        self.installation.start()

    def get(self, path: str, **query: str) -> Any:
        return self.installation.http.get(path, headers=self.headers, params=query).json()

    def ready(self) -> httpx.Response:
        return self.installation.http.get("/readyz")

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """/readyz, once it says so."""
        end = time.monotonic() + _TAKEN_UP_S
        while True:
            found: dict[str, Any] = self.ready().json()
            if holds(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.2)

    def review(self) -> dict[str, Any]:
        """A pending review of a task, from a change request of its own."""
        end = time.monotonic() + 60
        number = {"change_request_id": f"crq-{time.time_ns()}"}
        case_id = self.sender.take(self.request | {"id": f"e-{time.time_ns()}", "data": self.request["data"] | number})
        while True:
            found = self.get(f"/v1/cases/{case_id}")
            if found["reviews"] or found["status"] != "open":
                review: dict[str, Any] = next(r for r in found["reviews"] if r["action"]["tool"] == "create_task")
                return review
            assert time.monotonic() < end, found
            time.sleep(0.1)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    made = Firm(tmp_path_factory.mktemp("rules"))
    yield made
    assert made.installation.stop() == 0
    assert made.installation.tracebacks() == []


def test_a_broken_file_leaves_the_last_good_rules_in_force(firm: Firm) -> None:
    good = firm.until(lambda found: found["status"] == "ready")["checks"]["ruleset"]["digest"]
    broken = firm.rules / "broken.yaml"
    broken.write_text(_BROKEN)
    try:
        told = firm.until(lambda found: found["status"] == "degraded")
        assert firm.ready().status_code == 200
        check = told["checks"]["ruleset"]
        assert check["digest"] == good
        assert any("broken.yaml" in line and "careless" in line and "effect" in line for line in check["errors"])
        review = firm.review()
        assert review["decision"]["ruleset"] == good
        (entry,) = firm.get("/v1/audit/entries", kind="ruleset.refused")["items"]
        assert entry["digests"]["ruleset"] == good
        done = firm.installation.run("policy", "check", "--json")
        assert done.returncode == 1
        errors = json.loads(done.stdout)
        wrong = next(each for each in errors if each["rule"] == "careless")
        assert wrong["file"].endswith("broken.yaml")
        assert wrong["field"] == "effect"
        assert {"deny", "require_approval"} <= set(wrong["allowed"])
        assert any(each["rule"] == "backwards" for each in errors)
        as_text = firm.installation.run("policy", "check")
        assert as_text.returncode == 1
        assert all(part in as_text.stdout for part in ("broken.yaml", "careless", "effect", "deny"))
    finally:
        broken.unlink()
    back = firm.until(lambda found: found["status"] == "ready")
    assert back["checks"]["ruleset"]["digest"] == good
    assert firm.installation.run("policy", "check").returncode == 0


@pytest.mark.parametrize(
    "text", ["- id: [", "", "- 7", "!!python/object:os.system {}", "a: &x [*x]", "- id: x\n" * 3, "\x00", "é: \xff"]
)
def test_whatever_is_in_a_file(firm: Firm, text: str) -> None:
    """Each is refused with the file's name, or changes nothing; the service stands either way."""
    odd = firm.rules / "odd.yaml"
    good = firm.ready().json()["checks"]["ruleset"]["digest"]
    odd.write_bytes(text.encode("latin-1"))
    try:
        done = firm.installation.run("policy", "check")
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
        if done.returncode == 1:
            assert "odd.yaml" in done.stdout
            firm.until(lambda found: found["status"] == "degraded")
        assert firm.ready().json()["checks"]["ruleset"]["digest"] == good or done.returncode == 0
    finally:
        odd.unlink()
    firm.until(lambda found: found["status"] == "ready")


def test_stricter_rules_are_taken_up_and_send_back_what_was_asked_before(firm: Firm) -> None:
    review = firm.review()
    stricter = firm.rules / "stricter.yaml"
    good = firm.ready().json()["checks"]["ruleset"]["digest"]
    stricter.write_text(_NO_TASKS)
    try:
        assert firm.installation.run("policy", "check").returncode == 0
        firm.until(lambda found: found["checks"]["ruleset"]["digest"] != good)
        answer = firm.installation.http.post(
            f"/v1/reviews/{review['id']}/verdicts", headers=firm.headers,
            json={"verdict": "approve", "args_digest": review["args_digest"]},
        )  # fmt: skip
        problem(answer, 409, "policy_changed")
        assert not firm.get(f"/v1/cases/{review['case_id']}")["executions"]
    finally:
        stricter.unlink()
    firm.until(lambda found: found["checks"]["ruleset"]["digest"] == good)


def test_without_one_good_ruleset_it_does_not_start(firm: Firm, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(_SHIPPED, folder)
    (folder / "broken.yaml").write_text(_BROKEN)
    done = firm.installation.run("serve", rules=str(folder), home=str(tmp_path / "home"), port="1")
    assert done.returncode not in (0, 1)
    assert "Traceback" not in done.stderr

"""Every role: what it may and may not do."""

from typing import Any

import pytest

from tests.e2e.approvals import one
from tests.e2e.site import ROLES, Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

READ_THE_LOG = {"auditor", "compliance", "admin"}
ASK = {"reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance", "admin"}
PAUSE = ASK
RESUME = {"head_of_delivery", "cfo", "compliance", "admin"}
CORRECT = {"reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo"}
SETTINGS = {"compliance", "admin"}


@pytest.fixture(scope="module")
def found(site: Site) -> dict[str, Any]:
    review = one(site)
    done = site.verdict(review, "approve", "reviewer")
    assert done.status_code == 200
    return site.case(review["case_id"], until=lambda case: any(each["finished_at"] for each in case["executions"]))


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_cases_reviews_and_executions(site: Site, found: dict[str, Any], role: str) -> None:
    for path in (
        "/v1/cases", f"/v1/cases/{found['id']}", "/v1/reviews", f"/v1/reviews/{found['reviews'][0]['id']}",
        f"/v1/executions/{found['executions'][0]['id']}", "/v1/indicators", "/v1/schemas", "/v1/schemas/create_task",
        "/v1/control",
    ):  # fmt: skip
        assert site.get(path, role).status_code == 200, (role, path)


@pytest.mark.parametrize("role", ROLES)
def test_who_reads_the_log_and_simulates(site: Site, role: str) -> None:
    rule = "- id: x\n  title: X\n  when: {recipients_external: {more_than: 0}}\n  effect: deny\n"
    for answer in (
        site.get("/v1/audit/entries", role),
        site.get("/v1/audit/checkpoint", role),
        site.post("/v1/policies/simulate", {"files": {"rules.yaml": rule}}, role),
    ):
        if role in READ_THE_LOG:
            assert answer.status_code in (200, 422), (role, answer.text)
        else:
            problem(answer, 403, "not_permitted")


@pytest.mark.parametrize("role", ROLES)
def test_who_asks_for_triage(site: Site, role: str) -> None:
    before = site.tally()
    answer = site.post("/v1/triage", {"kind": "other", "text": "Hello."}, role)
    if role in ASK:
        assert answer.status_code == 202
    else:
        problem(answer, 403, "not_permitted")
        assert site.tally() == before


@pytest.mark.parametrize("role", ROLES)
def test_who_pauses_and_resumes(site: Site, role: str) -> None:
    switch = {"scope": "tool", "name": "write_off"}
    answer = site.post("/v1/control/pause", switch, role)
    if role in PAUSE:
        assert answer.status_code == 200
    else:
        problem(answer, 403, "not_permitted")
        site.post("/v1/control/pause", switch)
    answer = site.post("/v1/control/resume", switch, role)
    if role in RESUME:
        assert answer.status_code == 200
    else:
        problem(answer, 403, "not_permitted")
        assert site.post("/v1/control/resume", switch).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_who_corrects(site: Site, found: dict[str, Any], role: str) -> None:
    answer = site.post(f"/v1/cases/{found['id']}/corrections", {"kind": "none"}, role)
    if role in CORRECT:
        problem(answer, 422, "invalid_body", "/kind")
    else:
        problem(answer, 403, "not_permitted")


@pytest.mark.parametrize("role", ROLES)
def test_who_changes_settings(site: Site, role: str) -> None:
    answer = site.post("/v1/settings/changes", {"name": "no such setting", "value": 1}, role)
    assert answer.status_code == (422 if role in SETTINGS else 403), answer.text
    assert site.get("/v1/settings", role).status_code in ((200,) if role in READ_THE_LOG else (200, 403))


@pytest.mark.parametrize("role", ROLES)
def test_who_approves_is_who_the_review_names(site: Site, role: str) -> None:
    review = one(site)
    named = {name for each in review["required"] for name in each["roles"]}
    if role in named:
        assert site.verdict(review, "approve", role).status_code == 200
    else:
        for said in ("approve", "reject", "edit", "withdraw"):
            problem(site.verdict(review, said, role), 403, "not_permitted")
        assert site.read(f"/v1/reviews/{review['id']}")["status"] == "pending"


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_only_reads_changes_nothing(site: Site, found: dict[str, Any], role: str) -> None:
    review = one(site)
    before, log = site.tally(), site.read("/v1/audit/checkpoint")["size"]
    item = {"review_id": review["id"], "args_digest": review["args_digest"]}
    for path, body in (
        ("/v1/triage", {"kind": "other", "text": "x"}), (f"/v1/cases/{found['id']}/corrections", {"kind": "dismiss"}),
        (f"/v1/reviews/{review['id']}/verdicts", {"verdict": "respond", "comment": "x"}),
        (f"/v1/reviews/{review['id']}/verdicts", {"verdict": "approve", "args_digest": review["args_digest"]}),
        ("/v1/reviews/batch", {"items": [item], "verdict": "approve"}),
        (f"/v1/executions/{found['executions'][0]['id']}/undo", None), ("/v1/control/pause", {"scope": "tenant"}),
        ("/v1/control/resume", {"scope": "tenant"}), ("/v1/settings/changes", {"name": "mode", "value": "auto"}),
    ):  # fmt: skip
        problem(site.post(path, body, role), 403, "not_permitted")
    assert site.tally() == before
    refused = site.read("/v1/audit/entries", "auditor", limit=200, kind="verdict.refused")
    assert site.read("/v1/audit/checkpoint")["size"] - log <= len(refused["items"])
    assert site.read(f"/v1/reviews/{review['id']}") == review


def test_a_tokens_scopes_narrow_its_roles(site: Site) -> None:
    made = site.installation.told(
        "token", "create", "--name", "narrow", "--role", "admin", "--scope", "cases:read", "--tenant", "demo"
    )["token"]  # fmt: skip
    assert site.get("/v1/cases", made).status_code == 200
    for path in ("/v1/reviews", "/v1/audit/entries", "/v1/settings"):
        problem(site.get(path, made), 403, "not_permitted")
    problem(site.post("/v1/triage", {"kind": "other", "text": "x"}, made), 403, "not_permitted")
    problem(site.post("/v1/control/pause", {"scope": "tenant"}, made), 403, "not_permitted")


def test_a_token_that_was_revoked_opens_nothing(site: Site) -> None:
    made = site.installation.told("token", "create", "--name", "brief", "--role", "viewer", "--tenant", "demo")["token"]
    assert site.get("/v1/cases", made).status_code == 200
    assert site.installation.run("token", "revoke", made, "--tenant", "demo").returncode == 0
    problem(site.get("/v1/cases", made), 401, "unauthenticated")

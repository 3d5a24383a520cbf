"""The log, settings, simulation, control, schemas, indicators, health, metrics, and the description of it all."""

import base64
import io
import re
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from app.actor import READS_ALL
from app.audit.merkle import check_consistency, check_inclusion
from app.audit.note import Checkpoint, VerifierKey
from app.audit.verify import Key, verify
from app.store.engine import unit_of_work
from app.store.models import TriageRun
from policies.ruleset import RULES
from tests.integration.api.actions import waiting
from tests.integration.api.conftest import Api, problem
from tests.integration.world import PEOPLE
from tools.actions import ACTIONS
from tools.events import EVENT_TYPES


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def test_the_log_is_for_those_who_read_all(api: Api) -> None:
    for who, (grants, _, _) in PEOPLE.items():
        may = bool({grant.role for grant in grants} & READS_ALL)
        for path in ("entries", "checkpoint", "proofs/inclusion?seq=0", "proofs/consistency?old=1", "export"):
            answer = api.get(f"/v1/audit/{path}", who)
            assert answer.status_code == (200 if may else 403), (who, path)


def test_entries_are_walked_in_order_without_a_gap(api: Api) -> None:
    waiting(api)
    seqs, cursor = [], None
    while True:
        body = api.get("/v1/audit/entries", "abel", limit=5, **({"cursor": cursor} if cursor else {})).json()
        seqs += [entry["seq"] for entry in body["items"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seqs == list(range(len(seqs)))
    kinds = {entry["kind"] for entry in api.get("/v1/audit/entries", "abel", kind="decision.made").json()["items"]}
    assert kinds == {"decision.made"}


def test_proofs_hold_against_the_signed_checkpoint(api: Api) -> None:
    waiting(api)
    told = api.get("/v1/audit/checkpoint", "carl").json()
    head = Checkpoint.open(told["checkpoint"], VerifierKey.parse(told["verifier_key"]))
    assert head.size == told["size"]
    for seq in (0, head.size // 2, head.size - 1):
        found = api.get("/v1/audit/proofs/inclusion", "carl", seq=seq, size=head.size).json()
        proof = [_bytes(each) for each in found["proof"]]
        check_inclusion(_bytes(found["leaf_hash"]), seq, head.size, proof, head.root)
    waiting(api)
    later = api.get("/v1/audit/checkpoint", "carl").json()
    grown = Checkpoint.open(later["checkpoint"], VerifierKey.parse(later["verifier_key"]))
    found = api.get("/v1/audit/proofs/consistency", "carl", old=head.size, new=grown.size).json()
    check_consistency(head.size, grown.size, [_bytes(each) for each in found["proof"]], head.root, grown.root)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("proofs/inclusion?seq=999999", "/seq"), ("proofs/inclusion?seq=-1", "/seq"), ("proofs/inclusion", "/seq"),
        ("proofs/inclusion?seq=0&size=999999", "/seq"), ("proofs/consistency?old=5&new=2", "/old"),
        ("entries?cursor=abc", "/cursor"), ("entries?limit=1000", "/limit"),
    ],
)  # fmt: skip
def test_bad_questions_to_the_log_are_named(api: Api, path: str, pointer: str) -> None:
    problem(api.get(f"/v1/audit/{path}", "abel"), 422, "invalid_query", pointer)


def test_the_export_verifies(api: Api) -> None:
    waiting(api)
    told = api.get("/v1/audit/checkpoint", "carl").json()
    exported = api.get("/v1/audit/export", "carl").content
    found = verify(io.BytesIO(exported), Key(told["verifier_key"]), {})
    assert found.holds, found.reason
    assert found.entries == told["size"]
    other = api.get("/v1/audit/export", "carl", tenant="borealis").content
    assert not verify(io.BytesIO(other), Key(told["verifier_key"]), {}).holds


def test_a_setting_takes_two_people(api: Api) -> None:
    answer = api.post("/v1/settings/changes", {"name": "mode", "value": "observe"}, "ada")
    assert answer.status_code == 201
    change = answer.json()["change_id"]
    problem(api.post(f"/v1/settings/changes/{change}/confirm", None, "ada"), 403, "self_approval")
    problem(api.post(f"/v1/settings/changes/{change}/confirm", None, "cora"), 403, "not_permitted")
    problem(api.post(f"/v1/settings/changes/{change}/confirm", None, "alan", tenant="borealis"), 404, "not_found")
    assert api.post(f"/v1/settings/changes/{change}/confirm", None, "alan").json()["status"] == "confirmed"
    found = {each["name"]: each["value"] for each in api.get("/v1/settings", "carl").json()["settings"]}
    assert found["mode"] == "observe"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "mode", "value": "turbo"}, "/value"), ({"name": 3, "value": 1}, "/name"),
        ({"name": "mode"}, "/value"), ({"name": "mood", "value": 1}, "/name"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named(api: Api, body: dict[str, object], pointer: str) -> None:
    problem(api.post("/v1/settings/changes", body, "ada"), 422, "invalid_body", pointer)


def test_simulation_tells_what_would_change(api: Api) -> None:
    waiting(api)
    files = {path.name: path.read_text() for path in Path(RULES).glob("*.yaml")}
    same = api.post("/v1/policies/simulate", {"files": files}, "carl").json()
    assert (same["total"], same["changed"], same["skipped"]) == (1, [], 0)
    stricter = files | {
        "extra.yaml": "- id: no-write-offs\n  title: No write-offs\n  tools: [write_off]\n"
        "  when: {amount_minor: {more_than: 0}}\n  effect: deny\n"
        "  examples:\n  - {given: {tool: write_off, amount_minor: 5}, then: deny}\n"
    }
    found = api.post("/v1/policies/simulate", {"files": stricter}, "carl").json()
    assert [(each["before"], each["after"]) for each in found["changed"]] == [("review", "deny")]
    problem(api.post("/v1/policies/simulate", {"files": files}, "finn"), 403, "not_permitted")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"files": {"a.yaml": "- id: ["}}, "/files/a.yaml"), ({"files": {}}, "/files"), ({}, "/files"),
        ({"files": {"a.yaml": "[]"}, "limit": 0}, "/limit"), ({"files": {"a.yaml": "[]"}, "odd": 1}, "/odd"),
    ],
)  # fmt: skip
def test_a_bad_candidate_is_named(api: Api, body: dict[str, object], pointer: str) -> None:
    problem(api.post("/v1/policies/simulate", body, "carl"), 422, "invalid_body", pointer)


def test_the_kill_switch(api: Api) -> None:
    assert api.post("/v1/control/pause", {"scope": "tool", "name": "write_off"}, "finn").status_code == 200
    assert api.get("/v1/control").json()["paused"][0]["name"] == "write_off"
    problem(api.post("/v1/control/resume", {"scope": "tool", "name": "write_off"}, "finn"), 403, "not_permitted")
    assert api.post("/v1/control/resume", {"scope": "tool", "name": "write_off"}, "cora").json() == {"paused": []}
    problem(api.post("/v1/control/pause", {"scope": "moon"}, "finn"), 422, "invalid_body", "/scope")
    problem(api.post("/v1/control/pause", {"scope": 1}, "finn"), 422, "invalid_body", "/scope")
    problem(api.post("/v1/control/pause", {"scope": "tenant", "odd": 1}, "finn"), 422, "invalid_body", "/odd")
    assert api.get("/v1/control", tenant="borealis").json() == {"paused": []}


def test_schemas_of_every_event_and_action(api: Api) -> None:
    listed = api.get("/v1/schemas").json()
    kinds = {each["name"]: each["kind"] for each in listed["items"]}
    assert kinds == dict.fromkeys(EVENT_TYPES, "event") | dict.fromkeys(ACTIONS, "action")
    assert listed["next_cursor"] is None
    for name in kinds:
        schema = api.get(f"/v1/schemas/{name}").json()
        assert schema["$schema"].endswith("2020-12/schema")
        assert schema["type"] == "object"
    problem(api.get("/v1/schemas/nothing"), 404, "not_found")


def test_indicators_count_what_happened(api: Api) -> None:
    _, (row,) = waiting(api)
    found = api.get("/v1/indicators").json()
    assert (found["queue"]["pending"], found["decisions"], found["automation_rate_bp"]) == (1, {"review": 1}, 0)
    assert found["approval_latency_s"] == {"p50": None, "p90": None, "p95": None, "n": 0}
    # The firm's own figures are those of its records, and nothing that people have to settle is technical.
    assert found["business"]["backlog"]["invoices"] > 0
    assert found["business"]["at_risk"]["running"] == 30
    assert {one["kind"] for one in found["incidents"]["business"]} == {
        "unassigned_project",
        "project_without_lead",
    }
    assert found["incidents"]["technical"] == []
    api.world.clock.move(minutes=10)
    body = {"verdict": "approve", "args_digest": row.args_digest}
    api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn")
    api.world.run()
    found = api.get("/v1/indicators").json()
    assert 600 <= found["approval_latency_s"]["p50"] <= 610
    assert (found["queue"]["pending"], found["executions"], found["reversal_rate_bp"]) == (0, {"succeeded": 1}, 0)
    problem(api.get("/v1/indicators", days=0), 422, "invalid_query", "/days")
    assert api.get("/v1/indicators", "ada", tenant="borealis").json()["executions"] == {}


def test_a_customer_who_sounds_displeased_often_is_told_and_a_text_counts_once(api: Api) -> None:
    case, _ = waiting(api)
    customer = case.customer_id
    with unit_of_work(api.world.ctx.engine) as session:
        (run,) = session.exec(select(TriageRun).where(col(TriageRun.case_id) == case.id)).all()
        run.sentiment = "negative"
        session.add(run)
        again = run.model_dump(exclude={"id", "case_generation", "event_id", "sentiment"})
        # The first text once more after a correction, two more that sound so too, and one that was never read.
        for number, (event, sentiment) in enumerate(
            ((run.event_id, "negative"), ("evt_b", "negative"), ("evt_c", "negative"), ("evt_d", None))
        ):
            session.add(
                TriageRun(
                    **again, id=f"run_{number}", case_generation=2, event_id=event, sentiment=sentiment,
                )
            )  # fmt: skip
    api.world.clock.move(minutes=1)

    def told(who: str, tenant: str) -> list[tuple[str, str]]:
        incidents = api.get("/v1/indicators", who, tenant=tenant).json()["incidents"]["business"]
        return [(one["about"], one["says"]) for one in incidents if one["kind"] == "displeased_customer"]

    says = "3 of 3 texts within 14 days sound displeased"
    assert told("finn", "acme") == [(f"customer/{customer}", says)]
    assert told("ada", "borealis") == []


def test_health_and_readiness(api: Api) -> None:
    assert api.get("/healthz", None).json() == {"status": "ok"}
    ready = api.get("/readyz", None)
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    api.service.worker.alive = False
    assert api.get("/readyz", None).status_code == 503


def test_a_surface_says_that_nobody_works(api: Api) -> None:
    cast(FastAPI, api.client.app).state.works = False
    api.service.worker.alive = False
    assert api.get("/readyz", None).json()["status"] == "ready"
    api.service.worker.others = False
    told = api.get("/readyz", None)
    assert (told.status_code, told.json()["status"]) == (200, "degraded")
    assert told.json()["checks"]["worker"].keys() == {"ok", "degraded", "detail", "since"}


def test_metrics_name_no_firm(api: Api) -> None:
    waiting(api)
    text = api.get("/metrics", None).text
    assert 'countersign_reviews{status="pending"} 1.0' in text
    assert "countersign_http_requests_total" in text
    for name in ("acme", "borealis", "finn", "cus-"):
        assert name not in text
    api.get("/v1/cases/cas_secret")
    assert "cas_secret" not in api.get("/metrics", None).text


def test_the_description_covers_every_route(api: Api) -> None:
    described = api.get("/openapi.json", None).json()
    designed = {
        ("post", "/v1/events/{source}"), ("post", "/v1/triage"), ("get", "/v1/cases"), ("get", "/v1/cases/{case_id}"),
        ("post", "/v1/cases/{case_id}/corrections"), ("get", "/v1/reviews"), ("get", "/v1/reviews/{review_id}"),
        ("post", "/v1/reviews/{review_id}/verdicts"), ("post", "/v1/reviews/batch"),
        ("get", "/v1/executions/{execution_id}"), ("post", "/v1/executions/{execution_id}/undo"),
        ("post", "/v1/control/pause"), ("post", "/v1/control/resume"), ("post", "/v1/policies/simulate"),
        ("get", "/v1/audit/entries"), ("get", "/v1/audit/checkpoint"), ("get", "/v1/audit/proofs/inclusion"),
        ("get", "/v1/audit/proofs/consistency"), ("get", "/v1/audit/export"), ("get", "/v1/schemas"),
        ("get", "/v1/schemas/{name}"), ("get", "/v1/indicators"), ("get", "/healthz"), ("get", "/readyz"),
    }  # fmt: skip
    operations = {(method, path): each for path, found in described["paths"].items() for method, each in found.items()}
    assert designed <= operations.keys()
    for (method, path), operation in operations.items():
        if not path.startswith("/v1/"):
            continue
        assert operation["summary"], path
        assert "401" in operation["responses"], path
        assert ("security" in operation) == (path != "/v1/events/{source}"), path
        if method == "post" and "requestBody" in operation:
            assert "422" in operation["responses"], path
            assert "413" in operation["responses"], path
    assert "HTTPValidationError" not in str(described)
    for reference in re.findall(r"'\$ref': '([^']+)'", str(described)):
        assert reference == "#/components/schemas/Problem" or _found(described, reference), reference


def _found(document: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if part not in document:
            return False
        document = document[part]
    return True


@pytest.mark.parametrize("name", ["", "a b", "psa", "psa.caf\u00e9", "psa.x\n", "a.b" * 60, "psa.x\x00"])
def test_only_what_could_be_a_workflow_is_paused_as_one(api: Api, name: str) -> None:
    problem(api.post("/v1/control/pause", {"scope": "workflow", "name": name}, "hal"), 422, "invalid_body", "/name")
    assert api.get("/v1/control").json() == {"paused": []}

"""`POST /v1/events/{source}`: every form of delivery, deduplication, and what is answered."""

import base64
import json
import uuid
from urllib.parse import quote

import pytest

from tests.e2e.sender import BATCH, Sender, event
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def own(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Sender:
    """A source that sends its own JSON."""
    mapping = tmp_path_factory.mktemp("mapping") / "mapping.json"
    mapping.write_text(
        json.dumps(
            {
                "type": {"pointer": "/event/name", "values": {"doc.drafted": "erp.invoice.drafted"}},
                "id": "/event/id",
                "time": "/event/at",
                "data": {"invoice_id": "/document/number"},
            }
        )
    )
    return site.installation.sender(f"own-{uuid.uuid4().hex[:8]}", "--types", "erp.*", "--mapping", str(mapping))


def test_structured(site: Site) -> None:
    sent = site.fresh("erp.invoice.drafted")
    answer = site.senders["all"].post(sent)
    assert answer.status_code == 202
    body = answer.json()
    assert body.keys() == {"accepted", "rejected"}
    assert body["rejected"] == []
    (taken,) = body["accepted"]
    assert taken.keys() == {"event_id", "case_id", "duplicate"}
    assert (taken["event_id"], taken["duplicate"]) == (sent["id"], False)
    (kept,) = [each for each in site.case(taken["case_id"])["events"] if each["id"] == sent["id"]]
    assert (kept["type"], kept["data"]) == (sent["type"], sent["data"])


def test_structured_with_data_in_base64(site: Site) -> None:
    sent = site.fresh("erp.invoice.drafted")
    packed = sent | {"data_base64": base64.b64encode(json.dumps(sent["data"]).encode()).decode()}
    del packed["data"]
    found = site.case(site.senders["all"].take(packed))
    assert found["events"][-1]["data"] == sent["data"]


def test_binary(site: Site) -> None:
    sent = site.fresh("support.ticket.opened", title="Grüße")
    attributes = {f"ce-{name}": quote(str(value)) for name, value in sent.items() if name != "data"}
    del attributes["ce-datacontenttype"]
    answer = site.senders["all"].post(json.dumps(sent["data"]).encode(), media="application/json", headers=attributes)
    assert answer.status_code == 202, answer.text
    (taken,) = answer.json()["accepted"]
    assert taken["event_id"] == sent["id"]
    kept = next(each for each in site.case(taken["case_id"])["events"] if each["id"] == sent["id"])
    assert (kept["type"], kept["data"]) == ("support.ticket.opened", sent["data"])


def test_batch(site: Site) -> None:
    sent = [site.fresh("erp.invoice.drafted"), site.fresh("psa.timesheet.missing")]
    answer = site.senders["all"].post(sent, media=BATCH)
    assert answer.status_code == 202
    assert [each["event_id"] for each in answer.json()["accepted"]] == [each["id"] for each in sent]
    assert len({each["case_id"] for each in answer.json()["accepted"]}) == 2


def test_a_batch_that_holds_one_event_twice_takes_it_once(site: Site) -> None:
    sent = site.fresh("erp.invoice.drafted")
    first, second = site.senders["all"].post([sent, sent], media=BATCH).json()["accepted"]
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert first["case_id"] == second["case_id"]


def test_mapped(site: Site, own: Sender) -> None:
    number = site.happened["erp.invoice.drafted"][0]["data"]["invoice_id"]
    body = {"event": {"name": "doc.drafted", "id": f"d-{uuid.uuid4()}", "at": "2026-11-20T10:00:00Z"},
            "document": {"number": number, "lines": [1, 2]}}  # fmt: skip
    answer = own.post(body, media="application/json")
    assert answer.status_code == 202, answer.text
    (taken,) = answer.json()["accepted"]
    assert taken["event_id"] == body["event"]["id"]
    kept = next(each for each in site.case(taken["case_id"])["events"] if each["id"] == taken["event_id"])
    assert (kept["type"], kept["data"]) == ("erp.invoice.drafted", {"invoice_id": number})
    assert kept["time"].startswith("2026-11-20T10:00:00")


def test_what_a_mapping_does_not_find_is_named(own: Sender) -> None:
    problem(own.post({"event": {"name": "doc.drafted"}}, media="application/json"), 422, "invalid_body",
            "/data/invoice_id")  # fmt: skip
    problem(own.post({"document": {}}, media="application/json"), 422, "invalid_body", "/event/name")
    problem(own.post([1], media="application/json"), 422, "invalid_body")


def test_the_same_id_again_is_a_duplicate_and_does_nothing(site: Site) -> None:
    sent = site.fresh("erp.invoice.drafted")
    case_id = site.senders["all"].take(sent)
    before = site.case(case_id)
    again = site.senders["all"].post(sent | {"data": {"invoice_id": "inv-001"}})
    assert again.status_code == 202
    assert again.json()["accepted"] == [{"event_id": sent["id"], "case_id": case_id, "duplicate": True}]
    after = site.case(case_id)
    assert after["events"] == before["events"]
    assert [each["id"] for each in after["proposals"]] == [each["id"] for each in before["proposals"]]


def test_without_an_id_the_webhook_id_counts(site: Site, own: Sender) -> None:
    number = site.happened["erp.invoice.drafted"][0]["data"]["invoice_id"]
    body = {"event": {"name": "doc.drafted"}, "document": {"number": number}}
    ident = f"msg-{uuid.uuid4()}"
    first, second = (own.post(body, media="application/json", ident=ident).json()["accepted"][0] for _ in range(2))
    assert first == {"event_id": ident, "case_id": first["case_id"], "duplicate": False}
    assert second == first | {"duplicate": True}
    other = own.post(body, media="application/json").json()["accepted"][0]
    assert other["duplicate"] is False


def test_the_id_counts_before_the_webhook_id(site: Site) -> None:
    one, two = site.fresh("erp.invoice.drafted"), site.fresh("erp.invoice.drafted")
    ident = f"msg-{uuid.uuid4()}"
    answers = [site.senders["all"].post(each, ident=ident).json()["accepted"][0] for each in (one, two)]
    assert [each["event_id"] for each in answers] == [one["id"], two["id"]]
    assert not any(each["duplicate"] for each in answers)


def test_ids_are_apart_by_source(site: Site) -> None:
    sent = site.fresh("crm.contract.expiring")
    taken = [site.senders[name].post(sent).json()["accepted"][0]["duplicate"] for name in ("all", "crm")]
    assert taken == [False, False]


def test_a_source_emits_only_what_it_may(site: Site) -> None:
    problem(site.senders["crm"].post(site.fresh("erp.invoice.drafted")), 422, "type_not_allowed", "/type")
    assert site.senders["crm"].post(site.fresh("crm.contract.expiring")).status_code == 202


def test_an_unknown_type_is_kept_and_nothing_is_proposed(site: Site) -> None:
    sent = event("erp.moon.risen", {"phase": "full", "deep": [{"er": 1}]})
    found = site.case(site.senders["all"].take(sent))
    assert found["status"] == "unrecognised"
    assert (found["proposals"], found["reviews"], found["executions"]) == ([], [], [])
    assert found["events"][0]["data"] == sent["data"]
    assert found["id"] in {each["id"] for each in site.every("/v1/cases", status="unrecognised")}


def test_every_type_of_the_contract_is_taken_and_decided(site: Site) -> None:
    types = (
        "crm.opportunity.won", "crm.contract.amended", "psa.sow.approved", "psa.change_request.submitted",
        "psa.milestone.slipped", "psa.timesheet.approved", "psa.timesheet.missing", "erp.invoice.drafted",
        "erp.milestone.completed", "support.ticket.opened", "crm.contract.expiring", "hr.person.joined",
        "hr.leave.approved",
    )  # fmt: skip
    cases = {kind: site.senders["all"].take(site.fresh(kind)) for kind in types}
    ended = {kind: site.case(case_id) for kind, case_id in cases.items()}
    assert {kind: found["status"] for kind, found in ended.items() if found["status"] not in ("waiting", "done")} == {}
    for found in ended.values():
        assert all(each["decision"]["effect"] in ("auto", "review", "deny") for each in found["proposals"])
        assert found["proposals"] or found["because"] or found["assessment"]["nothing_because"], found


def test_a_statement_of_work_gives_one_bundle_of_dependent_actions(site: Site) -> None:
    found = site.case(site.senders["all"].take(site.fresh("psa.sow.approved")))
    tools = {each["id"]: each["action"]["tool"] for each in found["proposals"]}
    assert "create_project" in tools.values()
    dependent = [each for each in found["proposals"] if each["depends_on"]]
    assert dependent
    assert all(tools[earlier] == "create_project" for each in dependent for earlier in each["depends_on"])

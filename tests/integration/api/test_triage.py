import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.store.models import Case
from tests.integration.api.actions import task
from tests.integration.api.conftest import Api, problem

ASKED = {"kind": "billing_question", "text": "please see to it", "project": "prj-01"}


@contextmanager
def working(api: Api) -> Iterator[None]:
    """Somebody works off what comes in, as the service's worker does."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            api.world.run()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_without_waiting_the_case_is_named(api: Api) -> None:
    answer = api.post("/v1/triage", ASKED)
    assert answer.status_code == 202
    case_id = answer.json()["case_id"]
    assert answer.headers["location"] == f"/v1/cases/{case_id}"
    assert answer.json() == {"case_id": case_id}
    assert api.world.case(case_id).status == "open"


def test_waiting_answers_with_the_decided_case(api: Api) -> None:
    api.world.agents.says(task())
    with working(api):
        answer = api.post("/v1/triage", ASKED, wait=20)
    assert answer.status_code == 200
    case = answer.json()
    assert {"id", "status", "kind", "subject", "customer", "project", "events", "assessment", "proposals", "reviews",
            "executions", "timeline"} <= case.keys()  # fmt: skip
    assert [each["action"]["tool"] for each in case["proposals"]] == ["create_task"]
    assert case["events"][0]["data"]["text"] == ASKED["text"]


def test_waiting_in_vain_answers_202(api: Api) -> None:
    answer = api.post("/v1/triage", ASKED, wait=0.2)
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["case_id"])


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan", "inf"])
def test_a_wait_out_of_bounds_stores_nothing(api: Api, wait: str) -> None:
    problem(api.post("/v1/triage", ASKED, wait=wait), 422, "invalid_query", "/wait")
    assert api.world.rows(Case) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "wish"}, "/kind"),
        ({"text": ""}, "/text"),
        ({"text": 7}, "/text"),
        ({"project": "../etc"}, "/project"),
        ({"surprise": 1}, "/surprise"),
        ({"requested_by": "x" * 300}, "/requested_by"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_stored(api: Api, change: dict[str, object], pointer: str) -> None:
    problem(api.post("/v1/triage", ASKED | change), 422, "invalid_body", pointer)
    assert api.world.rows(Case) == []


@pytest.mark.parametrize("who", ["vera", "abel", "mona"])
def test_who_may_only_read_asks_for_nothing(api: Api, who: str) -> None:
    problem(api.post("/v1/triage", ASKED, who), 403, "not_permitted")
    assert api.world.rows(Case) == []


def test_a_tokens_scopes_narrow_its_roles(api: Api) -> None:
    token = api.token("lena", "cases:read")
    headers = {"Authorization": f"Bearer {token}"}
    assert api.client.get("/v1/cases", headers=headers).status_code == 200
    problem(api.client.post("/v1/triage", headers=headers, json=ASKED), 403, "not_permitted")

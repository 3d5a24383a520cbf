from typing import Any

import pytest

from app.actor import Grant
from tests.integration.api.actions import waiting, write_off
from tests.integration.api.conftest import Api, problem
from tests.integration.world import World


def some(world: World, count: int) -> list[str]:
    return [world.case_of("erp.invoice.drafted", {"invoice_id": f"inv-{each:03}"}).id for each in range(1, count + 1)]


def test_the_newest_come_first_and_no_page_repeats_or_skips(api: Api) -> None:
    made = some(api.world, 7)
    found, cursor, pages = [], None, 0
    while True:
        body = api.get("/v1/cases", limit=3, **({"cursor": cursor} if cursor else {})).json()
        found += [each["id"] for each in body["items"]]
        cursor, pages = body["next_cursor"], pages + 1
        if cursor is None:
            break
    assert (found, pages) == (made[::-1], 3)


def test_a_case_that_opens_meanwhile_disturbs_no_page(api: Api) -> None:
    some(api.world, 4)
    first = api.get("/v1/cases", limit=2).json()
    api.world.case_of("erp.invoice.drafted", {"invoice_id": "inv-009"})
    second = api.get("/v1/cases", limit=2, cursor=first["next_cursor"]).json()
    assert not {each["id"] for each in first["items"]} & {each["id"] for each in second["items"]}
    assert len(second["items"]) == 2


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/limit"), ({"limit": 201}, "/limit"), ({"limit": "x"}, "/limit"), ({"limit": 1.5}, "/limit"),
        ({"cursor": "!!!"}, "/cursor"), ({"cursor": "W10"}, "/cursor"), ({"cursor": "WzEsMl0"}, "/cursor"),
        ({"cursor": "x" * 500}, "/cursor"), ({"cursor": "é"}, "/cursor"), ({"status": "great"}, "/status"),
    ],
)  # fmt: skip
def test_a_bad_query_is_named(api: Api, query: dict[str, Any], pointer: str) -> None:
    problem(api.get("/v1/cases", **query), 422, "invalid_query", pointer)


def test_the_list_is_filtered(api: Api) -> None:
    case, _ = waiting(api)
    some(api.world, 1)
    assert [each["id"] for each in api.get("/v1/cases", status="waiting").json()["items"]] == [case.id]
    assert api.get("/v1/cases", status="failed").json() == {"items": [], "next_cursor": None}
    assert len(api.get("/v1/cases", customer=case.customer_id).json()["items"]) >= 1
    assert api.get("/v1/cases", customer="cus-nobody").json()["items"] == []


def test_one_case_tells_all(api: Api) -> None:
    case, (review,) = waiting(api, write_off())
    found = api.get(f"/v1/cases/{case.id}").json()
    assert found["status"] == "waiting"
    assert found["events"][0]["type"] == "erp.invoice.drafted"
    assert found["proposals"][0]["decision"]["effect"] == "review"
    assert [each["id"] for each in found["reviews"]] == [review.id]
    assert found["assessment"]["category"] is not None
    kinds = [entry["kind"] for entry in found["timeline"]]
    assert kinds == ["event.accepted", "triage.finished", "decision.made"]


def test_another_firms_case_is_not_there(api: Api) -> None:
    case, _ = waiting(api)
    problem(api.get(f"/v1/cases/{case.id}", "ada", tenant="borealis"), 404, "not_found")
    problem(api.post(f"/v1/cases/{case.id}/corrections", {"kind": "dismiss"}, tenant="borealis"), 404, "not_found")
    assert api.get("/v1/cases", "ada", tenant="borealis").json()["items"] == []


def test_a_role_in_one_unit_sees_that_unit_alone(api: Api) -> None:
    case, (review,) = waiting(api)
    assert case.unit
    api.add("inside", Grant("finance", case.unit))
    api.add("outside", Grant("finance", "Elsewhere"))
    for who, status in (("inside", 200), ("outside", 404)):
        assert api.get(f"/v1/cases/{case.id}", who).status_code == status
        assert api.get(f"/v1/reviews/{review.id}", who).status_code == status
        assert len(api.get("/v1/cases", who).json()["items"]) == (status == 200)
        assert len(api.get("/v1/reviews", who).json()["items"]) == (status == 200)
    problem(api.post(f"/v1/reviews/{review.id}/verdicts", {"verdict": "approve"}, "outside"), 404, "not_found")


def test_who_holds_no_role_sees_nothing(api: Api) -> None:
    problem(api.get("/v1/cases", "mona"), 403, "not_permitted")


def test_a_correction_supersedes_what_waits(api: Api) -> None:
    case, (review,) = waiting(api)
    answer = api.post(f"/v1/cases/{case.id}/corrections", {"kind": "dismiss", "comment": "not a request"}, "finn")
    assert answer.status_code == 200
    assert answer.json()["cases"] == [case.id]
    assert api.world.review(review.id).status == "superseded"


def test_an_unknown_case_comes_before_a_bad_body(api: Api) -> None:
    problem(api.post("/v1/cases/cas_nothing/corrections", b"{", "finn"), 404, "not_found")
    case, _ = waiting(api)
    problem(api.post(f"/v1/cases/{case.id}/corrections", {"kind": "explode"}, "finn"), 422, "invalid_body")

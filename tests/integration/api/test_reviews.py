from typing import Any

import pytest

from app.audit.erasure import erase
from app.store.engine import unit_of_work
from app.store.models import Review
from tests.integration.api.actions import task, waiting, write_off
from tests.integration.api.conftest import Api, problem
from tests.integration.workflow.scenes import BOOKED, booking, manages, noted
from tools.records import Invoice, Person
from tools.values import digest


def verdict(api: Api, review_id: str, who: str = "finn", **body: object) -> Any:
    return api.post(f"/v1/reviews/{review_id}/verdicts", body, who)


def test_a_review_has_what_is_needed_to_decide(api: Api) -> None:
    _, (row,) = waiting(api)
    found = api.get(f"/v1/reviews/{row.id}").json()
    assert {"id", "case_id", "action", "args_digest", "rationale", "evidence", "provenance", "risk", "decision",
            "required", "verdicts", "expires_at", "status"} <= found.keys()  # fmt: skip
    assert found["action"] == {"tool": "write_off", "args": write_off().args()}
    assert found["args_digest"] == digest({"args": found["action"]["args"], "tool": "write_off"})
    assert {"roles", "approvers", "excluded", "within_s", "escalate_to", "rule"} <= found["required"][0].keys()
    assert sum(factor["points"] for factor in found["risk"]["factors"]) == found["risk"]["score"]
    assert api.get("/v1/reviews").json()["items"] == [found]


def test_an_approval_carries_it_out_once(api: Api) -> None:
    case, (row,) = waiting(api)
    answer = verdict(api, row.id, verdict="approve", args_digest=row.args_digest, comment="fine")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["status"] == "approved"
    (said,) = shown["verdicts"]
    assert (said["by"]["name"], said["verdict"], said["comment"], said["counts"]) == ("finn", "approve", "fine", True)
    again = problem(verdict(api, row.id, verdict="approve", args_digest=row.args_digest), 409, "already_decided")
    assert {"decided_by", "decided_at", "status"} <= again.keys()
    api.world.run()
    (execution,) = api.get(f"/v1/cases/{case.id}").json()["executions"]
    assert api.get(f"/v1/executions/{execution['id']}").json()["status"] == "succeeded"
    assert [entry["count"] for entry in api.world.ledger()] == [1]
    assert api.get("/v1/reviews").json()["items"] == []
    assert [each["id"] for each in api.get("/v1/reviews", status="approved").json()["items"]] == [row.id]


def test_an_edit_answers_with_the_new_digest_and_asks_again(api: Api) -> None:
    _, (row,) = waiting(api)
    args = write_off(120_000).args()
    answer = verdict(api, row.id, verdict="edit", args_digest=row.args_digest, args=args)
    shown = answer.json()
    assert answer.status_code == 200, shown
    assert shown["status"] == "pending"
    assert shown["args_digest"] == digest({"args": args, "tool": "write_off"}) != row.args_digest
    assert shown["edited_from"]["amount_minor"] == 110_000
    problem(verdict(api, row.id, verdict="approve", args_digest=shown["args_digest"]), 403, "self_approval")
    problem(verdict(api, row.id, "fred", verdict="approve", args_digest=row.args_digest), 409, "args_mismatch")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"verdict":"approve","verdict":"reject"}'])
def test_what_is_known_better_comes_before_an_unreadable_body(api: Api, body: bytes) -> None:
    """401, 404, 403 and 409 say more than that a body could not be read."""
    _, (row,) = waiting(api)
    path = f"/v1/reviews/{row.id}/verdicts"
    problem(api.post(path, body, None), 401, "unauthenticated")
    problem(api.post("/v1/reviews/rev_nothing/verdicts", body, "finn"), 404, "not_found")
    problem(api.post(path, body, "finn", tenant="borealis"), 404, "not_found")
    problem(api.post(path, body, "finn"), 422, "invalid_body")
    verdict(api, row.id, verdict="approve", args_digest=row.args_digest)
    problem(api.post(path, body, "fred"), 409, "already_decided")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"verdict": "approve"}, "invalid_body", "/args_digest"),
        ({"verdict": "maybe"}, "invalid_body", "/verdict"),
        ({}, "invalid_body", "/verdict"),
        ({"verdict": "respond", "surprise": 1}, "invalid_body", "/surprise"),
    ],
)
def test_bad_verdicts_are_named(api: Api, body: dict[str, object], code: str, pointer: str) -> None:
    _, (row,) = waiting(api)
    problem(api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn"), 422, code, pointer)


def test_bad_arguments_are_named(api: Api) -> None:
    _, (row,) = waiting(api)
    args = write_off().args() | {"amount_minor": "plenty"}
    answer = verdict(api, row.id, verdict="edit", args_digest=row.args_digest, args=args)
    problem(answer, 422, "invalid_args", "/args/amount_minor")


def test_the_wrong_role_and_the_wrong_scope(api: Api) -> None:
    _, (row,) = waiting(api)
    problem(verdict(api, row.id, "rolf", verdict="approve", args_digest=row.args_digest), 403, "not_permitted")
    problem(verdict(api, row.id, "vera", verdict="approve", args_digest=row.args_digest), 403, "not_permitted")
    headers = {"Authorization": f"Bearer {api.token('finn', 'reviews:read')}"}
    body = {"verdict": "approve", "args_digest": row.args_digest}
    problem(api.client.post(f"/v1/reviews/{row.id}/verdicts", headers=headers, json=body), 403, "not_permitted")


def test_the_queue_is_ordered_and_paged(api: Api) -> None:
    made = set()
    for number, amount in enumerate((100, 2_000_00, 40_000_00, 5_000_00, 900_00), start=1):
        _, rows = waiting(api, write_off(amount, f"inv-{number:03}"), invoice=f"inv-{number:03}")
        made |= {row.id for row in rows}
    found, cursor = [], None
    while True:
        body = api.get("/v1/reviews", limit=2, **({"cursor": cursor} if cursor else {})).json()
        found += body["items"]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    priorities = {row.id: row.priority for row in api.world.reviews()}
    assert [each["id"] for each in found] == sorted(made, key=lambda ident: (priorities[ident], ident), reverse=True)


def test_mine_are_those_on_which_i_may_still_decide(api: Api) -> None:
    _, (row,) = waiting(api)
    assert [each["id"] for each in api.get("/v1/reviews", "finn", mine="true").json()["items"]] == [row.id]
    assert api.get("/v1/reviews", "rolf", mine="true").json()["items"] == []


def test_a_line_manager_finds_what_asks_for_their_consent(api: Api) -> None:
    """To find it gives no right, and who only reads is not asked."""
    row = booking(api.world)
    manages(api.world, "rhea", "vera")
    (found,) = api.get("/v1/reviews", "rhea", mine="true").json()["items"]
    assert (found["id"], found["line_manager"]) == (row.id, api.world.get(Person, BOOKED).manager_id)
    for other, seen in (("vera", []), ("lena", []), ("rolf", [row.id])):
        assert [each["id"] for each in api.get("/v1/reviews", other, mine="true").json()["items"]] == seen
    manages(api.world, "rhea", record="per-03")
    assert api.get("/v1/reviews", "rhea", mine="true").json()["items"] == []
    noted(api.world, row, "per-03")
    assert len(api.get("/v1/reviews", "rhea", mine="true").json()["items"]) == 1
    body = {"verdict": "approve", "args_digest": row.args_digest}
    problem(api.post(f"/v1/reviews/{row.id}/verdicts", body, "rhea"), 403, "not_permitted")


@pytest.mark.parametrize(("query", "pointer"), [({"status": "odd"}, "/status"), ({"mine": "perhaps"}, "/mine")])
def test_a_bad_query_is_named(api: Api, query: dict[str, str], pointer: str) -> None:
    problem(api.get("/v1/reviews", **query), 422, "invalid_query", pointer)


def test_erased_content_reads_as_erased(api: Api) -> None:

    case, (row,) = waiting(api)
    ctx = api.world.ctx
    with unit_of_work(ctx.engine) as session:
        erase(session, ctx.log, api.world.actor("ada"), [case.data_subject], ctx.clock())
    shown = api.get(f"/v1/reviews/{row.id}").json()
    assert (shown["erased"], shown["action"]["args"], shown["rationale"]) == (True, None, None)
    assert api.get("/v1/reviews").status_code == 200
    assert api.get(f"/v1/cases/{case.id}").json()["events"][0]["erased"] is True


def test_a_task_for_a_colleague_shows_what_supports_it(api: Api) -> None:
    api.world.set("mode", "propose")
    _, (row,) = waiting(api, task())
    source = api.get(f"/v1/reviews/{row.id}").json()["provenance"]
    assert source["assignee_id"]["support"]["support"] == "record"


def test_a_batch_answers_for_each(api: Api) -> None:
    alike: dict[tuple[str, ...], list[Review]] = {}
    for invoice in api.world.all(Invoice, status="draft"):
        if invoice.currency == "EUR" and invoice.amount_minor > 110_000:
            for row in waiting(api, invoice=invoice.id)[1]:
                alike.setdefault(tuple(sorted({each["rule"] for each in row.required})), []).append(row)
    rows = max(alike.values(), key=len)[:2]
    items = [{"review_id": row.id, "args_digest": row.args_digest} for row in rows]
    items.append({"review_id": "rev_nothing", "args_digest": rows[0].args_digest})
    answer = api.post("/v1/reviews/batch", {"items": items, "verdict": "reject", "comment": "no"}, "finn")
    assert answer.status_code == 200
    assert [each.get("status", each.get("code")) for each in answer.json()["items"]] == [
        "rejected", "rejected", "not_found",
    ]  # fmt: skip
    problem(api.post("/v1/reviews/batch", {"items": []}, "finn"), 422, "invalid_body", "/items", "/verdict")

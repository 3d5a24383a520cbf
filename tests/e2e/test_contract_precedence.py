"""When several refusals apply: 401, 404, 403, already decided, expired, arguments, policy, facts, 422."""

from typing import Any

import httpx
import pytest

from tests.e2e.approvals import one
from tests.e2e.site import ROLES, Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

READS = (
    "/v1/cases", "/v1/cases/cas_0", "/v1/reviews", "/v1/reviews/rev_0", "/v1/executions/exe_0", "/v1/schemas",
    "/v1/schemas/none", "/v1/indicators", "/v1/audit/entries", "/v1/audit/checkpoint", "/v1/audit/export",
    "/v1/audit/proofs/inclusion", "/v1/audit/proofs/consistency",
)  # fmt: skip
WRITES = (
    "/v1/triage", "/v1/cases/cas_0/corrections", "/v1/reviews/rev_0/verdicts", "/v1/reviews/batch",
    "/v1/executions/exe_0/undo", "/v1/control/pause", "/v1/control/resume", "/v1/policies/simulate",
)  # fmt: skip
OF_A_THING = ("/v1/cases/{}/corrections", "/v1/reviews/{}/verdicts", "/v1/executions/{}/undo")


@pytest.fixture(scope="module")
def theirs(site: Site) -> dict[str, str]:
    """A case, a review and an execution, of the first tenant, by the path that acts on it."""
    review = one(site)
    site.verdict(review, "approve", "reviewer")
    done = site.case(review["case_id"], until=lambda case: bool(case["executions"]))
    return dict(zip(OF_A_THING, (review["case_id"], review["id"], done["executions"][0]["id"]), strict=True))


@pytest.mark.parametrize("bearer", [None, "cs_wrong", "x" * 5000, "cs_ü", "null"])
def test_no_token_comes_first(site: Site, bearer: str | None) -> None:
    headers = httpx.Headers({} if bearer is None else {"Authorization": f"Bearer {bearer}"}, encoding="utf-8")
    for path in READS:
        answer = site.call("GET", path, None, headers=headers)
        problem(answer, 401, "unauthenticated")
        assert "bearer" in answer.headers["www-authenticate"].lower()
    for path in WRITES:
        problem(site.call("POST", path, None, headers=headers, content=b"{"), 401, "unauthenticated")


def test_other_schemes_are_no_token(site: Site) -> None:
    for given in (f"Basic {site.tokens['admin']}", site.tokens["admin"], f"bearer\t{site.tokens['admin']}x"):
        problem(site.call("GET", "/v1/cases", None, headers={"Authorization": given}), 401, "unauthenticated")


@pytest.mark.parametrize("who", [*ROLES, "stranger"])
def test_what_is_not_there_comes_before_what_is_not_allowed(site: Site, who: str) -> None:
    for path in OF_A_THING:
        for body in (b"", b"{", b"{}", b'{"verdict":"approve"}'):
            problem(site.post(path.format("x_0"), body, who), 404, "not_found")


def test_another_tenants_things_are_not_there(site: Site, theirs: dict[str, str]) -> None:
    for path, ident in theirs.items():
        of_one = path.format(ident).rpartition("/")[0]
        problem(site.get(of_one, "stranger"), 404, "not_found")
        unknown = site.get(of_one.replace(ident, ident[:-1] + "0"), "stranger")
        assert unknown.json() == site.get(of_one, "stranger").json()
        for body in (None, b"{", {"verdict": "approve"}, {"kind": "dismiss"}):
            problem(site.post(path.format(ident), body, "stranger"), 404, "not_found")
    assert theirs[OF_A_THING[0]] not in {each["id"] for each in site.every("/v1/cases", "stranger")}
    assert list(site.every("/v1/reviews", "stranger")) == []


def test_another_tenants_things_are_not_there_for_those_who_may_not(site: Site, theirs: dict[str, str]) -> None:
    """Also one who may change nothing learns nothing."""
    made = site.installation.told(
        "token", "create", "--name", "far auditor", "--role", "auditor", "--tenant", "other"
    )["token"]  # fmt: skip
    for path, ident in theirs.items():
        problem(site.post(path.format(ident), {}, made), 404, "not_found")


def test_what_is_not_allowed_comes_before_what_is_over(site: Site, theirs: dict[str, str]) -> None:
    path = OF_A_THING[1].format(theirs[OF_A_THING[1]])
    for who in ("viewer", "auditor", "compliance", "admin"):
        for body in ({"verdict": "approve", "args_digest": "sha256:0"}, {"verdict": "approve"}):
            problem(site.post(path, body, who), 403, "not_permitted")


def test_what_is_over_comes_before_arguments_and_form(site: Site, theirs: dict[str, str]) -> None:
    path = OF_A_THING[1].format(theirs[OF_A_THING[1]])
    for body in ({"verdict": "approve", "args_digest": "sha256:0"}, {"verdict": "approve"}, {"verdict": "maybe"}, b"{"):
        problem(site.post(path, body, "delivery_lead"), 409, "already_decided")


def test_arguments_come_before_form(site: Site) -> None:
    review = one(site)
    path = f"/v1/reviews/{review['id']}/verdicts"
    stale: dict[str, Any] = {"verdict": "edit", "args_digest": "sha256:0"}
    for body in (stale | {"args": {}}, stale, stale | {"args": {"colour": 1}}):
        problem(site.post(path, body, "reviewer"), 409, "args_mismatch")
    problem(site.post(path, stale | {"args_digest": review["args_digest"], "args": {}}, "reviewer"), 422,
            "invalid_args")  # fmt: skip


def test_unknown_routes_and_methods_are_problems_too(site: Site) -> None:
    for path in ("/v1/none", "/v1", "/v2/cases", "/v1/cases/", "/v1/reviews/rev_0/", "/v1//cases", "/V1/cases"):
        problem(site.get(path), 404, "not_found")
    for method, path in (("DELETE", "/v1/cases"), ("PUT", "/v1/reviews/rev_0"), ("GET", "/v1/triage"),
                         ("PATCH", "/v1/executions/exe_0"), ("GET", "/v1/events/all")):  # fmt: skip
        answer = site.call(method, path, "admin")
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"]


def test_queries_that_are_wrong_name_the_parameter(site: Site) -> None:
    for path, query in (
        ("/v1/cases", {"limit": "0"}), ("/v1/cases", {"limit": "x"}), ("/v1/cases", {"status": "asleep"}),
        ("/v1/cases", {"cursor": "!"}), ("/v1/reviews", {"limit": "100000"}), ("/v1/reviews", {"cursor": "WzFd"}),
        ("/v1/audit/entries", {"cursor": "e30"}), ("/v1/indicators", {"days": "0"}),
        ("/v1/audit/proofs/inclusion", {"seq": "-1"}), ("/v1/audit/proofs/consistency", {"old": "x"}),
    ):  # fmt: skip
        problem(site.get(path, **query), 422, "invalid_query", f"/{next(iter(query))}")

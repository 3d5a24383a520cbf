"""Health, metrics, indicators, and the description of the API by itself."""

import re
from typing import Any

import pytest

from tests.e2e.approvals import one
from tests.e2e.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROUTES = {
    ("post", "/v1/events/{source}"), ("post", "/v1/triage"), ("get", "/v1/cases"), ("get", "/v1/cases/{case_id}"),
    ("post", "/v1/cases/{case_id}/corrections"), ("get", "/v1/reviews"), ("get", "/v1/reviews/{review_id}"),
    ("post", "/v1/reviews/{review_id}/verdicts"), ("post", "/v1/reviews/batch"),
    ("get", "/v1/executions/{execution_id}"), ("post", "/v1/executions/{execution_id}/undo"),
    ("post", "/v1/control/pause"), ("post", "/v1/control/resume"), ("post", "/v1/policies/simulate"),
    ("get", "/v1/audit/entries"), ("get", "/v1/audit/checkpoint"), ("get", "/v1/audit/proofs/inclusion"),
    ("get", "/v1/audit/proofs/consistency"), ("get", "/v1/audit/export"), ("get", "/v1/schemas"),
    ("get", "/v1/schemas/{name}"), ("get", "/v1/indicators"), ("get", "/healthz"), ("get", "/readyz"),
}  # fmt: skip


@pytest.fixture(scope="module")
def described(site: Site) -> dict[str, Any]:
    answer = site.get("/openapi.json", None)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_health(site: Site) -> None:
    assert site.get("/healthz", None).status_code == 200
    ready = site.get("/readyz", None)
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert set(ready.json()["checks"]) >= {"database", "ruleset", "worker"}


def test_metrics(site: Site) -> None:
    one(site)
    answer = site.get("/metrics", None)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for line in answer.text.splitlines():
        assert line.startswith("#") or re.fullmatch(
            r'[a-z_]+(\{([a-z]+="[^"]*",?)*\})? [0-9.eE+-]+|.* (NaN|\+Inf)', line
        )
    assert 'countersign_reviews{status="pending"}' in answer.text
    assert re.search(r'countersign_http_requests_total\{[^}]*route="/v1/reviews', answer.text)
    for secret in ("demo", "cus-", *site.principals.values()):
        assert secret not in answer.text


def test_indicators(site: Site) -> None:
    before = site.read("/v1/indicators", "viewer")
    review = one(site)
    site.verdict(review, "reject", "reviewer")
    after = site.read("/v1/indicators", "viewer")
    assert after["verdicts"]["reject"] == before["verdicts"].get("reject", 0) + 1
    assert after["queue"]["pending"] >= 0
    assert site.read("/v1/indicators", "stranger")["verdicts"] == {}


def test_the_description_names_every_route(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["info"].keys() >= {"title", "version"}
    found = {(method, path) for path, item in described["paths"].items() for method in item}
    assert found >= ROUTES


def test_the_description_is_whole(described: dict[str, Any]) -> None:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", path)), path
            assert operation["responses"]
            if path.startswith("/v1/"):
                assert "401" in operation["responses"], (method, path)
                problem = operation["responses"]["401"]["content"]
                assert set(problem) == {"application/problem+json"}
            if path.startswith("/v1/") and "/events/" not in path:
                assert operation["security"]
    for reference in _references(described):
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    idents = [operation["operationId"] for item in described["paths"].values() for operation in item.values()]
    assert len(idents) == len(set(idents))


def test_every_post_but_events_names_the_idempotency_key(described: dict[str, Any]) -> None:
    for path, item in described["paths"].items():
        if "post" in item:
            names = {each["name"].lower() for each in item["post"].get("parameters", []) if each["in"] == "header"}
            assert ("idempotency-key" in names) == ("/events/" not in path), path


def _references(of: Any) -> list[str]:
    if isinstance(of, dict):
        own = [of["$ref"]] if isinstance(of.get("$ref"), str) else []
        return own + [each for value in of.values() for each in _references(value)]
    return [each for value in of for each in _references(value)] if isinstance(of, list) else []


def test_every_documented_route_answers_as_documented(site: Site, described: dict[str, Any]) -> None:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            where = re.sub(r"\{\w+\}", "none", path)
            if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
                continue  # it has no end
            answer = site.call(method.upper(), where, "chief", content=b"{}" if method == "post" else None)
            assert str(answer.status_code) in operation["responses"], (method, path, answer.text)
            assert answer.status_code < 500


def test_answers_carry_their_headers(site: Site) -> None:
    for answer in (site.get("/v1/cases"), site.get("/v1/none"), site.get("/v1/cases", None)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers

"""Every refusal is a problem document: unknown routes, wrong methods, unreadable bodies, the unforeseen."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.views import cases
from tests.integration.api.conftest import Api, problem


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/cases/cas_x/y", "/v2/cases"])
def test_an_unknown_route(api: Api, path: str) -> None:
    problem(api.get(path), 404, "not_found")


def test_a_method_that_is_not_offered(api: Api) -> None:
    answer = api.client.delete("/v1/cases", headers=api.headers("lena"))
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer cs_unknown", "cs_unknown", "Bearer \u00e9"]
)
def test_without_a_valid_token(api: Api, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    answer = api.client.get("/v1/cases", headers=headers)  # type: ignore[arg-type]
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_is_asked_for_before_the_query_is_read(api: Api) -> None:
    problem(api.get("/v1/cases", None, limit="many"), 401, "unauthenticated")
    problem(api.get("/v1/cases", "lena", limit="many"), 422, "invalid_query", "/limit")


UNREADABLE = [
    (b"", ""), (b"{", ""), (b"[1,2]", ""), (b'"text"', ""), (b"null", ""), (b'{"a":1,"a":2}', ""),
    (b'{"kind":NaN}', ""), (b'{"kind":-Infinity}', ""), (b'{"text":"\xff"}', ""), (b"\x00", ""),
    (b'{"text":"\xed\xa0\x80"}', ""),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer"), UNREADABLE)
def test_bodies_that_cannot_be_read(api: Api, body: bytes, pointer: str) -> None:
    problem(api.post("/v1/triage", body), 422, "invalid_body", pointer)


def test_a_body_nested_too_deep(api: Api) -> None:
    nested = b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    problem(api.post("/v1/triage", nested), 422, "too_deep", "")


def test_a_body_that_is_too_large_is_not_read_to_its_end(api: Api) -> None:
    limit, sent = api.world.ctx.settings.max_body_bytes, 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 50 * limit:
            sent += 65_536
            yield b"x" * 65_536

    answer = api.client.post("/v1/triage", headers=api.headers("lena"), content=endless())
    problem(answer, 413, "too_large")
    declared = api.client.post(
        "/v1/triage", headers=api.headers("lena", {"Content-Length": str(limit + 1)}), content=b"{}"
    )
    problem(declared, 413, "too_large")


def test_what_nobody_foresaw_says_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(cases, "cases", broken)
    answer = api.get("/v1/cases")
    body = problem(answer, 500, "internal")
    assert "secret detail" not in json.dumps(body)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert 'route="/v1/cases",status="500"' in api.get("/metrics", None).text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (psycopg.errors.IdleInTransactionSessionTimeout, 503, "unavailable"),
        (psycopg.errors.AdminShutdown, 503, "unavailable"),
        (psycopg.errors.UndefinedColumn, 500, "internal"),
    ],
)
def test_a_transaction_that_the_database_ended_is_no_fault_of_the_request(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error], status: int, code: str
) -> None:
    def ended(*_: object, **__: object) -> None:
        raised = DBAPIError.instance("SELECT 1", None, error(), psycopg.Error)
        assert isinstance(raised, DBAPIError)
        raise raised

    monkeypatch.setattr(cases, "cases", ended)
    answer = api.get("/v1/cases")
    problem(answer, status, code)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_every_response_carries_the_security_headers(api: Api) -> None:
    for path in ("/v1/cases", "/v1/nothing", "/healthz", "/sign-in", "/static/countersign.css"):
        headers = api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert "strict-transport-security" not in headers, path


@pytest.mark.parametrize("path", ["/v1/control/pause", "/v1/policies/simulate", "/v1/triage"])
def test_an_unknown_field_is_pointed_at_whatever_its_name_holds(api: Api, path: str) -> None:
    """RFC 6901: `~` and `/` in a name are escaped."""
    body = {"a~b/c": 1, "kind": "other", "text": "x"}
    problem(api.post(path, body, "ada"), 422, "invalid_body", "/a~0b~1c")

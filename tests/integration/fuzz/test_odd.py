"""Odd requests, made by hand: bytes, numbers, types, paths, headers, cursors, and ids of the other firm everywhere."""

import base64
import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from app.store.models import Review
from tests.integration.fuzz.site import MARKS, READERS, SPEAKERS, Site
from tests.integration.world import TENANTS

# Each with a body that is right but for what is put in; the first field is where an odd value goes.
POSTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/triage", {"text": "hello", "kind": "other"}),
    ("/v1/cases/{case_id}/corrections", {"comment": "x", "kind": "dismiss"}),
    ("/v1/reviews/{review_id}/verdicts", {"comment": "x", "verdict": "respond"}),
    ("/v1/reviews/batch", {"comment": "x", "verdict": "reject", "items": []}),
    ("/v1/executions/{execution_id}/undo", {}),
    ("/v1/tasks/{task_id}/close", {"evidence": "done it", "done": True}),
    ("/v1/control/pause", {"name": "", "scope": "tenant"}),
    ("/v1/control/resume", {"name": "", "scope": "tenant"}),
    ("/v1/policies/simulate", {"files": {}}),
    ("/v1/settings/changes", {"value": 1, "name": "window_days"}),
    ("/v1/settings/changes/{change_id}/confirm", {}),
    ("/v1/events/acme", {"id": "x", "specversion": "1.0", "source": "s", "type": "a.b"}),
)
LISTS = ("/v1/cases", "/v1/reviews", "/v1/tasks", "/v1/audit/entries", "/v1/schemas")
UNREADABLE = (
    b"", b"\x00", b"\xff\xfe", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b"{", b'{"a":1,"a":2}', b'{"a":NaN}',
    b'{"a":-Infinity}', b'{"a":1e999}', b"[" * 100 + b"]" * 100, b'{"a":' * 100 + b"1" + b"}" * 100, b"null", b"[]",
    b'"text"', b"1", b"\xef\xbb\xbf{}", b"{}{}", b"{'a':1}", b'{"a":"\\ud800"}', b'{"a":"\t"}', b"//\n{}",
    b'{"a":' + b"9" * 5_000 + b"}",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**53, 2**63, 10**300, 1.5, 1e308, -0.0, "", " ", "\x00", "a\x00b", "\r\nX: y", "\u202e",
    "\ufffe", "😀" * 100, "x" * 20_000, "' OR 1=1 --", "{{7*7}}", "../../etc/passwd", "<script>", [], {}, [[[]]],
    {"": None}, {"$ref": "x"}, {"__proto__": {}}, ["x"] * 1_000,
)  # fmt: skip
PATHS = (
    "/v1/cases/%00", "/v1/cases/%ff%fe", "/v1/cases/" + "x" * 8_000, "/v1/cases/..%2f..%2freviews", "/v1/cases/%2e%2e",
    "/v1/cases/cas_%0d%0aSet-Cookie:%20a=b", "/v1/reviews/%F0%9F%98%80", "/v1//cases", "/v1/cases/", "//v1/cases",
    "/V1/CASES", "/v1/cases;a=b", "/v1/schemas/%00", "/v1/schemas/..%2f", "/v1/executions/'--", "/v1/events/%00",
    "/v1/cases?status=%00", "/v1/cases?kind=%00&customer=%ff", "/v1/reviews?tool=%00", "/v1/reviews?mine=maybe",
    "/v1/audit/entries?kind=%00&case=%00&actor_id=%00", "/v1/audit/proofs/inclusion?seq=9007199254740993",
    "/v1/audit/proofs/inclusion?seq=1&size=0", "/v1/audit/proofs/consistency?old=5&new=2", "/v1/indicators?days=1e3",
    "/v1/cases?limit=1&limit=2", "/v1/cases?limit=１", "/static/../app/main.py", "/static/%2e%2e/%2e%2e/pyproject.toml",
)  # fmt: skip
LIMITS = ("-1", "0", "1e9", "1000000000", "9" * 400, "NaN", "", "1.0", "0x10", "201", "-0", "+5", " 5")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _filled(site: Site, path: str, tenant: str = "acme") -> str:
    for name in ("case_id", "review_id", "execution_id", "task_id", "change_id"):
        path = path.replace("{" + name + "}", getattr(site.ids[tenant], name)[0])
    return path


def _posted(site: Site, who: str, path: str, body: Any, **sent: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | sent.pop("headers", {})
    signed = "acme" if path.startswith("/v1/events/") else None
    return site.send(who, "POST", path, content=content, headers=headers, signed=signed, **sent)


def test_bodies_that_cannot_be_read_are_refused_and_change_nothing(site: Site) -> None:
    for path, body in POSTS:
        for raw in UNREADABLE:
            for who in ("admin", "viewer"):
                answer = _posted(site, who, _filled(site, path), raw)
                if body:  # a call that asks for no body reads none
                    assert answer.status_code in (401, 403, 404, 409, 422), (path, raw[:40], answer.text)
    assert [row for row in site.api.world.rows(Review) if row.status == "rejected"] == []


def test_another_content_type_is_read_as_json_or_refused(site: Site) -> None:
    for media in ("text/plain", "application/xml", "multipart/form-data", "\x01", "application/json; charset=utf-16"):
        for path, body in POSTS:
            for raw in (json.dumps(body).encode("utf-16"), b"a=1&b=2"):
                answer = _posted(site, "admin", _filled(site, path), raw, headers={"content-type": media})
                assert 400 <= answer.status_code < 500 or not body, (path, media, answer.text)


def test_values_that_nobody_would_send(site: Site) -> None:
    for path, body in POSTS:
        first, others = next(iter(body), None), cycle(("unknown", "kind", "verdict", "items"))
        for value in VALUES:
            for changed in ({first: value}, {next(others): value}):
                _posted(site, "admin", _filled(site, path), body | {str(name): each for name, each in changed.items()})
        site.api.world.run()


def test_paths_and_queries_that_nobody_would_ask(site: Site) -> None:
    for path in PATHS:
        for who in ("admin", "auditor", "nobody", "stranger"):
            answer = site.send(who, "GET", f"http://testserver{path}")
            assert answer.status_code < 500
            assert "set-cookie" not in answer.headers
            assert "[tool.ruff]" not in answer.text


def test_limits_out_of_bounds_are_refused_by_name(site: Site) -> None:
    for path in LISTS:
        for limit in LIMITS:
            answer = site.send("admin", "GET", path, params={"limit": limit})
            if answer.status_code != 200:
                assert answer.status_code == 422, answer.text
                assert answer.json()["errors"][0]["pointer"] == "/limit"
            else:
                assert limit in ("1.0", "+5", " 5"), limit


def _tampered() -> Iterator[str]:
    keys: tuple[Any, ...] = (
        [], [1], ["a"], [1, "b"], ["2026-03-02T09:00:00+00:00", "z"], ["0001-01-01T00:00:00+23:59", "a"],
        ["9999-12-31T23:59:59-23:59", "a"], [2**63, "a"], [-(2**63), "a"], [1e300, "a"], [None, None], ["\x00", "\x00"],
        ["a\x00"], [True, "a"], {"a": 1}, "text", None, [[["a"]]], [2**62], [-1],
    )  # fmt: skip
    for key in keys:
        yield base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
    yield from (
        "=",
        "%%%",
        "a",
        "A" * 399,
        "A" * 5_000,
        "\x00",
        "é",
        "W10=",
        "W" * 400,
        base64.b64encode(b"[" * 200).decode(),
    )


def test_cursors_that_were_not_given_out(site: Site) -> None:
    for path in LISTS:
        for cursor in _tampered():
            answer = site.send("admin", "GET", path, params={"cursor": cursor})
            assert answer.status_code in (200, 422), answer.text
            if answer.status_code == 422:
                assert answer.json()["errors"][0]["pointer"] == "/cursor"


def test_cursors_of_the_other_firm_show_nothing_of_it(site: Site) -> None:
    for path in LISTS:
        theirs = site.send("stranger", "GET", path, params={"limit": 1}).json()["next_cursor"]
        if theirs is not None:
            answer = site.send("admin", "GET", path, params={"cursor": theirs})
            assert MARKS["borealis"] not in answer.text


def test_headers_that_nobody_would_send(site: Site) -> None:
    odd = ("x" * 201, "\x01", "é", "a\tb", "", " ", "quagga", "'; drop table idempotency_key")
    for path, body in POSTS[:-1]:
        for key in odd:
            answer = _posted(site, "admin", _filled(site, path), body, headers={"idempotency-key": key})
            assert "drop table" not in str(dict(answer.headers))
    for bearer in ("cs_" + "x" * 9_000, "\xff", "cs_a, Bearer cs_b", "cs_\tx", "null"):
        raw = {"authorization": f"Bearer {bearer}".encode("latin-1")}
        answer = site.client.get("/v1/cases", headers=raw)  # type: ignore[arg-type]
        assert answer.status_code == 401


def test_ids_of_the_other_firm_are_not_found_wherever_an_id_can_stand(site: Site) -> None:
    """As if they did not exist: the answer to an id that nobody has is the same, but for the id."""
    theirs, tried = site.ids["borealis"], 0
    for who in [each for each in SPEAKERS if each not in ("nobody", "stranger")]:
        for path, body in POSTS[1:-1]:
            if "{" in path:
                told = _posted(site, who, _filled(site, path, "borealis"), body | {"args_digest": "sha256:" + "0" * 64})
                assert told.status_code in (403, 404), (who, path, told.text)
                assert told.status_code == 404 or who in READERS or "change" in path or "undo" in path, (who, path)
                tried += 1
        for path in ("/v1/cases/{case_id}", "/v1/reviews/{review_id}", "/v1/executions/{execution_id}"):
            told = site.send(who, "GET", _filled(site, path, "borealis"))
            name = path.rpartition("{")[2].rstrip("}")
            unknown = site.send(who, "GET", path.replace("{" + name + "}", getattr(theirs, name)[0][:-1] + "0"))
            assert (told.status_code, told.json()["code"]) == (404, "not_found"), (who, path)
            assert told.json() == unknown.json()
            tried += 2
        for query in ("customer", "case", "actor_id", "kind", "tool"):
            for ident in (theirs.case_id[0], theirs.other[0]):
                for path in ("/v1/cases", "/v1/reviews", "/v1/audit/entries"):
                    answer = site.send(who, "GET", path, params={query: ident})
                    assert ident not in json.dumps(answer.json().get("items", []))
                    tried += 1
    assert tried > 300


def test_ids_of_the_other_firm_inside_a_body_lead_nowhere(site: Site) -> None:
    theirs, own = site.ids["borealis"], site.ids["acme"]
    before = {row.id: row.status for row in site.api.world.rows(Review, tenant="borealis")}
    items = [{"review_id": ident, "args_digest": site.digests[ident]} for ident in theirs.review_id]
    for who in ("admin", "finance", "head_of_delivery", "cfo", "delivery_lead"):
        for verdict in ("approve", "reject"):
            answer = _posted(site, who, "/v1/reviews/batch", {"verdict": verdict, "items": items})
            assert {item["code"] for item in answer.json()["items"]} == {"not_found"}
        for ident in theirs.case_id:
            merged = _posted(site, who, f"/v1/cases/{own.case_id[0]}/corrections", {"kind": "merge", "into": ident})
            assert merged.status_code in (403, 404), merged.text
        for ident in theirs.other:
            split = _posted(site, who, f"/v1/cases/{own.case_id[0]}/corrections", {"kind": "split", "events": [ident]})
            assert split.status_code in (403, 409, 422), split.text
        told = _posted(
            site,
            who,
            "/v1/triage",
            {"kind": "other", "text": "x", "project": theirs.case_id[0], "data": {"case": theirs.case_id[0]}},
        )
        assert told.status_code == 202
    assert {row.id: row.status for row in site.api.world.rows(Review, tenant="borealis")} == before


def test_those_who_only_read_change_nothing_by_what_would_be_right(site: Site) -> None:
    """Bodies that would be taken of somebody else."""
    with site.unchanged():
        for who in READERS:
            for path, body in POSTS[:-1]:
                if path != "/v1/policies/simulate":
                    answer = _posted(site, who, _filled(site, path), body | {"args_digest": "sha256:" + "0" * 64})
                    assert answer.status_code == 403, (who, path, answer.text)
            for review_id in site.ids["acme"].review_id:
                for verdict in ("approve", "reject", "respond", "withdraw"):
                    said = {"verdict": verdict, "args_digest": site.digests[review_id], "comment": "x"}
                    assert _posted(site, who, f"/v1/reviews/{review_id}/verdicts", said).status_code == 403


def test_a_delivery_in_the_name_of_the_other_firm_is_not_taken(site: Site) -> None:
    event = {"id": "forged", "specversion": "1.0", "source": "s", "type": "other.thing.happened", "data": {}}
    for source in TENANTS:
        for signer in TENANTS:
            content = json.dumps(event).encode()
            answer = site.send("nobody", "POST", f"/v1/events/{source}", content=content, signed=signer)
            assert answer.status_code == (202 if source == signer else 401)

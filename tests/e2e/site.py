"""A served installation with callers of every role, and what a caller expects of its answers."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.installation import Installation
from tests.e2e.sender import Sender

ROLES = (
    "viewer", "reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance",
    "auditor", "admin",
)  # fmt: skip
FAR = "other"
"""The second tenant; its one caller is `stranger`, who holds every role that decides."""

_DONE_S = 90


@dataclass
class Site:
    """`tokens` and `principals` by caller: the roles, `second_lead`, `second_admin`, `chief` (all that decide),
    `stranger` (another tenant's)."""

    installation: Installation
    tokens: dict[str, str]
    principals: dict[str, str]
    senders: dict[str, Sender]
    happened: dict[str, list[dict[str, Any]]]
    """Events of the sandbox firm by type, none of them delivered."""

    def call(self, method: str, path: str, who: str | None, **more: Any) -> httpx.Response:
        headers = httpx.Headers(more.pop("headers", None))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        return self.installation.http.request(method, path, headers=headers, **more)

    def get(self, path: str, who: str | None = "admin", **query: Any) -> httpx.Response:
        return self.call("GET", path, who, params=query or None)

    def post(self, path: str, body: Any = None, who: str | None = "admin", **more: Any) -> httpx.Response:
        sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return self.call("POST", path, who, **sent, **more)

    def read(self, path: str, who: str = "admin", **query: Any) -> Any:
        """The JSON of a GET that must be answered with 200."""
        answer = self.get(path, who, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def every(self, path: str, who: str = "admin", *, page: int = 200, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, page after page."""
        cursor: str | None = None
        while True:
            found = self.read(path, who, limit=page, **query, **({"cursor": cursor} if cursor else {}))
            assert found.keys() >= {"items", "next_cursor"}
            assert len(found["items"]) <= page
            yield from found["items"]
            cursor = found["next_cursor"]
            if cursor is None:
                return

    def case(self, case_id: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """The case once nothing of it is at work, or `until` holds of it."""

        def settled(case: dict[str, Any]) -> bool:
            working = any(each["status"] in ("waiting", "running") for each in case["executions"])
            return case["status"] != "open" and not working

        end = time.monotonic() + _DONE_S
        while True:
            found: dict[str, Any] = self.read(f"/v1/cases/{case_id}")
            if (until or settled)(found):
                return found
            assert time.monotonic() < end, f"{case_id} is still {found['status']}: {found['assessment']}"
            time.sleep(0.1)

    def asked(self, kind: str, text: str, who: str = "reviewer", **more: Any) -> dict[str, Any]:
        """A case that was triaged and waits."""
        answer = self.post("/v1/triage", {"kind": kind, "text": text} | more, who, params={"wait": 60})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def change_request(self) -> dict[str, Any]:
        """A fresh case with reviews that one delivery lead may decide, by another sender than any of the callers."""
        return self.case(self.senders["all"].take(self.fresh("psa.change_request.submitted")))

    def fresh(self, kind: str, **data: Any) -> dict[str, Any]:
        """An event of this type that names real records and was never sent before."""
        happened = self.happened[kind][0]
        more = data
        if "change_request_id" in happened["data"] and "change_request_id" not in data:
            more = {"change_request_id": f"crq-{uuid.uuid4().hex[:12]}"} | data
        return happened | {"id": f"e-{uuid.uuid4()}", "data": happened["data"] | more}

    def verdict(self, review: dict[str, Any], said: str, who: str, **more: Any) -> httpx.Response:
        body = {"verdict": said, "args_digest": review["args_digest"]} | more
        return self.post(f"/v1/reviews/{review['id']}/verdicts", body, who)

    def tally(self) -> dict[str, int]:
        """How much there is of everything a caller can count; the log is left out, refusals go on record."""
        return {
            "cases": sum(1 for _ in self.every("/v1/cases")),
            "reviews": sum(
                sum(1 for _ in self.every("/v1/reviews", status=status))
                for status in ("pending", "approved", "rejected", "expired", "withdrawn", "superseded")
            ),
            "accepted": sum(1 for _ in self.every("/v1/audit/entries", kind="event.accepted")),
        }


def problem(answer: httpx.Response, status: int, code: str, *pointers: str) -> dict[str, Any]:
    """The problem document of a refusal, which must be of this status and code and name these fields."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body.keys() >= {"type", "title", "status", "detail", "code", "errors"}
    assert body["code"] == code, body
    assert body["type"].endswith(f"/{code}")
    assert body["title"]
    assert body["detail"]
    named = [each["pointer"] for each in body["errors"]]
    assert all(each.keys() >= {"pointer", "detail"} for each in body["errors"])
    assert all(pointer == "" or pointer.startswith("/") for pointer in named)
    for pointer in pointers:
        assert pointer in named, body
    return body

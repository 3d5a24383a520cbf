"""Reviews to decide, what came of them, and the digest under which people approve."""

import hashlib
import json
from typing import Any

from tests.e2e.site import Site


def one(site: Site, tool: str = "create_task", kind: str = "psa.change_request.submitted") -> dict[str, Any]:
    """A fresh pending review of this tool."""
    found = site.case(site.senders["all"].take(site.fresh(kind)))
    review: dict[str, Any] = next(each for each in found["reviews"] if each["action"]["tool"] == tool)
    assert review["status"] == "pending"
    return review


def executed(site: Site, review: dict[str, Any]) -> dict[str, Any]:
    """The ended execution of an approved review's proposal."""

    def ended(case: dict[str, Any]) -> bool:
        return any(
            each["proposal_id"] == review["proposal_id"] and each["status"] not in ("waiting", "running")
            for each in case["executions"]
        )

    done = site.case(review["case_id"], until=ended)["executions"]
    found: dict[str, Any] = next(each for each in done if each["proposal_id"] == review["proposal_id"])
    return found


def canonical(value: Any) -> bytes:
    """RFC 8785, for values without floats: keys in the order of their UTF-16 code units, nothing escaped needlessly."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return b"{" + b",".join(canonical(name) + b":" + canonical(value[name]) for name in names) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(canonical(each) for each in value) + b"]"
    assert not isinstance(value, float)
    return json.dumps(value, ensure_ascii=False).encode()


def digest(action: dict[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(canonical({"args": action["args"], "tool": action["tool"]})).hexdigest()

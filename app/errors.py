"""Problem: everything that the service says no with, as RFC 9457 problem details. Surfaces only render it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

Code = Literal[
    "unauthenticated", "bad_signature", "stale_signature", "not_found", "not_permitted", "self_approval",
    "already_decided", "expired", "args_mismatch", "policy_changed", "stale_facts", "invalid_args", "invalid_body",
    "invalid_query", "type_not_allowed", "idempotency_mismatch", "idempotency_in_progress", "too_large", "too_deep",
    "not_undoable", "paused", "denied", "rate_limited", "erased", "unavailable", "conflict",
]  # fmt: skip

STATUS: Mapping[Code, int] = {
    "unauthenticated": 401, "bad_signature": 401, "stale_signature": 401, "not_found": 404, "not_permitted": 403,
    "self_approval": 403, "already_decided": 409, "expired": 409, "args_mismatch": 409, "policy_changed": 409,
    "stale_facts": 409, "invalid_args": 422, "invalid_body": 422, "invalid_query": 422, "type_not_allowed": 422,
    "idempotency_mismatch": 422, "idempotency_in_progress": 409, "too_large": 413, "too_deep": 422,
    "not_undoable": 409, "paused": 409, "denied": 403, "rate_limited": 429, "erased": 409, "unavailable": 503,
    "conflict": 409,
}  # fmt: skip

TITLE: Mapping[Code, str] = {
    "unauthenticated": "Sign in or send a valid token",
    "bad_signature": "The signature does not hold",
    "stale_signature": "The delivery's time is outside the window",
    "not_found": "There is no such thing here",
    "not_permitted": "Your roles do not allow this",
    "self_approval": "Nobody approves what is their own",
    "already_decided": "This was decided already",
    "expired": "The time to decide is over",
    "args_mismatch": "What you saw is not what would run",
    "policy_changed": "The rules have changed since you looked",
    "stale_facts": "The records have changed since you looked",
    "invalid_args": "The arguments are not valid",
    "invalid_body": "The body is not valid",
    "invalid_query": "The query is not valid",
    "type_not_allowed": "This source may not emit this type",
    "idempotency_mismatch": "This key was used with another body",
    "idempotency_in_progress": "A request with this key is still at work",
    "too_large": "The body is too large",
    "too_deep": "The body is nested too deep",
    "not_undoable": "This cannot be undone",
    "paused": "This is paused",
    "denied": "Policy refuses this",
    "rate_limited": "Too many requests",
    "erased": "The content was erased",
    "unavailable": "This cannot be reached now",
    "conflict": "This does not fit the present state",
}


class FieldError(BaseModel):
    """One wrong field: an RFC 6901 pointer into the request's body, and what is wrong with it."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str


class Problem(Exception):
    """A refusal with its code. `extra` holds further members of the problem document (as `decided_by`)."""

    def __init__(
        self, code: Code, detail: str, *, errors: Sequence[FieldError] = (), extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail
        self.errors = list(errors)
        self.extra = dict(extra or {})

    @property
    def status(self) -> int:
        return STATUS[self.code]

    @property
    def title(self) -> str:
        return TITLE[self.code]

    def document(self, base: str = "") -> dict[str, Any]:
        """The `application/problem+json` body; `base` is the address under which codes are explained."""
        body: dict[str, Any] = {
            "type": f"{base}/problems/{self.code}", "title": self.title, "status": self.status, "detail": self.detail,
            "code": self.code, "errors": [error.model_dump() for error in self.errors],
        }  # fmt: skip
        return body | self.extra


def pointer(*parts: str | int) -> str:
    """The RFC 6901 pointer of the names and numbers that lead to a value."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def field_errors(invalid: ValidationError, root: str = "", *, drop: int = 0) -> list[FieldError]:
    """pydantic's errors as pointers below `root`; `drop` leading parts (a union's tag) are left out.

    The offending value is never repeated: it may be personal, or a secret.
    """
    found = []
    for error in invalid.errors(include_url=False, include_input=False):
        parts = list(error["loc"][drop:])
        detail = error["msg"]
        if error["type"] in ("union_tag_invalid", "union_tag_not_found"):  # told of the whole, meant of its tag
            context = error["ctx"]
            parts.append(context["discriminator"].strip("'"))
            detail = f"must be one of {context['expected_tags']}" if "expected_tags" in context else "Field required"
        found.append(FieldError(pointer=root + pointer(*parts), detail=detail))
    return found

"""Presses: what buttons, menus and views carry, as typed values. What does not read as one is no press of ours."""

from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from app.errors import Problem, field_errors
from tools.values import Id, Value

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
P = TypeVar("P", bound=Value)


class OfReview(Value):
    """About a review with the arguments of this digest, as they were displayed in that message of ours."""

    review: Id
    digest: Digest
    message: Id | None = None


class OfCase(Value):
    case: Id


class OfExecution(Value):
    execution: Id


class Choice(Value):
    """An option of the menu of a case or a review."""

    do: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    case: Id
    review: Id | None = None


class Page(Value):
    """A page of a view that shows all of a review; `number` from 1."""

    review: Id
    digest: Digest
    number: Annotated[int, Field(ge=1, le=50)] = 1


class Draft(OfReview):
    """An edit under way; `seen` is the digest of the new arguments whose difference was displayed."""

    seen: Digest | None = None


def wire(press: Value) -> str:
    return press.model_dump_json(exclude_none=True)


def read(kind: type[P], raw: Any) -> P:
    """Raises Problem `invalid_body`."""
    try:
        return kind.model_validate_json(raw if isinstance(raw, str) else "")
    except ValidationError as wrong:
        raise Problem("invalid_body", "This button is not one of ours.", errors=field_errors(wrong)) from None

"""Problems: every code has a status and a title, and wrong fields are named by pointer, never by value."""

from typing import Annotated, Any, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import STATUS, TITLE, Code, FieldError, Problem, field_errors
from app.workflow.mapping import look_up

CODES: tuple[Code, ...] = get_args(Code)


class Inner(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    amount: Annotated[int, Field(ge=0)]


class Apple(Inner):
    kind: Literal["apple"]


class Pear(Inner):
    kind: Literal["pear"]


class Outer(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[Inner] = []
    by_name: dict[str, int] = {}
    fruit: Annotated[Apple | Pear, Field(discriminator="kind")] | None = None


def pointers(body: Any, root: str = "") -> list[str]:
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate(body)
    return [error.pointer for error in field_errors(raised.value, root)]


def test_each_code_has_a_status_and_a_title_of_its_own() -> None:
    assert STATUS.keys() == TITLE.keys() == set(CODES)
    assert len(set(TITLE.values())) == len(CODES)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize("code", CODES)
def test_the_document_has_what_rfc_9457_asks(code: Code) -> None:
    problem = Problem(code, "Because.", errors=[FieldError(pointer="/a", detail="is wrong")])
    assert problem.document("https://docs.example") == {
        "type": f"https://docs.example/problems/{code}", "title": TITLE[code], "status": STATUS[code],
        "detail": "Because.", "code": code, "errors": [{"pointer": "/a", "detail": "is wrong"}],
    }  # fmt: skip
    assert str(problem) == "Because."


def test_further_members_stand_beside() -> None:
    document = Problem("rate_limited", "Later.", extra={"retry_after_s": 3}).document()
    assert document["retry_after_s"] == 3
    assert document["status"] == 429
    assert document["type"] == "/problems/rate_limited"


def test_each_wrong_field_is_named_by_its_pointer() -> None:
    body = {"items": [{"amount": 1}, {"amount": "2"}], "by_name": {"a/b~c": "x"}, "more": 1}
    assert pointers(body) == ["/items/1/amount", "/by_name/a~1b~0c", "/more"]
    assert pointers(body, "/data") == ["/data/items/1/amount", "/data/by_name/a~1b~0c", "/data/more"]
    assert pointers([]) == [""]


@given(name=st.text(), root=st.sampled_from(["", "/data", "/args/x"]))
def test_the_pointer_leads_to_the_field(name: str, root: str) -> None:
    body: Any = {"by_name": {name: "wrong"}}
    (pointer,) = pointers(body, root)
    for part in reversed(root.split("/")[1:]):
        body = {part: body}
    assert look_up(body, pointer) == "wrong"


def test_leading_parts_can_be_dropped() -> None:
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate({"fruit": {"kind": "pear", "amount": -1}})
    assert [error.pointer for error in field_errors(raised.value)] == ["/fruit/pear/amount"]
    assert [error.pointer for error in field_errors(raised.value, "/fruit", drop=2)] == ["/fruit/amount"]


def test_the_wrong_value_is_not_repeated() -> None:
    secret = "Rosalind Achterberg, IBAN DE02"
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate({"items": [{"amount": secret}], "by_name": secret})
    assert secret not in str([error.model_dump() for error in field_errors(raised.value)])

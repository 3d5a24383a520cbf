"""The registry agrees with the actions and the records that it speaks of."""

from typing import Literal, get_args, get_origin

import pytest

from tools.actions import ACTIONS
from tools.records import RECORDS
from tools.registry import TOOLS, ToolSpec
from tools.supports import Bounded, FieldOf, Prose, ReachedField

every_tool = pytest.mark.parametrize("spec", TOOLS.values(), ids=TOOLS.keys())


@every_tool
def test_each_argument_says_what_may_support_it(spec: ToolSpec) -> None:
    assert spec.supports.keys() == spec.model.model_fields.keys() - {"tool"}
    for argument, supports in spec.supports.items():
        for support in supports:
            if isinstance(support, FieldOf):
                assert support.argument in spec.supports, argument
                for field in _fields(spec, support.field):
                    assert field in RECORDS[support.kind].model_fields, (argument, field)
            if isinstance(support, ReachedField):
                fields = RECORDS[support.kind].model_fields.keys()
                assert support.field in fields, argument
                assert support.match in fields | {f"{support.kind}_id"}, argument


def _fields(spec: ToolSpec, field: str) -> list[str]:
    """`{term}` stands for each value that the argument `term` can take."""
    if not field.startswith("{"):
        return [field]
    annotation = spec.model.model_fields[field.strip("{}")].annotation
    assert get_origin(annotation) is Literal
    return list(get_args(annotation))


@every_tool
def test_money_is_never_merely_bounded_nor_prose(spec: ToolSpec) -> None:
    for argument, supports in spec.supports.items():
        if argument.endswith("_minor") or argument in ("currency", "value"):
            assert not any(isinstance(support, Bounded | Prose) for support in supports), argument


@every_tool
def test_what_goes_outside_names_its_recipient(spec: ToolSpec) -> None:
    assert (spec.recipient_argument is not None) == (spec.risk_class == "customer")
    assert spec.recipient_argument is None or spec.recipient_argument in spec.supports
    assert (spec.undo_window_s is not None) == (spec.reversibility == "within_window")


def test_one_specification_a_tool() -> None:
    assert TOOLS.keys() == ACTIONS.keys()
    assert all(spec.tool == tool and spec.title for tool, spec in TOOLS.items())
    assert len({spec.title for spec in TOOLS.values()}) == len(TOOLS)

from datetime import date

from tools.planning.milestones import tied
from tools.records import Milestone


def milestones(**after: str | None) -> list[Milestone]:
    return [
        Milestone(
            id=ident, project_id="prj", name=ident, due_on=date(2026, 4, 1), status="planned", currency="EUR",
            after_id=before,
        )
        for ident, before in after.items()
    ]  # fmt: skip


def test_an_order_ties_nothing() -> None:
    assert tied([]) == []
    assert tied(milestones(a=None, b="a", c="b", d="a", e="elsewhere")) == []


def test_those_of_a_circle_are_told_and_not_those_that_come_after_it() -> None:
    assert tied(milestones(a="c", b="a", c="b", d="c")) == ["a", "b", "c"]
    assert tied(milestones(a="a", b="a")) == ["a"]
    assert tied(milestones(a="b", b="a", c="d", d="c")) == ["a", "b", "c", "d"]

from datetime import UTC, datetime
from typing import Any

import pytest

from app.store.models import Case

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def a_case(**also: Any) -> Case:
    return Case(
        id="cas_1", tenant="acme", workflow="w", kind="ticket", status="open", data_subject="case:cas_1",
        opened_at=NOW, updated_at=NOW, **also,
    )  # fmt: skip


def test_what_is_not_given_is_the_default() -> None:
    case = a_case(subject="project/p-1")
    assert (case.subject, case.unit, case.generation, case.opened_at) == ("project/p-1", None, 1, NOW)


def test_no_two_rows_share_a_default_that_can_change() -> None:
    one, other = a_case(), a_case()
    one.corrector_ids.append("pri_1")
    assert other.corrector_ids == [] == a_case().corrector_ids


def test_what_is_no_column_is_refused() -> None:
    with pytest.raises(TypeError, match="Case has no colour"):
        a_case(colour="red")

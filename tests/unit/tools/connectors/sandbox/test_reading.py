"""The read side: records as they stand, found by any single-valued field."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.conftest import OpenFirm, SetClock
from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.connectors.sandbox.book import Book
from tools.records import RECORDS, Contract, Milestone, Person, Project, TimeEntry


def test_a_record_or_none(firm: Sandbox) -> None:
    project = firm.get(Project, "prj-12")
    assert project is not None
    assert project.id == "prj-12"
    assert firm.get(Project, "prj-99") is None
    assert firm.get(Person, "prj-12") is None


def test_the_limit_takes_the_first_by_id(firm: Sandbox) -> None:
    everyone = firm.find(Person, {}, 1_000)
    assert [person.id for person in everyone] == sorted(person.id for person in everyone)
    assert firm.find(Person, {}, 7) == everyone[:7]
    assert len(firm.find(TimeEntry, {})) == 200


@pytest.mark.parametrize("field", ["nothing", "skills", "authors", "id' OR '1'='1"])
def test_a_field_that_is_no_single_value_is_refused(firm: Sandbox, field: str) -> None:
    with pytest.raises(KeyError):
        firm.find(Person, {field: "x"})


@given(data=st.data())
def test_find_is_a_filter_over_everything(open_firm: OpenFirm, data: st.DataObject) -> None:
    """Indexed or not, one field or several: the same records as comparing each one's text."""
    with open_firm() as firm:
        for _ in range(10):
            model = RECORDS[data.draw(st.sampled_from(sorted(RECORDS)))]
            everything = firm.find(model, {}, 100_000)
            if not everything:
                continue
            pattern = data.draw(st.sampled_from(everything))
            fields = [
                one for one in model.model_fields if one in model.single_valued() and pattern.value(one) is not None
            ]
            where = {one: str(pattern.value(one)) for one in data.draw(st.sets(st.sampled_from(fields), max_size=3))}
            expected = [
                one for one in everything if all(str(one.value(field)) == held for field, held in where.items())
            ]
            assert firm.find(model, where, 100_000) == expected


def test_a_changed_link_is_found_under_its_new_value_only(firm: Sandbox) -> None:
    milestone = firm.find(Milestone, {"project_id": "prj-01"})[0]
    with firm._store.transaction() as connection:
        Book(connection).change(milestone, lambda _field: "system/psa", project_id="prj-02")
    assert milestone.id in [one.id for one in firm.find(Milestone, {"project_id": "prj-02"})]
    assert milestone.id not in [one.id for one in firm.find(Milestone, {"project_id": "prj-01"})]


def test_an_error_inside_a_transaction_leaves_nothing_behind(firm: Sandbox) -> None:
    milestone = firm.find(Milestone, {"project_id": "prj-01"})[0]

    def change_and_fail() -> None:
        with firm._store.transaction() as connection:
            Book(connection).change(milestone, lambda _field: "system/psa", project_id="prj-02")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert firm.get(Milestone, milestone.id) == milestone
    assert milestone in firm.find(Milestone, {"project_id": "prj-01"})


def test_another_handle_on_the_file_sees_a_change_at_once(firm: Sandbox, tmp_path: Path, clock: SetClock) -> None:
    with Sandbox(tmp_path / "firm.db", clock) as other:
        before = other.get(Contract, "ctr-02")
        assert before is not None
        terms = {"contract_id": "ctr-02", "system": "erp", "term": "end_on", "value": "2029-01-01"}
        firm.apply(parse_action("sync_contract_terms", terms), "k")
        after = other.get(Contract, "ctr-02")
        assert after is not None
        assert (after.erp_end_on, after.version) == (date(2029, 1, 1), before.version + 1)


def test_show_names_any_record_as_json_and_refuses_a_kind_that_is_none(firm: Sandbox) -> None:
    shown = firm.show("period", "2026-03")
    assert shown is not None
    assert shown["status"] == "open"
    assert firm.show("project", "prj-999") is None
    with pytest.raises(ValueError, match="kind"):
        firm.show("planet", "mars")

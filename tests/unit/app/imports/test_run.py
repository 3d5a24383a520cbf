"""A messy workbook of 200 people, and what must hold of every import: all of it or nothing, and once."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import col, select

from app import own_records
from app.actor import Actor
from app.audit.log import Log
from app.csv_guard import csv_rows
from app.errors import Problem
from app.ground import Groundwork
from app.imports.export import exported
from app.imports.headings import IGNORED, Memory, folded
from app.imports.kinds import BY_NAME, KINDS
from app.imports.run import apply_import, plan_import
from app.own_records import OwnRecords
from app.store.engine import read_only, unit_of_work
from app.store.models import AuditEntry, ImportHeading, Principal, Tenant
from tests.unit.app.identity.conftest import signed_in
from tests.unit.app.imports.firm import leave_csv, limits_csv, people, workbook
from tools.records import Contract, Customer, Leave, LendingRule, Person, Project, Record
from tools.staffing.lending import lent

NOTHING = Memory()
LENDING = b"lending unit,borrowing unit,max percent,surcharge per day\nTechnik,Beratung,60,25.50\nTechnik,*,20,\n"


def firm_files(count: int = 200) -> dict[str, bytes]:
    rows = people(count)
    return {"Firma.xlsx": workbook(rows), "Urlaub.csv": leave_csv(rows), "Freigabegrenzen.csv": limits_csv()}


def stored(ground: Groundwork, tenant: str = "acme") -> list[Record]:
    with read_only(ground.engine) as session:
        return sorted(own_records.all_records(session, tenant), key=lambda one: str(one.key))


def entries(ground: Groundwork) -> int:
    with read_only(ground.engine) as session:
        return len(session.exec(select(AuditEntry)).all())


def test_a_messy_workbook_of_200_people_and_its_second_import(ground: Groundwork, machine: Actor) -> None:
    files = firm_files()
    dry = plan_import(ground, machine, files, NOTHING)
    assert [str(fault) for fault in dry.faults] == []
    assert dry.counts() == {
        "person": {"new": 200, "changed": 0}, "customer": {"new": 2, "changed": 0},
        "contract": {"new": 2, "changed": 0}, "project": {"new": 2, "changed": 0}, "leave": {"new": 60, "changed": 0},
        "account": {"new": 1, "changed": 0},
    }  # fmt: skip
    assert dry.duplicates == 2
    assert [sheet.sheet for sheet in dry.sheets if sheet.kind is None] == ["Notizen"]
    assert stored(ground) == []
    apply_import(ground, machine, files, NOTHING, dry.digest)
    found, before = stored(ground), entries(ground)
    again = apply_import(ground, machine, files, NOTHING, None)
    assert again.empty
    assert (stored(ground), entries(ground)) == (found, before)


def test_what_was_written_in_all_those_ways_is_what_was_meant(ground: Groundwork, machine: Actor) -> None:
    rows = people(80)
    apply_import(ground, machine, firm_files(80), NOTHING, None)
    read = OwnRecords(ground.engine, "acme")
    for one in rows:
        (person,) = read.find(Person, {"email": one["email"]})
        assert person.name == one["name"]
        assert (person.cost_rate_minor, person.bill_rate_minor) == (round(one["cost"] * 100), round(one["bill"] * 100))
        assert (person.starts_on, person.weekly_minutes) == (one["starts"], round(one["hours"] * 60))
        assert (person.currency, person.unit, len(person.skills)) == ("EUR", one["unit"], 1)
        assert person.trust("cost_rate_minor").trusted
    operations = read.get(Contract, "V-002")
    assert operations is not None
    assert (operations.currency, operations.value_minor, operations.hourly_rate_minor) == ("CHF", 8_000_000, 15_050)
    assert (operations.start_on, operations.type) == (date(2026, 2, 1), "time_and_materials")
    (project,) = read.find(Project, {"contract_id": "V-002"})
    assert (project.customer_id, project.currency) == (operations.customer_id, "CHF")
    assert len(read.find(Leave, {"status": "approved"})) == 60
    with read_only(ground.engine) as session:
        approver = session.exec(select(Principal).where(col(Principal.name) == "Jörg Prüfer")).one()
        (record,) = read.find(Person, {"email": rows[1]["email"]})
        assert (approver.limit_minor, approver.record_id) == (1_000_000, record.id)
        assert session.get_one(Tenant, "acme").connectors == {"records": "own"}


def test_what_is_exported_is_imported_as_the_same(ground: Groundwork, machine: Actor) -> None:
    apply_import(ground, machine, firm_files(30) | {"lending.csv": LENDING}, NOTHING, None)
    found = stored(ground)
    files = {f"{kind.name}.csv": b"".join(exported(kind, found, "EUR")) for kind in KINDS if kind.model}
    files = {name: raw for name, raw in files.items() if raw.count(b"\n") > 1}
    assert len(files) == 6
    assert plan_import(ground, machine, files, NOTHING).empty
    with unit_of_work(ground.engine) as session:
        own_records._drop(session, "acme", found)
    assert stored(ground) == []
    apply_import(ground, machine, files, NOTHING, None)
    assert [one.model_copy(update={"version": 1}) for one in stored(ground)] == [
        one.model_copy(update={"version": 1, "authors": {"*": "system/import"}}) for one in found
    ]


def test_every_bad_cell_is_named_and_nothing_is_half_done(ground: Groundwork, machine: Actor) -> None:
    book = load_workbook(io.BytesIO(workbook(people(20))))
    sheet = book["Mitarbeiter 2026"]
    sheet["B6"], sheet["D7"], sheet["F8"], sheet["C9"] = "no address", "45,999", "31.02.2020", None
    book["Kenntnisse"]["C3"] = 9
    book["Kenntnisse"]["A4"] = "nobody@firma.example"
    book["Verträge"]["G2"] = "120.000,00 $ USD"
    book["Projekte"]["D2"] = "1.1.2025"
    saved = io.BytesIO()
    book.save(saved)
    files = {"Firma.xlsx": saved.getvalue()}
    plan = plan_import(ground, machine, files, NOTHING)
    places = {(fault.sheet, fault.row, fault.column) for fault in plan.faults}
    wanted = {
        ("Mitarbeiter 2026", 6, "B"), ("Mitarbeiter 2026", 7, "D"), ("Mitarbeiter 2026", 8, "F"),
        ("Mitarbeiter 2026", 9, "C"), ("Kenntnisse", 3, "C"), ("Kenntnisse", 4, "A"), ("Verträge", 2, "G"),
        ("Projekte", 2, "D"),
    }  # fmt: skip
    assert wanted <= places
    with pytest.raises(Problem, match="Nothing was imported") as refused:
        apply_import(ground, machine, files, NOTHING, None)
    assert len(refused.value.extra["import"]["errors"]) == len(plan.faults)
    assert stored(ground) == []


def test_a_failure_in_the_middle_leaves_nothing(
    ground: Groundwork, machine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Log, "append", broken)
    with pytest.raises(OSError, match="disk"):
        apply_import(ground, machine, firm_files(10), NOTHING, None)
    assert stored(ground) == []
    with read_only(ground.engine) as session:
        assert session.exec(select(ImportHeading)).all() == []


def test_what_was_said_of_a_heading_is_remembered(ground: Groundwork, machine: Actor) -> None:
    rows = [["Ada", "ada@x.example", "Lead", "1", "2", "2020-01-01", "9"]]
    headings = ["name", "email", "title", "cost rate", "Tarif", "start", "hours"]
    files = {"people.csv": b"".join(csv_rows(headings, rows))}
    assert "no column here is the bill rate" in str(plan_import(ground, machine, files, NOTHING).faults[0])
    said = Memory(fields={("people", folded("Tarif")): "bill_rate_minor", ("people", "hours"): IGNORED})
    apply_import(ground, machine, files, said, None)
    files = {"people.csv": b"".join(csv_rows(headings, [*rows, ["Bo", "bo@x.example", *rows[0][2:]]]))}
    plan = apply_import(ground, machine, files, NOTHING, None)
    assert plan.sheets[0].columns["Tarif"] == "bill_rate_minor"
    assert plan.sheets[0].ignored == ["hours"]
    assert plan.counts() == {"person": {"new": 1, "changed": 0}}


def test_a_change_names_its_author_and_leaves_the_rest(ground: Groundwork, machine: Actor) -> None:
    ada = signed_in(ground, "Ada", "admin")
    apply_import(ground, machine, {"customers.csv": b"id,name,tier,language\ncus-1,North,key,de\n"}, NOTHING, None)
    apply_import(ground, ada, {"customers.csv": b"id,name,tier,language\ncus-1,North,strategic,\n"}, NOTHING, None)
    (customer,) = OwnRecords(ground.engine, "acme").find(Customer, {})
    assert (customer.tier, customer.language, customer.version) == ("strategic", "de", 2)
    assert customer.author("tier") == f"person/{ada.principal_id}"
    assert customer.author("name") == "system/import"


def test_who_may_not_import_is_refused(ground: Groundwork) -> None:
    for role in ("finance", "compliance", "viewer"):
        with pytest.raises(Problem) as refused:
            plan_import(ground, signed_in(ground, role, role), {"people.csv": b"name\n"}, NOTHING)
        assert refused.value.code == "not_permitted"


def test_nobody_raises_their_own_limit(ground: Groundwork) -> None:
    ada = signed_in(ground, "Ada", "admin")
    signed_in(ground, "Bo", "finance")
    plan = plan_import(ground, ada, {"limits.csv": b"name,limit\nAda,900\nBo,900\n"}, NOTHING)
    assert [fault.row for fault in plan.faults] == [2]
    done = apply_import(ground, ada, {"limits.csv": b"name,limit\nBo,900\n"}, NOTHING, None)
    assert [each.limit_minor for each in done.accounts] == [90_000]


def test_a_rule_of_lending_is_known_by_its_units_and_its_surcharge_is_in_the_firm_s_currency(
    ground: Groundwork, machine: Actor
) -> None:
    apply_import(ground, machine, {"Verleih.csv": LENDING}, NOTHING, None)
    heading, rule, _ = LENDING.splitlines(keepends=True)
    for cell in (b"25.50 CHF", b"CHF 25.50"):
        (fault,) = plan_import(ground, machine, {"l.csv": heading + rule.replace(b"25.50", cell)}, NOTHING).faults
        assert (fault.row, fault.heading) == (2, "surcharge per day")
        assert "is in CHF, and this is in EUR" in fault.detail
    (above,) = plan_import(ground, machine, {"l.csv": heading.replace(b"day", b"day (CHF)") + rule}, NOTHING).faults
    assert "is in CHF" in above.detail
    for wrong, column in ((b"Technik,Beratung,160,", "max percent"), (b"Technik,,60,", "borrowing unit")):
        (fault,) = plan_import(ground, machine, {"l.csv": heading + wrong}, NOTHING).faults
        assert (fault.row, fault.heading) == (2, column)
    apply_import(ground, machine, {"l.csv": heading + rule.replace(b"60", b"40%")}, NOTHING, None)
    rules = {one.to_unit: one for one in OwnRecords(ground.engine, "acme").find(LendingRule, {})}
    assert {unit: (one.max_percent, one.surcharge_minor) for unit, one in rules.items()} == {
        "Beratung": (40, 2_550), "*": (20, 0)
    }  # fmt: skip
    assert lent(list(rules.values()), "Technik", "Beratung", 41) == "beyond"
    assert all(one.trust("max_percent").trusted for one in rules.values())


def test_dollars_in_a_row_of_another_currency_are_no_amount_of_it(ground: Groundwork, machine: Actor) -> None:
    headings = b"name,email,title,cost rate,bill rate,currency,start\n"
    row = "Ann,ann@x.example,Lead,{cost},{bill},{currency},2020-01-01\n"
    for cost, bill, currency, wrong in (
        ("€60", "$120", "EUR", "bill rate"), ("120 $", "60", "", "cost rate"), ("60", "US$120", "EUR", "bill rate"),
        ("$60", "$120", "USD", None), ("$60", "120", "CAD", None),
    ):  # fmt: skip
        content = headings + row.format(cost=cost, bill=bill, currency=currency).encode()
        faults = plan_import(ground, machine, {"people.csv": content}, NOTHING).faults
        assert [one.heading for one in faults] == ([] if wrong is None else [wrong])
        assert all("and the row is in EUR" in one.detail for one in faults)


def test_nobody_makes_themselves_somebody_s_line_manager(ground: Groundwork, machine: Actor) -> None:
    headings = b"id,name,email,title,cost rate,bill rate,currency,start,line manager\n"
    ann = b"per-1,Ann,ann@x.example,Lead,80,160,EUR,2020-01-01,\n"
    bob = b"per-2,Bob,bob@x.example,Dev,50,120,EUR,2020-01-01,"
    apply_import(ground, machine, {"people.csv": headings + ann + bob + b"\n"}, NOTHING, None)
    ada = replace(signed_in(ground, "Ada", "admin"), record_id="per-1")
    plan = plan_import(ground, ada, {"people.csv": headings + bob + b"per-1\n"}, NOTHING)
    assert [(fault.row, fault.heading) for fault in plan.faults] == [(2, "line manager")]
    other = replace(ada, record_id=None)
    apply_import(ground, other, {"people.csv": headings + bob + b"per-1\n"}, NOTHING, None)
    # What another has said stands, whoever imports the list again.
    assert plan_import(ground, ada, {"people.csv": headings + bob + b"per-1\n"}, NOTHING).faults == []


def test_one_record_is_one_account_s(ground: Groundwork, machine: Actor) -> None:
    people_of_two = (
        b"id,name,email,title,cost rate,bill rate,currency,start\n"
        b"per-1,Ann,ann@x.example,Lead,80,160,EUR,2020-01-01\nper-2,Bob,bob@x.example,Dev,50,120,EUR,2020-01-01\n"
    )
    accounts = b"name,roles,employee id\nAnn,delivery_lead,per-1\nAnn again,finance,per-1\nBob,viewer,per-2\n"
    plan = plan_import(ground, machine, {"people.csv": people_of_two, "accounts.csv": accounts}, NOTHING)
    assert [(fault.file, fault.row, fault.detail) for fault in plan.faults] == [
        ("accounts.csv", 3, "is the record of Ann already")
    ]


def test_a_plan_that_is_not_the_one_seen_is_not_applied(ground: Groundwork, machine: Actor) -> None:
    files = {"customers.csv": b"name,tier\nNorth,key\n"}
    seen = plan_import(ground, machine, files, NOTHING)
    apply_import(ground, machine, {"customers.csv": b"name,tier\nNorth,standard\n"}, NOTHING, None)
    with pytest.raises(Problem) as refused:
        apply_import(ground, machine, files, NOTHING, seen.digest)
    assert refused.value.code == "conflict"


def test_files_that_hold_too_much_are_refused_at_once(ground: Groundwork, machine: Actor) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (100 * 1024 * 1024))
    assert len(packed.getvalue()) < 200_000
    for name, raw, why in [
        ("bomb.xlsx", packed.getvalue(), "64 MiB when it is unpacked"), ("big.csv", b"a" * (11 * 1024**2), "10 MiB"),
        ("people.pdf", b"%PDF", "neither"), ("people.xlsx", b"PK\x03\x04broken", "damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"x" * 99, "old format"), ("empty.csv", b"\n\n", "is empty"),
        ("quote.csv", b'name,tier\n"North,key\n', "after row"), ("people.csv", b"\x00\x01", "no text"),
        ("rows.csv", b"a,b\n" * 60_000, "rows"),
    ]:  # fmt: skip
        with pytest.raises(Problem, match=why) as refused:
            plan_import(ground, machine, {name: raw}, NOTHING)
        assert refused.value.code == "invalid_body"


def test_a_formula_counts_by_its_stored_value_or_is_named(ground: Groundwork, machine: Actor) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "customers"
    sheet.append(["name", "tier"])
    sheet.append(["North", '=IF(1,"key","")'])
    saved = io.BytesIO()
    book.save(saved)
    (fault,) = plan_import(ground, machine, {"c.xlsx": saved.getvalue()}, NOTHING).faults
    assert (fault.row, fault.column) == (2, "B")
    assert "formula without a stored value" in fault.detail
    kept = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(kept, "w") as new:
        for part in old.namelist():
            text = old.read(part)
            if part.endswith("sheet1.xml"):
                text = text.replace(b'<c r="B2"><f>', b'<c r="B2" t="str"><f>').replace(b"<v />", b"<v>key</v>")
                text = text.replace(b"<v></v>", b"<v>key</v>").replace(b"<v/>", b"<v>key</v>")
            new.writestr(part, text)
    plan = plan_import(ground, machine, {"c.xlsx": kept.getvalue()}, NOTHING)
    assert [str(fault) for fault in plan.faults] == []
    assert [getattr(change.after, "tier", None) for change in plan.records] == ["key"]


def test_every_kind_is_known_by_the_headings_that_it_is_exported_under() -> None:
    assert all(kind.column("id") or kind.model is None for kind in BY_NAME.values())
    for kind in KINDS:
        names = [folded(column.name) for column in kind.columns]
        assert len(set(names)) == len(names), kind.name


def test_a_sheet_of_nobody_knows_what_is_at_fault_until_it_is_said(ground: Groundwork, machine: Actor) -> None:
    files = {"notes.csv": b"alpha,beta\nNorth,key\n"}
    (fault,) = plan_import(ground, machine, files, NOTHING).faults
    assert "no headings of people" in fault.detail
    fields = {("customers", "alpha"): "name", ("customers", "beta"): "tier"}
    said = Memory({folded("notes.csv"): "customers"}, fields)
    assert plan_import(ground, machine, files, said).counts() == {"customer": {"new": 1, "changed": 0}}

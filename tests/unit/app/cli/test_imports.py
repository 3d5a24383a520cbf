"""`countersign import`: first what would be done, then it, and every bad cell by its place."""

from pathlib import Path

from tests.unit.app.cli.runner import Cli
from tests.unit.app.imports.firm import people, workbook

ROLES = "name,email,roles,unit,limit_minor\nLena,lena@firm.example,delivery_lead finance,Advisory,100\nVera,,viewer,,\n"


def test_a_dry_run_comes_first(cli: Cli, tmp_path: Path) -> None:
    cli.done("tenant", "add", "demo")
    file = tmp_path / "Firma.xlsx"
    file.write_bytes(workbook(people(12)))
    told = cli.done("import", str(file))
    assert (told["applied"], told["counts"]["person"], told["errors"]) == (False, {"new": 12, "changed": 0}, [])
    assert cli.done("import", str(file), "--apply") == told | {"applied": True}
    again = cli.done("import", str(file), "--apply")
    assert (again["counts"], again["errors"]) == ({}, [])
    assert cli.done("tenant", "list")[0]["connectors"] == {"records": "own"}


def test_accounts_and_their_limits(cli: Cli, tmp_path: Path) -> None:
    cli.done("tenant", "add", "demo")
    file = tmp_path / "people.csv"
    file.write_text(ROLES)
    assert cli.done("import", str(file), "--sheet", "people.csv=accounts", "--apply")["counts"]["account"]["new"] == 2
    listed = {one["name"]: one for one in cli.done("user", "list")}
    assert listed["Lena"]["roles"] == [
        {"role": role, "unit": "Advisory"} for role in ("delivery_lead", "finance")
    ]  # fmt: skip
    assert (listed["Lena"]["limit_minor"], listed["Vera"]["limit_minor"]) == (100, None)
    file.write_text("name,roles,limit\nLena,,250\nBad,emperor,\nNina,viewer,\n")
    ran = cli("import", str(file), "--sheet", "people.csv=accounts", "--apply")
    assert (ran.code, "row 3, column B (roles): holds emperor" in ran.out, "nothing was written" in ran.out) == (
        2, True, True,
    )  # fmt: skip
    assert len(cli.done("user", "list")) == 2
    file.write_text("name,limit\nLena,250\n")
    cli.done("import", str(file), "--sheet", "people.csv=accounts", "--apply")
    assert {one["name"]: one["limit_minor"] for one in cli.done("user", "list")}["Lena"] == 25_000


def test_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("name,tier\nNorth,key\n")
    assert cli("import", str(file)).code == 2  # no firm yet
    cli.done("tenant", "add", "demo")
    assert cli("import", str(tmp_path / "none.csv")).code == 2
    assert cli("import", str(file), "--sheet", "customers.csv=emperors").code == 2
    assert cli("import", str(file), "--map", "tier=emperor").code == 2
    assert "leaves" not in cli("import", str(file), "--map", "tier=").out
    cli.done("tenant", "add", "sand", "--sandbox")
    refused = cli("import", str(file), "--tenant", "sand", "--json")
    assert (refused.code, refused.problem["code"]) == (1, "conflict")

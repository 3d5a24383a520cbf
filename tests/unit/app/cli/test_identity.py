"""`tenant`, `user`, `token`, `source`, `setting`, `import`: what they answer, and that nothing is half done."""

import pytest

from app.store.migrate import HEAD
from tests.unit.app.cli.runner import Cli


def test_the_first_token_of_an_empty_installation_makes_the_demo_firm(cli: Cli) -> None:
    assert cli.done("migrate") == {"migrated": True, "former": None, "revision": HEAD}
    assert cli.done("migrate") == {"migrated": False, "former": HEAD, "revision": HEAD}
    ran = cli("token", "create", "--name", "ops", "--role", "admin", "--role", "finance", "--json")
    assert ran.code == 0
    assert ran.json.keys() == {"token", "principal"}
    assert "no firm demo here yet; made it, with a sandbox firm" in ran.err
    (firm,) = cli.done("tenant", "list")
    assert (firm["tenant"], set(firm["connectors"].values())) == ("demo", {"sandbox"})
    assert {row["name"]: row["value"] for row in cli.done("setting", "list")["settings"]}["mode"] == "propose"
    (ops,) = cli.done("user", "list")
    assert (ops["kind"], sorted(grant["role"] for grant in ops["roles"])) == ("service", ["admin", "finance"])


def test_a_second_token_is_of_the_same_service_and_adds_roles(cli: Cli) -> None:
    first = cli.done("token", "create", "--name", "ops", "--role", "viewer")
    again = cli.done("token", "create", "--name", "ops", "--role", "viewer", "--role", "finance", "--scope", "admin")
    assert first["principal"] == again["principal"]
    assert first["token"] != again["token"]
    (ops,) = cli.done("user", "list")
    assert sorted(grant["role"] for grant in ops["roles"]) == ["finance", "viewer"]
    listed = cli.done("token", "list")
    assert [each["scopes"] for each in listed] == [[], ["admin"]]
    assert all(secret not in str(listed) for secret in (first["token"], again["token"]))
    assert cli.done("token", "revoke", first["token"]) == {"revoked": listed[0]["token"]}
    assert [each["revoked_at"] is None for each in cli.done("token", "list")] == [False, True]


@pytest.mark.parametrize(
    "wrong", [("--role", "boss"), ("--role", "admin", "--scope", "everything"), ("--role", "viewer", "--role", "Admin")]
)
def test_a_token_that_cannot_be_made_leaves_no_service_behind(cli: Cli, wrong: tuple[str, ...]) -> None:
    cli.done("tenant", "add", "demo")
    ran = cli("token", "create", "--name", "ops", *wrong, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert cli.done("user", "list") == cli.done("token", "list") == []


def test_sources(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    made = cli.done("source", "add", "erp", "--verifier", "standard-webhooks", "--types", "erp.*, crm.contract.amended")
    assert made.keys() == {"source", "secret", "url"}
    assert made["url"] == f"http://127.0.0.1:8999/v1/events/{made['source']}"
    assert made["secret"].startswith("whsec_")
    (listed,) = cli.done("source", "list")
    assert (listed["source"], listed["types"]) == ("erp", ["erp.*", "crm.contract.amended"])
    assert made["secret"] not in str(listed)
    rotated = cli.done("source", "rotate", "erp")
    assert rotated["source"] == "erp"
    assert rotated["secret"] != made["secret"]
    again = cli.done("source", "add", "erp", "--verifier", "standard-webhooks")
    assert again["source"] != "erp"
    for wrong in (("--verifier", "none"), ("--verifier", "standard-webhooks", "--types", ",")):
        assert cli("source", "add", "crm", *wrong).code == 2
    assert len(cli.done("source", "list")) == 2


def test_people_and_their_links(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    made = cli.done(
        "user", "add", "Lena Lead", "--role", "delivery_lead", "--role", "finance/Data & AI", "--unit", "Advisory",
        "--email", "lena@firm.example", "--limit", "250000", "--record", "per-17",
    )  # fmt: skip
    (lena,) = cli.done("user", "list")
    assert (lena["id"], lena["unit"], lena["limit_minor"], lena["record_id"]) == (
        made["principal"], "Advisory", 250_000, "per-17",
    )  # fmt: skip
    assert {(each["role"], each["unit"]) for each in lena["roles"]} == {
        ("delivery_lead", "Advisory"), ("finance", "Data & AI"),
    }  # fmt: skip
    assert cli.done("user", "record", "Lena Lead", "per-18") == {"principal": made["principal"], "record_id": "per-18"}
    assert [each["record_id"] for each in cli.done("user", "list")] == ["per-18"]
    link = cli.done("user", "link", "lena@firm.example")
    assert link["principal"] == made["principal"]
    assert link["link"].startswith("http://127.0.0.1:8999/sign-in?link=")
    taken = cli("user", "add", "Lena Lead", "--role", "viewer", "--json")
    assert (taken.code, taken.problem["code"]) == (1, "conflict")
    assert cli("user", "link", "Nobody").code == 2
    assert cli.done("user", "password", "Lena Lead", stdin="a long enough password\n")["principal"] == lena["id"]
    assert cli("user", "password", "Lena Lead", stdin="short\n").code == 2
    cli.done("user", "deactivate", "Lena Lead")
    assert cli("user", "link", "Lena Lead").code == 3
    assert [each["active"] for each in cli.done("user", "list")] == [False]


def test_a_firm_must_be_named_where_there_are_several(cli: Cli) -> None:
    nowhere = cli("user", "list", "--json")
    assert (nowhere.code, nowhere.problem["code"]) == (2, "not_found")
    assert "countersign tenant add" in nowhere.problem["detail"]
    cli.done("tenant", "add", "north", "--name", "North & Co", "--currency", "NOK", "--zone", "Europe/Oslo")
    assert cli.done("user", "list") == []
    cli.done("tenant", "add", "south")
    ran = cli("user", "list")
    assert (ran.code, "--tenant north|south" in ran.err) == (2, True)
    assert cli.done("user", "list", "--tenant", "south") == []
    assert cli("user", "list", "--tenant", "east").code == 2
    assert cli("tenant", "add", "south").code == 1
    assert cli("tenant", "add", "Bad Name").code == 2
    assert [(each["tenant"], each["currency"]) for each in cli.done("tenant", "list")] == [
        ("north", "NOK"), ("south", "EUR"),
    ]  # fmt: skip


def test_a_setting_takes_two_people(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    for name in ("Ada", "Alan"):
        cli.done("user", "add", name, "--role", "admin")
    assert cli("setting", "set", "mode/psa.sow.approved", "auto").code == 2
    change = cli.done("setting", "set", "mode/psa.sow.approved", "auto", "--as", "Ada")
    assert change["status"] == "pending"
    alone = cli("setting", "confirm", change["change"], "--as", "Ada", "--json")
    assert (alone.code, alone.problem["code"]) == (3, "self_approval")
    assert cli.done("setting", "confirm", change["change"], "--as", "Alan")["status"] == "confirmed"
    late = cli("setting", "confirm", change["change"], "--as", "Alan", "--json")
    assert (late.code, late.problem["code"], late.problem["status"]) == (1, "already_decided", "confirmed")
    values = {each["name"]: each["value"] for each in cli.done("setting", "list")["settings"]}
    assert values == {"mode": "propose", "mode/psa.sow.approved": "auto"}
    assert cli("setting", "set", "mood", "good", "--as", "Ada").code == 2
    dropped = cli.done("setting", "set", "window_days", "7", "--as", "Ada")["change"]
    assert cli.done("setting", "withdraw", dropped, "--as", "Ada")["status"] == "withdrawn"


def test_who_only_reads_cannot_act(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    cli.done("user", "add", "Vera", "--role", "viewer")
    assert cli("setting", "set", "window_days", "7", "--as", "Vera").code == 3
    assert cli.done("queue", "--as", "Vera") == {"items": [], "next_cursor": None}


def test_in_production_nobody_speaks_as_somebody_else(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    cli.done("user", "add", "Lena", "--role", "delivery_lead")
    cli.set(ENVIRONMENT="production")
    assert cli("queue", "--as", "Lena").code == 3
    assert cli("demo").code == 3
    assert cli("tenant", "add", "play", "--sandbox").code == 3
    assert cli.done("queue") == {"items": [], "next_cursor": None}


def test_a_token_reads_within_its_scopes_and_its_firm(cli: Cli) -> None:
    cli.done("tenant", "add", "demo")
    narrow = cli.done("token", "create", "--name", "bot", "--role", "finance", "--scope", "cases:read")["token"]
    cli.set(TOKEN=narrow)
    assert cli("queue").code == 3
    cli.set(TOKEN=cli.done("token", "create", "--name", "bot")["token"])
    assert cli.done("queue") == {"items": [], "next_cursor": None}
    assert cli("queue", "--tenant", "other").code == 2

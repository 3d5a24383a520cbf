"""`doctor`: what it looks at, and that looking changes nothing."""

from tests.unit.app.cli.runner import Cli

LOOKED_AT = {
    "settings", "home folder", "secret key", "log's key", "database", "clock", "rules", "sentence encoder",
    "precedents", "sandbox firms", "disk", "address",
}  # fmt: skip


def test_an_empty_installation_is_fit_and_stays_empty(cli: Cli) -> None:
    found = cli.done("doctor")
    assert {each["what"] for each in found} == LOOKED_AT
    assert [each for each in found if not each["ok"]] == []
    assert not cli.home.exists()


def test_what_is_amiss_is_named(cli: Cli) -> None:
    cli.done("tenant", "add", "demo", "--sandbox")
    cli.home.chmod(0o755)
    (cli.home / "audit.key").write_text("too short")
    ran = cli("doctor", "--json")
    assert ran.code == 1
    assert {each["what"] for each in ran.json if not each["ok"]} == {"home folder", "log's key"}

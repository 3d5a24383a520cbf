"""Exit codes, problems on stderr, and text that cannot steer a terminal."""

import errno
import os
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli_commands import console
from app.cli_commands.console import confirmed, plain, reported
from app.errors import Code, Problem
from tests.unit.app.cli.runner import Cli


def test_every_exit_code_is_of_a_code_that_exists() -> None:
    assert set(console._EXIT_OF) <= set(get_args(Code))
    assert {console._EXIT_OF[code] for code in ("not_permitted", "self_approval", "denied")} == {console.REFUSED}


@given(st.text())
def test_what_is_shown_holds_nothing_that_steers_a_terminal(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert all(each.isprintable() or each in "\n\t" for each in shown)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\u202egnp.exe", "\x9b31m", "\x07"])
def test_escapes_and_bidirectional_marks_are_seen(hostile: str) -> None:
    assert "�" in plain(hostile)


def test_without_a_terminal_nothing_is_confirmed(cli: Cli) -> None:
    with pytest.raises(Problem):
        confirmed("Go on?", yes=False)
    confirmed("Go on?", yes=True)


def test_a_problem_is_one_line_or_a_document(cli: Cli) -> None:
    cli.set(TOKEN="cs_unknown")
    cli.done("tenant", "add", "demo")
    text, document = cli("queue"), cli("queue", "--json")
    assert (text.code, text.out, document.code, document.out) == (3, "", 3, "")
    assert text.err.count("\n") == 1
    assert text.err.startswith("countersign: unauthenticated: ")
    assert document.problem["code"] == "unauthenticated"
    assert document.problem["status"] == 401


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 4), (errno.EDQUOT, 4), (errno.EACCES, 2)])
def test_a_full_disk_is_nobodys_wrong_input(capsys: pytest.CaptureFixture[str], number: int, code: int) -> None:
    with pytest.raises(SystemExit) as ended, reported():
        raise OSError(number, os.strerror(number), "/backups/monday")
    assert ended.value.code == code
    assert f"/backups/monday: {os.strerror(number)}" in capsys.readouterr().err


def test_a_misspelt_setting_is_named(cli: Cli) -> None:
    cli.set(PORTT="1")
    ran = cli("migrate")
    assert (ran.code, ran.out) == (2, "")
    assert "COUNTERSIGN_PORTT is not a setting; did you mean COUNTERSIGN_PORT?" in ran.err
    assert not cli.home.exists()


def test_a_database_that_does_not_answer_is_unavailable(cli: Cli) -> None:
    cli.set(DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:1/none")
    ran = cli("tenant", "list", "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.problem["code"] == "unavailable"
    assert "nothing" not in ran.problem["detail"]

"""One served installation for all that only talks to it; SIGTERM ends it, which must exit with 0."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.installation import Installation
from tests.e2e.site import FAR, ROLES, Site

_DECIDING = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "admin")
_FIRST = "admin"


def _token(installation: Installation, name: str, roles: tuple[str, ...], tenant: str | None) -> dict[str, str]:
    arguments = [argument for role in roles for argument in ("--role", role)]
    arguments += ["--tenant", tenant] if tenant else []
    made: dict[str, str] = installation.told("token", "create", "--name", f"t-{name}", *arguments)
    assert made.keys() >= {"token", "principal"}
    return made


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Callers are services, as programs are; people sign in on the web."""
    installation = Installation(tmp_path_factory.mktemp("site") / "home")
    installation.told("migrate")
    callers: dict[str, tuple[tuple[str, ...], str | None]] = {role: ((role,), None) for role in ROLES}
    callers |= {"second_lead": (("delivery_lead",), None), "second_admin": (("admin",), None)}
    callers |= {"chief": (_DECIDING, None)}
    made = {_FIRST: _token(installation, _FIRST, callers.pop(_FIRST)[0], None)}
    made["stranger"] = _token(installation, "stranger", _DECIDING, FAR)
    with ThreadPoolExecutor(3) as pool:
        # There are two firms by now, so that each command says which.
        jobs = {name: pool.submit(_token, installation, name, roles, "demo") for name, (roles, _) in callers.items()}
        made |= {name: job.result() for name, job in jobs.items()}
        added = {
            name: pool.submit(installation.sender, name, "--types", types)
            for name, types in {"all": "*", "crm": "crm.*"}.items()
        }
        senders = {name: job.result() for name, job in added.items()}
    happened = defaultdict(list)
    for each in installation.told("sandbox", "emit", "--count", "39", "--no-send", "--tenant", "demo")["emitted"]:
        happened[each["type"]].append(each)
    installation.start()
    tokens = {name: each["token"] for name, each in made.items()}
    principals = {name: each["principal"] for name, each in made.items()}
    yield Site(installation, tokens, principals, senders, dict(happened))
    assert installation.stop() == 0
    assert installation.tracebacks() == []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lines = [
        line
        for outcome in ("passed", "failed")
        for test in terminalreporter.stats.get(outcome, ())
        for name, line in test.user_properties
        if name == "fleet"
    ]
    if lines:
        terminalreporter.write_sep("=", "fleet")
        for line in lines:
            terminalreporter.write_line(line)

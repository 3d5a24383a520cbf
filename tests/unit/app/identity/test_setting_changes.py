import pytest

from app import tenancy
from app.actor import Actor
from app.errors import Problem
from app.ground import Groundwork
from app.identity.setting_changes import confirm_setting, propose_setting, withdraw_setting
from app.store.engine import read_only, unit_of_work
from app.store.models import Setting
from app.tenancy import Tenancy
from policies.thresholds import Thresholds
from tests.unit.app.identity.conftest import signed_in
from tools.facts import Trust

LOOSE = {"auto_below": 90, "two_from": 95, "deny_from": 101}


def _read(ground: Groundwork) -> Tenancy:
    with read_only(ground.engine) as session:
        return tenancy.read(session, "acme")


@pytest.fixture
def pair(ground: Groundwork) -> tuple[Actor, Actor]:
    return signed_in(ground, "Ana", "compliance"), signed_in(ground, "Ben", "admin")


def test_what_nobody_set_proposes(ground: Groundwork) -> None:
    read = _read(ground)
    assert read.mode("crm.opportunity.won") == "propose"
    assert read.thresholds("north", "write_off") is None
    assert read.trust() == {"system": Trust.SYSTEM, "person": Trust.PERSON}
    assert read.assignee("write_off") is None


def test_a_change_takes_two(ground: Groundwork, pair: tuple[Actor, Actor]) -> None:
    ana, ben = pair
    change = propose_setting(ground, ana, "thresholds", LOOSE)
    assert _read(ground).thresholds(None, "write_off") is None
    with pytest.raises(Problem) as refused:
        confirm_setting(ground, ana, change)
    assert refused.value.code == "self_approval"
    confirm_setting(ground, ben, change)
    assert _read(ground).thresholds(None, "write_off") == Thresholds(**LOOSE)
    with pytest.raises(Problem) as again:
        confirm_setting(ground, ben, change)
    assert again.value.code == "already_decided"
    with read_only(ground.engine) as session:
        kinds = [entry.kind for entry in ground.log.entries(session, "acme")]
    assert kinds[-2:] == ["setting.proposed", "setting.confirmed"]


def test_only_compliance_and_admin(ground: Groundwork, pair: tuple[Actor, Actor]) -> None:
    cfo = signed_in(ground, "Cfo", "cfo")
    change = propose_setting(ground, pair[0], "mode", "auto")
    for attempt in (lambda: propose_setting(ground, cfo, "mode", "auto"), lambda: confirm_setting(ground, cfo, change)):
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.code == "not_permitted"


def test_what_was_proposed_over_another_value_is_stale(ground: Groundwork, pair: tuple[Actor, Actor]) -> None:
    ana, ben = pair
    change = propose_setting(ground, ana, "mode", "auto")
    with unit_of_work(ground.engine) as session:
        tenancy.put(session, "acme", "mode", "observe", "machine", ground.clock())
    with pytest.raises(Problem) as refused:
        confirm_setting(ground, ben, change)
    assert refused.value.code == "conflict"
    assert _read(ground).mode("x") == "observe"


def test_a_later_proposal_supersedes_and_one_can_be_withdrawn(ground: Groundwork, pair: tuple[Actor, Actor]) -> None:
    ana, ben = pair
    first, second = propose_setting(ground, ana, "mode", "auto"), propose_setting(ground, ben, "mode", "observe")
    for change, code in ((first, "already_decided"),):
        with pytest.raises(Problem) as refused:
            confirm_setting(ground, ben, change)
        assert refused.value.code == code
    withdraw_setting(ground, ben, second)
    with pytest.raises(Problem):
        confirm_setting(ground, ana, second)
    assert _read(ground).mode("x") == "propose"


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("mode", "turbo", "/value"),
        ("mood", "auto", "/name"),
        ("trust/x", {}, "/name"),
        ("thresholds/write_off", LOOSE, "/name"),
        ("thresholds", {"auto_below": 50, "two_from": 40, "deny_from": 90}, "/value"),
        ("thresholds", LOOSE | {"auto_below": "90"}, "/value/auto_below"),
        ("trust", {"mail": "gospel"}, "/value/mail"),
        ("window_days", 0, "/value"),
        ("hours", {"zone": "Mars/Olympus"}, "/value"),
    ],
)
def test_bad_values_are_named(
    ground: Groundwork, pair: tuple[Actor, Actor], name: str, value: object, pointer: str
) -> None:
    with pytest.raises(Problem) as refused:
        propose_setting(ground, pair[0], name, value)
    assert refused.value.errors[0].pointer == pointer


def test_unit_and_tool_meet_at_the_stricter(ground: Groundwork) -> None:
    now = ground.clock()
    with unit_of_work(ground.engine) as session:
        tenancy.put(session, "acme", "thresholds/unit/north", LOOSE, "machine", now)
        strict = {"auto_below": 5, "two_from": 96, "deny_from": 97}
        tenancy.put(session, "acme", "thresholds/tool/write_off", strict, "machine", now)
    expected = Thresholds(auto_below=5, two_from=95, deny_from=97)
    assert _read(ground).thresholds("north", "write_off") == expected


def test_a_stored_value_that_is_unusable_decides_nothing(ground: Groundwork) -> None:
    with unit_of_work(ground.engine) as session:
        session.add(Setting(tenant="acme", name="mode", value="turbo", set_by="x", set_at=ground.clock()))
    with pytest.raises(tenancy.SettingInvalid):
        _read(ground)

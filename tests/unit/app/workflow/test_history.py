"""History: what is the same thing done twice, and what has been moved, asked for and taken back, by tenant and time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete

from app.store.engine import unit_of_work
from app.store.models import Execution, Proposal, Reservation, Review
from app.workflow.history import _SAME, created, created_keys, duplicates, moved, reversals, target_of
from tests.engines import create_tables, shared_engine
from tools.actions import (
    ACTIONS,
    Action,
    AssignPerson,
    CancelRecord,
    ChangeBudget,
    CreateChangeOrder,
    CreateTask,
    HoldInvoice,
    NotifyChannel,
    SendCustomerMessage,
    ShiftMilestone,
    WriteOff,
)
from tools.registry import TOOLS
from tools.supports import Prose

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
BOOK = AssignPerson(
    project_id="prj-1", person_id="per-1", role="Engineer", start_on=date(2026, 4, 1), end_on=date(2026, 5, 1),
    percent=50,
)  # fmt: skip
MAIL = SendCustomerMessage(customer_id="cus-1", recipient="a@b.example", subject="Hello", body="First")


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = shared_engine(database_url)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    with unit_of_work(engine) as opened:
        yield opened


def alike(session: Session, ident: str, since: datetime) -> int:
    """How many duplicates the proposal has; of what nobody proposed there are none."""
    found = duplicates(session, "acme", ["write_off:none", "write_off:same"], since, but=ident)
    assert found.pop("write_off:none") == 0
    return found.pop("write_off:same")


def proposal(ident: str, **more: Any) -> Proposal:
    values: dict[str, Any] = {
        "id": ident, "tenant": "acme", "case_id": "cas_1", "case_generation": 1, "ordinal": 0, "tool": "write_off",
        "target": "write_off:same", "status": "decided", "args_digest": "d", "content_payload": "p", "created_at": NOW,
    }  # fmt: skip
    return Proposal(**(values | more))


def execution(of: str, **more: Any) -> Execution:
    values: dict[str, Any] = {
        "id": f"exe_{of}", "tenant": "acme", "case_id": "cas_1", "proposal_id": of, "tool": "write_off",
        "connector": "sandbox", "key": f"cs_{of}", "args_digest": "d", "status": "succeeded", "due_at": NOW,
        "created_at": NOW,
    }  # fmt: skip
    return Execution(**(values | more))


def review(of: str, **more: Any) -> Review:
    values: dict[str, Any] = {
        "id": f"rev_{of}", "tenant": "acme", "case_id": "cas_1", "proposal_id": of, "decision_id": "d", "priority": 0,
        "tool": "write_off", "status": "pending", "args_digest": "d", "risk_score": 1, "asked_at": NOW, "due_at": NOW,
        "expires_at": NOW, "created_at": NOW,
    }  # fmt: skip
    return Review(**(values | more))


# -- targets


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BOOK, BOOK.model_copy(update={"percent": 80, "role": "Tester"})),
        (MAIL, MAIL.model_copy(update={"body": "Second"})),
        (HoldInvoice(invoice_id="inv-1", reason="a"), HoldInvoice(invoice_id="inv-1", reason="b")),
        (
            WriteOff(invoice_id="inv-1", amount_minor=5, currency="EUR", reason="a"),
            WriteOff(invoice_id="inv-1", amount_minor=7, currency="EUR", reason="b"),
        ),
        (
            CreateTask(title="Call", assignee_id="per-1", due_on=date(2026, 4, 1), about="prj-1"),
            CreateTask(title="Call", assignee_id="per-2", due_on=date(2026, 4, 2), about="prj-1"),
        ),
        (
            ShiftMilestone(milestone_id="mil-1", due_on=date(2026, 4, 1), reason="a"),
            ShiftMilestone(milestone_id="mil-1", due_on=date(2026, 4, 1), reason="b"),
        ),
    ],
    ids=lambda action: action.tool,
)
def test_these_would_do_the_same_thing_twice(one: Action, other: Action) -> None:
    assert target_of(one) == target_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BOOK, BOOK.model_copy(update={"person_id": "per-2"})),
        (MAIL, MAIL.model_copy(update={"recipient": "b@b.example"})),
        (MAIL, MAIL.model_copy(update={"subject": "Again"})),
        (NotifyChannel(channel="ops", text="a"), NotifyChannel(channel="ops", text="b")),
        (
            ChangeBudget(project_id="prj-1", budget_minor=5, currency="EUR", reason="a"),
            ChangeBudget(project_id="prj-1", budget_minor=6, currency="EUR", reason="a"),
        ),
        (
            CreateChangeOrder(project_id="prj-1", title="More", minutes=1, amount_minor=5, currency="EUR"),
            CreateChangeOrder(project_id="prj-2", title="More", minutes=1, amount_minor=5, currency="EUR"),
        ),
        (CancelRecord(kind="task", ids=["tsk-1"]), CancelRecord(kind="project", ids=["tsk-1"])),
    ],
    ids=lambda action: action.tool,
)
def test_these_do_two_things(one: Action, other: Action) -> None:
    assert target_of(one) != target_of(other)


@given(recipient=st.emails(), subject=st.text(st.characters(categories=["L"]), min_size=12, max_size=60))
def test_a_target_tells_nothing_of_the_person_in_it(recipient: str, subject: str) -> None:
    mail = MAIL.model_copy(update={"recipient": recipient, "subject": subject})
    target = target_of(mail)
    assert target.startswith("send_customer_message:sha256:")
    assert recipient not in target
    assert subject not in target
    assert len(target) < 120


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_every_tool_has_something_that_makes_its_actions_the_same(tool: str) -> None:
    """Without any, two actions of the tool would always be duplicates of each other."""
    supports = TOOLS[tool].supports
    names = set(_SAME.get(tool, ())) or {name for name, by in supports.items() if by != (Prose(),)}
    assert names
    assert names <= ACTIONS[tool].model_fields.keys() - {"reason", "body", "description"}


# -- duplicates


def test_one_that_waits_for_people_or_took_effect_is_a_possible_duplicate(session: Session) -> None:
    session.add_all([proposal("prp_1"), proposal("prp_2"), review("prp_1"), execution("prp_2")])
    count = alike(session, "prp_3", NOW - YEAR)
    assert count == 2
    assert alike(session, "prp_1", NOW - YEAR) == 1  # not of itself


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([proposal("prp_1", tenant="other"), execution("prp_1")], id="of another tenant"),
        pytest.param([proposal("prp_1", target="write_off:else"), execution("prp_1")], id="of another target"),
        pytest.param([proposal("prp_1", created_at=NOW - YEAR), execution("prp_1")], id="long ago"),
        pytest.param([proposal("prp_1")], id="neither asked nor done"),
        pytest.param([proposal("prp_1"), execution("prp_1", status="failed")], id="failed"),
        pytest.param([proposal("prp_1"), execution("prp_1", status="void")], id="void"),
        pytest.param([proposal("prp_1"), execution("prp_1", status="undone")], id="undone"),
        pytest.param([proposal("prp_1"), review("prp_1", status="expired")], id="expired"),
        pytest.param([proposal("prp_1", status="rejected"), execution("prp_1")], id="rejected"),
    ],
)
def test_these_are_no_duplicates(session: Session, rows: list[Any]) -> None:
    # The rows are parameters, so that each run stores copies of its own.
    session.add_all([type(row)(**row.model_dump()) for row in rows])
    assert alike(session, "prp_3", NOW - timedelta(days=30)) == 0


# -- money


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["acme", "other"]), st.sampled_from(["contract/1", "contract/2", "tool/x"]),
            st.integers(0, 10**12), st.integers(0, 20),
        ),
        max_size=8,
    ),
    but=st.integers(0, 8),
)  # fmt: skip
def test_money_is_summed_by_scope_tenant_and_window(
    engine: sa.Engine, rows: list[tuple[str, str, int, int]], but: int
) -> None:
    with unit_of_work(engine) as session:
        session.exec(delete(Reservation))
        for number, (tenant, scope, amount, days) in enumerate(rows):
            at = NOW - timedelta(days=days)
            session.add(
                Reservation(execution_id=f"exe_{number}", scope=scope, tenant=tenant, amount_minor=amount, at=at)
            )
        found = moved(session, "acme", {"contract/1", "tool/x"}, NOW - timedelta(days=10), but=f"exe_{but}")
    assert found == {
        wanted: sum(
            amount for number, (tenant, scope, amount, days) in enumerate(rows)
            if tenant == "acme" and scope == wanted and days <= 10 and number != but
        )
        for wanted in ("contract/1", "tool/x")
    }  # fmt: skip


def test_reversals_are_counted_over_a_year_by_tool_and_tenant(session: Session) -> None:
    session.add_all([
        execution("prp_1"), execution("prp_2", status="undone"), execution("prp_3", status="undone"),
        execution("prp_4", status="failed"), execution("prp_5", status="waiting"),
        execution("prp_6", status="undone", tool="hold_invoice"), execution("prp_7", status="undone", tenant="other"),
        execution("prp_8", status="undone", created_at=NOW - timedelta(days=366)),
    ])  # fmt: skip
    found = reversals(session, "acme", ["write_off", "create_task"], NOW)
    assert found == {"write_off": (3, 2), "create_task": (0, 0)}


# -- what was created


def test_what_a_case_created_is_told_by_the_results(session: Session) -> None:
    session.add_all([
        execution("prp_1", result={"project_id": "prj-9", "amount_minor": 5}),
        execution("prp_2", result={"task_ids": ["tsk-1", "tsk-2"]}),
        execution("prp_3", result={"task_id": "tsk-3"}, status="undone"),
        execution("prp_4", result={"task_id": "tsk-4"}, case_id="cas_2"),
    ])  # fmt: skip
    keys = created(session, "acme", "cas_1")
    assert sorted(created_keys(keys, MAIL)) == [
        "project/prj-9",
        "task/tsk-1",
        "task/tsk-2",
    ]
    cancel = CancelRecord(kind="task", ids=["tsk-2", "tsk-4", "prj-9"])
    assert created_keys(keys, cancel) == ["task/tsk-2"]

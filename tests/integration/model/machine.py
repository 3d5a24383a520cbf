"""Machine: a service of two firms, what comes in and what people say, and what must hold after each step."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.errors import Problem
from app.rulesets import SHIPPED, Rulesets
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Execution, ManualTask, Review, SettingChange, Tenant, TriageRun, Verdict
from app.workflow import batch, by_hand, corrections, ingest, review, undo
from tests.integration.invariants import barred, check, check_rows
from tests.integration.model.book import AFTER, Book
from tests.integration.model.standing import Standing, needed
from tests.integration.workflow.scenes import CUSTOMER, INVOICE, MISSING, contacts, letter, task, write_off
from tests.integration.world import PEOPLE, TENANTS, Template, World
from tools.actions import Action, AssignPerson

MANUAL = "send_customer_message"
"""What no connector of acme can do: a person does it."""
WHO = st.sampled_from(sorted(PEOPLE))
APPROVERS = st.sampled_from(["rhea", "lena", "lars", "ruth", "finn", "fiona", "fred", "hal", "cora"])
WHICH = st.integers(0, 40)
TENANT = st.sampled_from(("acme", "acme", "acme", "borealis"))
PLANS = st.sampled_from(["task", "other task", "small", "part", "large", "letter", "two tasks", "assign"])
LEAVE = {"leave_id": "lea-01", "person_id": "per-11", "start_on": "2026-03-09", "end_on": "2026-03-13"}
BOOKED = AssignPerson.model_validate(
    {
        "project_id": "prj-01", "person_id": "per-10", "role": "Engineer", "start_on": "2026-03-09",
        "end_on": "2026-03-13", "percent": 50,
    }
)  # fmt: skip
"""A booking of ruth's own person."""
RENEWS = frozenset({"policy_changed", "stale_facts"})
"""Refusals after which the review asks anew; every other leaves everything as it was."""


@dataclass
class Count:
    """What was tried over all examples, and how much of it was refused or begun."""

    examples: int = 0
    steps: int = 0
    refused: int = 0
    claims: int = 0

    def line(self, backend: str) -> str:
        return f"{backend} | {self.examples} | {self.steps} | {self.refused} | {self.claims}"


class Supervision(RuleBasedStateMachine):
    """`last` is who last had a hand in something."""

    template: ClassVar[Template]
    count: ClassVar[Count]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.rules_folder = self.folder / "rules"
        shutil.copytree(SHIPPED, self.rules_folder)
        self.world = World.open(self.template, self.folder / "home", rulesets=Rulesets(self.rules_folder))
        self.ctx, self.book, self.standing = self.world.ctx, Book(), Standing(self.world)
        self.sent: list[tuple[dict[str, Any], str, str]] = []
        self.last = "lena"
        self.told: list[int] = []
        self.count.examples += 1

    def teardown(self) -> None:
        try:
            check(self.world)
            self.count.claims += self.standing.claims
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        """What no connector of acme can do people do by hand; and a few things wait, so that every step meets some."""
        with unit_of_work(self.ctx.engine) as session:
            row = session.get_one(Tenant, "acme")
            row.connectors = {name: value for name, value in row.connectors.items() if name != MANUAL}
            session.add(row)
        for kind, plan in (("request", "task"), ("invoice", "part"), ("request", "letter")):
            self.event(kind, plan, "acme")

    # -- what must hold after each step

    @invariant()
    def holds(self) -> None:
        self.count.steps += 1
        told = [len(self.world.entries(tenant)) for tenant in TENANTS]
        if told == self.told:
            return  # whatever happens is in the log; what is not is found at the end
        self.told = told
        nobody = self.nobody()
        check_rows(self.world, nobody)
        self.standing.look(nobody)
        self.book.look(self.world)
        self.book.limits(self.world, {self.world.actor("fiona").principal_id: 300_000})

    def nobody(self) -> dict[str, set[str]]:
        """Execution → whose yes to it counts for nothing."""
        return barred(self.world, self.book.named)

    def tried(self, act: Callable[[], Any], *, renews: frozenset[str] = frozenset()) -> Any:
        """What it answered; where it was refused, nothing but the refusal is stored."""
        before = self.state()
        try:
            return act()
        except Problem as problem:
            code = problem.code
        self.count.refused += 1
        if code not in renews:
            assert self.state() == before, f"{code} left something behind"
        return None

    def state(self) -> Any:
        """Every row that says what is to happen, as it stands."""
        models: list[Any] = [Case, TriageRun, Review, Verdict, Execution, ManualTask, SettingChange]
        with read_only(self.ctx.engine) as session:
            run = session.connection().execute
            return {model.__name__: sorted(map(repr, run(sa.select(*model.__table__.columns)))) for model in models}

    def pick(self, model: Any, which: int, **where: Any) -> Any:
        found = sorted(self.world.rows(model, **where), key=lambda row: row.id)
        return found[which % len(found)] if found else None

    def plan(self, name: str) -> list[Action]:
        recipient = contacts(self.world)[0].email
        plans: dict[str, list[Action]] = {
            "task": [task()], "other task": [task("Look elsewhere")], "small": [write_off(20_000)],
            "part": [write_off()], "large": [write_off(1_200_000)], "letter": [letter(str(recipient), CUSTOMER)],
            "two tasks": [task("One"), task("Two")], "assign": [BOOKED],
        }  # fmt: skip
        return plans[name]

    # -- what comes in

    @rule(kind=st.sampled_from(["invoice", "request", "timesheet", "leave"]), plan=PLANS, tenant=TENANT)
    def event(self, kind: str, plan: str, tenant: str) -> None:
        name, data = {
            "invoice": ("erp.invoice.drafted", {"invoice_id": INVOICE}),
            "request": ("psa.change_request.submitted", {"project_id": "prj-01", "text": "please"}),
            "leave": ("hr.leave.approved", LEAVE),
            "timesheet": ("psa.timesheet.missing", dict(MISSING)),
        }[kind]  # fmt: skip
        event = self.world.event(name, data)
        self.world.agents.says(*self.plan(plan))
        self.sent.append((event, tenant, self.world.deliver(event, tenant=tenant).accepted[0].case_id))
        self.world.run()

    @rule(which=WHICH)
    def the_same_event_again(self, which: int) -> None:
        if not self.sent:
            return
        event, tenant, case_id = self.sent[which % len(self.sent)]
        before = self.state()
        (taken,) = self.world.deliver(event, tenant=tenant).accepted
        assert taken.duplicate
        assert taken.case_id == case_id
        assert self.state() == before, "a duplicate changed something"

    @rule(who=WHO, plan=PLANS, named=st.one_of(st.none(), APPROVERS))
    def request(self, who: str, plan: str, named: str | None) -> None:
        body = {"kind": "billing_question", "text": "please see to it", "project": "prj-01"}
        if named:
            body["requested_by"] = f"{named}@acme.example"
        self.world.agents.says(*self.plan(plan))
        actor, self.last = self.world.actor(who), named or who
        case_id = self.tried(lambda: ingest.request_triage(self.ctx, actor, body))
        if case_id and named:
            self.book.named[case_id] = {self.world.actor(named).principal_id}
        self.world.run()

    # -- what people say

    @rule(who=APPROVERS, which=WHICH, verdict=st.sampled_from(["approve", "approve", "approve", "reject", "respond",
          "withdraw"]), tenant=TENANT, stale=st.sampled_from([False, False, False, True]))  # fmt: skip
    def verdict(self, who: str, which: int, verdict: str, tenant: str, stale: bool) -> None:  # noqa: FBT001
        about = self.pick(Review, which, status="pending") if which % 4 else self.pick(Review, which)
        if about is None:
            return
        body = {"verdict": verdict, "args_digest": "sha256:0" if stale else about.args_digest, "comment": "so"}
        self.give(self.world.actor(who, tenant), about, body, verdict)

    def give(self, actor: Any, about: Review, body: Any, verdict: str) -> None:
        taken: list[bool] = []
        asked_at = self.world.clock()

        def act() -> None:
            review.give_verdict(self.ctx, actor, about.id, body)
            taken.append(True)

        self.tried(act, renews=RENEWS)
        if taken:
            now, held = self.world.review(about.id), self.world.actor(actor.name, actor.tenant).roles(about.unit)
            if verdict in ("approve", "edit", "reject"):
                assert held & needed(about), f"{verdict} was taken of somebody without a role"
                assert asked_at < about.expires_at, f"{verdict} was taken after the time"
            if verdict == "approve":
                self.standing.approved(now)
            assert about.tenant == actor.tenant, "somebody spoke of another firm's review"
            assert about.status == "pending", f"{verdict} was taken of what was {about.status}"
            assert now.status in AFTER[verdict], f"{verdict} made it {now.status}"
            if verdict in ("approve", "edit", "reject"):
                assert body["args_digest"] == about.args_digest, "another digest than the one shown was taken"
            assert (now.args_digest != about.args_digest) == (verdict == "edit")

    @rule(who=APPROVERS, which=WHICH, amount=st.sampled_from([10_000, 250_000, 1_100_000]))
    def edit(self, who: str, which: int, amount: int) -> None:
        about = self.pick(Review, which, status="pending", tenant="acme")
        if about is None:
            return
        changes: dict[str, dict[str, Any]] = {
            "write_off": {"amount_minor": amount},
            "create_task": {"title": f"About {amount}"},
        }
        args = self.world.args(about.proposal_id) | changes.get(about.tool, {"body": f"We are at it, {amount}."})
        body = {"verdict": "edit", "args_digest": about.args_digest, "args": args}
        self.last = who
        self.give(self.world.actor(who), about, body, "edit")

    @rule(who=APPROVERS, several=st.lists(WHICH, min_size=1, max_size=3))
    def approve_several(self, who: str, several: list[int]) -> None:
        found = [self.pick(Review, which, status="pending", tenant="acme") for which in several]
        items = [{"review_id": each.id, "args_digest": each.args_digest} for each in found if each]
        actor = self.world.actor(who)
        self.tried(lambda: batch.give_batch(self.ctx, actor, {"items": items, "verdict": "approve"}))

    @rule(who=WHO, which=WHICH, body=st.sampled_from([None, {}, {"verdict": "approve"}, {"verdict": "edit"}, "x",
          {"verdict": "edit", "args": {"title": 1}, "args_digest": "d"}]))  # fmt: skip
    def nonsense(self, who: str, which: int, body: Any) -> None:
        about = self.pick(Review, which)
        if about is not None:
            actor = self.world.actor(who)
            self.tried(lambda: review.give_verdict(self.ctx, actor, about.id, body))

    @rule(who=WHO, which=WHICH, kind=st.sampled_from(["relink", "reclassify", "dismiss", "merge", "nonsense"]),
          plan=PLANS, into=WHICH)  # fmt: skip
    def correct(self, who: str, which: int, kind: str, plan: str, into: int) -> None:
        case, other = self.pick(Case, which, tenant="acme"), self.pick(Case, into)
        if case is None or other is None:
            return
        more: dict[str, dict[str, str]] = {
            "relink": {"project": "prj-02"},
            "reclassify": {"to": "ticket"},
            "merge": {"into": other.id},
        }
        self.correct_case(who, case, {"kind": kind} | more.get(kind, {}), plan)
        if kind == "merge" and self.world.case(case.id).merged_into == other.id:
            self.book.named.setdefault(other.id, set()).update(self.book.named.get(case.id, ()))

    def correct_case(self, who: str, case: Case, body: dict[str, str], plan: str) -> None:
        self.world.agents.says(*self.plan(plan))
        actor, self.last = self.world.actor(who), who
        self.tried(lambda: corrections.correct(self.ctx, actor, case.id, body))
        self.world.run()

    @rule(who=WHO, which=WHICH)
    def take_back(self, who: str, which: int) -> None:
        execution = self.pick(Execution, which, status="succeeded")
        if execution is not None:
            actor, self.last = self.world.actor(who), who
            answer = self.tried(lambda: undo.undo(self.ctx, actor, execution.id))
            assert answer is None or execution.tenant == "acme", "somebody took back another firm's effect"

    @rule(who=APPROVERS, which=WHICH, done=st.booleans())
    def close(self, who: str, which: int, done: bool) -> None:  # noqa: FBT001
        found = self.pick(ManualTask, which)
        if found is not None:
            actor = self.world.actor(who)
            self.tried(lambda: by_hand.close(self.ctx, actor, found.id, {"done": done, "evidence": "sent it"}))

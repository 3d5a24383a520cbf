"""Circumstances: who may do what, what is set, switched and ruled, how time passes, and what others do outside."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from app.actor import Grant
from app.durable.port import TryLater
from app.identity.delegations import delegate
from app.identity.principals import grant_role, machine_actor, revoke_role
from app.identity.setting_changes import confirm_setting, propose_setting
from app.store.models import Execution, SettingChange, TriageRun
from app.workflow import control, sweep
from app.workflow.route import EXECUTE_WORK
from tests.integration.model.machine import APPROVERS, WHICH, WHO, Supervision
from tests.integration.workflow.scenes import write_off
from tests.integration.workflow.test_execute_again import STRICTER
from tests.integration.world import TENANTS
from tools.write_port import Refused

SETTERS = st.sampled_from(["ada", "alan", "carl", "cora"])
TWO, ONE = ({"auto_below": 0, "two_from": bound, "deny_from": 101} for bound in (0, 101))
SETTINGS = st.sampled_from(
    [
        ("thresholds", TWO), ("thresholds", ONE), ("thresholds", {"auto_below": 60, "two_from": 80, "deny_from": 101}),
        ("mode", "auto"), ("mode", "propose"), ("mode", "observe"),
        ("trust", {"system": "system", "customer": "customer"}), ("trust", {"customer": "system"}),
    ]
)  # fmt: skip


class Circumstances(Supervision):
    # -- who may do what

    @rule(lender=APPROVERS, to=APPROVERS, role=st.sampled_from(["delivery_lead", "finance", "cfo", "reviewer"]))
    def lend(self, lender: str, to: str, role: str) -> None:
        actor, other, now = self.world.actor(lender), self.world.actor(to).principal_id, self.world.clock()
        self.tried(lambda: delegate(self.ctx, actor, other, role, now, now + timedelta(days=2)))

    @rule(who=st.sampled_from(["lena", "finn", "fred"]), back=st.booleans())
    def move_role(self, who: str, back: bool) -> None:  # noqa: FBT001
        role = Grant({"lena": "delivery_lead"}.get(who, "finance"))
        act = grant_role if back else revoke_role
        self.tried(lambda: act(self.ctx, machine_actor("acme"), self.world.actor(who).principal_id, role))

    @rule(who=SETTERS, setting=SETTINGS)
    def propose(self, who: str, setting: tuple[str, Any]) -> None:
        actor = self.world.actor(who)
        self.tried(lambda: propose_setting(self.ctx, actor, *setting))

    @rule(who=SETTERS, which=WHICH)
    def confirm(self, who: str, which: int) -> None:
        change = self.pick(SettingChange, which, status="pending")
        if change is not None:
            actor = self.world.actor(who)
            self.tried(lambda: confirm_setting(self.ctx, actor, change.id))

    @rule()
    def swap_rules(self) -> None:
        self.standing.strict = not self.standing.strict
        (self.rules_folder / "later.yaml").write_text(STRICTER if self.standing.strict else "[]")
        assert self.ctx.rulesets.refresh() == ()

    @rule(who=WHO, on=st.booleans())
    def switch(self, who: str, on: bool) -> None:  # noqa: FBT001
        actor, act = self.world.actor(who), control.resume if on else control.pause
        self.tried(lambda: act(self.ctx, actor, "tool", "write_off"))

    # -- time, work, and what happens outside

    @rule()
    def work(self) -> None:
        self.world.run(timedelta(minutes=1))

    @rule(which=WHICH, model=st.sampled_from([Execution, TriageRun]))
    def a_handler_is_called_again(self, which: int, model: Any) -> None:
        row = self.pick(model, which)
        if row is not None:
            kind = EXECUTE_WORK if model is Execution else "triage"
            with suppress(TryLater):  # paused: the queue would try it again
                self.world.handle(kind, row.id)

    @rule(hours=st.sampled_from([1, 5, 25, 49]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.move(hours=hours)
        sweep.reviews(self.ctx)
        sweep.lost_work(self.ctx)

    @rule(tenant=st.sampled_from(TENANTS))
    def somebody_acts_outside(self, tenant: str) -> None:
        with suppress(Refused):  # nothing is left of it
            self.world.elsewhere(write_off(1_000), tenant)
            self.standing.touched[tenant] = self.world.clock()

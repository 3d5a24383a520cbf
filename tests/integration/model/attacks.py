"""Attacks: what somebody would try on purpose, each in one step, so that chance finds every guard that is missing."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from app.actor import Actor
from app.identity.delegations import delegate
from app.identity.principals import grant_role, machine_actor, revoke_role
from app.identity.setting_changes import confirm_setting, propose_setting
from app.store.models import Case, Execution, ManualTask, Review
from app.workflow import by_hand, control, corrections, ingest, undo
from tests.integration.model.circumstances import SETTINGS, TWO, Circumstances
from tests.integration.model.machine import APPROVERS, MANUAL, PLANS, WHICH
from tests.integration.workflow.scenes import MISSING, task

TASKS = st.sampled_from(["task", "two tasks"])
TIGHTER = st.sampled_from(["two people", "observe", "stricter rules", "pause", "outside"])


class Attacks(Circumstances):
    # -- nobody alone

    @rule(to=st.one_of(st.none(), APPROVERS))
    def whoever_had_a_hand_in_it_approves_the_newest(self, to: str | None) -> None:
        """Alone, or in the name of another to whom they lent all that they hold."""
        self.approve_newest(self.last, to)

    @rule(who=APPROVERS, which=WHICH, to=st.one_of(st.none(), APPROVERS))
    def edit_and_approve(self, who: str, which: int, to: str | None) -> None:
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is not None:
            self.edit(who, which, 10_000)
            self.approve_alone(who, to, pending)
            self.world.run()

    @rule(who=APPROVERS, which=WHICH, plan=TASKS, to=st.one_of(st.none(), APPROVERS))
    def correct_and_approve(self, who: str, which: int, plan: str, to: str | None) -> None:
        case = self.pick(Case, which, tenant="acme", workflow="psa.change_request.submitted", merged_into=None)
        if case is not None:
            self.correct_case(who, case, {"kind": "relink", "project": f"prj-0{1 + which % 3}"}, plan)
            self.approve_newest(who, to)

    @rule(who=APPROVERS, plan=PLANS, named=st.booleans(), to=st.one_of(st.none(), APPROVERS))
    def ask_and_approve(self, who: str, plan: str, named: bool, to: str | None) -> None:  # noqa: FBT001
        self.request("vera" if named else who, plan, who if named else None)
        self.approve_newest(who, to)

    @rule(who=APPROVERS, other=APPROVERS, plan=TASKS)
    def ask_have_it_merged_and_approve(self, who: str, other: str, plan: str) -> None:
        """Somebody else merges it into a case of theirs, which hides who asked."""
        cases = []
        for asker in (other, who):
            actor = self.world.actor(asker)
            body = {"kind": "billing_question", "text": "please see to it", "project": "prj-01"}
            cases.append(self.tried(partial(ingest.request_triage, self.ctx, actor, body)))
            self.world.run()
        if None in cases:
            return
        into, case = cases
        self.world.agents.says(*self.plan(plan))
        self.tried(
            partial(corrections.correct, self.ctx, self.world.actor("hal"), case, {"kind": "merge", "into": into})
        )
        self.world.run()
        self.approve_newest(who, None)

    @rule(who=APPROVERS, which=WHICH)
    def take_back_and_approve(self, who: str, which: int) -> None:
        if not self.world.rows(Execution, status="succeeded", tenant="acme"):
            self.event("timesheet", "task", "acme")
        self.take_back(who, which)
        self.approve_newest(who, None)

    @rule(kind=st.just("leave"))
    def whom_it_concerns_approves(self, kind: str) -> None:
        self.event(kind, "assign", "acme")
        self.approve_newest("ruth", None)

    @rule(who=st.sampled_from(["ada", "carl"]), setting=SETTINGS)
    def propose_and_confirm(self, who: str, setting: tuple[str, Any]) -> None:
        actor = self.world.actor(who)
        change = self.tried(partial(propose_setting, self.ctx, actor, *setting))
        if change is not None:
            self.tried(partial(confirm_setting, self.ctx, actor, change))

    @rule(plan=st.sampled_from(["part", "small"]))
    def one_with_a_limit_approves_again_and_again(self, plan: str) -> None:
        for _ in range(3):
            self.event("invoice", plan, "acme")
            self.approve_newest("fiona", None)

    # -- what was approved is what runs

    @rule(who=APPROVERS, which=WHICH, tighter=TIGHTER)
    def approved_before_it_gets_tighter(self, who: str, which: int, tighter: str) -> None:
        """Between the last approval and the moment it would begin; or just before that approval."""
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is None:
            return
        late = which % 2
        if not late:
            self.everybody_approves(pending)
        self.tighten(tighter)
        if late:
            self.everybody_approves(pending)
        self.world.run()
        self.loosen(tighter)

    @rule(tighter=TIGHTER)
    def decided_before_it_gets_tighter(self, tighter: str) -> None:
        """What may run by itself, between the decision and the moment it would begin."""
        self.world.agents.says(task())
        self.world.deliver(self.world.event("psa.timesheet.missing", dict(MISSING)))
        for item in self.world.queue.waiting("triage"):
            self.world.handle("triage", item.row)
        self.tighten(tighter)
        self.world.run()
        self.loosen(tighter)

    @rule(who=APPROVERS, other=APPROVERS, which=WHICH)
    def approve_what_was_shown_before_an_edit(self, who: str, other: str, which: int) -> None:
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is None:
            return
        shown = {"verdict": "approve", "args_digest": pending.args_digest}
        self.give(self.world.actor(other), pending, shown, "approve")
        self.edit(who, which, 20_000)
        for name in (other, who, "lars", "fred"):
            now = self.world.review(pending.id)
            self.give(self.world.actor(name), now, shown, "approve")
        self.world.run()

    # -- who may not speak at all

    @rule(who=APPROVERS, which=WHICH)
    def somebody_of_the_other_firm_tries(self, who: str, which: int) -> None:
        stranger = self.world.actor(who, "borealis")
        if not self.world.rows(ManualTask):
            for letter in self.world.rows(Review, status="pending", tool=MANUAL):
                self.everybody_approves(letter)
            self.world.run()
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is not None:
            body = {"verdict": "approve", "args_digest": pending.args_digest}
            self.give(stranger, pending, body, "approve")
        for model, act in (
            (ManualTask, lambda ident: by_hand.close(self.ctx, stranger, ident, {"done": True, "evidence": "sent"})),
            (Execution, lambda ident: undo.undo(self.ctx, stranger, ident)),
            (Case, lambda ident: corrections.correct(self.ctx, stranger, ident, {"kind": "dismiss"})),
        ):
            found = self.pick(model, which, tenant="acme")
            before = self.state()
            if found is not None:
                self.tried(partial(act, found.id))
                assert self.state() == before, f"somebody of another firm changed a {model.__name__}"

    @rule(which=WHICH, who=st.sampled_from(["lena", "finn", "fred"]))
    def somebody_whose_role_was_taken_away_meanwhile(self, which: int, who: str) -> None:
        pending, before = self.pick(Review, which, status="pending", tenant="acme"), self.world.actor(who)
        own = [grant for grant in before.grants if grant.from_id is None]
        if pending is None or not own:
            return
        machine, ident = machine_actor("acme"), before.principal_id
        for grant in own:
            self.tried(partial(revoke_role, self.ctx, machine, ident, replace(grant, limit_minor=None)))
        self.speak(before, pending, "reject" if which % 3 == 0 else "approve")
        for grant in own:
            self.tried(partial(grant_role, self.ctx, machine, ident, replace(grant, limit_minor=None)))

    @rule(who=st.sampled_from(["vera", "abel", "carl", "ada", "mona", "ruth", "finn"]), which=WHICH,
          verdict=st.sampled_from(["approve", "reject", "edit"]))  # fmt: skip
    def somebody_without_the_role(self, who: str, which: int, verdict: str) -> None:
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is not None:
            self.speak(self.world.actor(who), pending, verdict)

    @rule(who=APPROVERS, which=WHICH)
    def too_late(self, who: str, which: int) -> None:
        """After its time, and before anything has looked at the clock."""
        pending = self.pick(Review, which, status="pending", tenant="acme")
        if pending is not None:
            self.world.clock.move_to(pending.expires_at)
            self.speak(self.world.actor(who), pending, "approve")

    # -- in parts

    def approve_newest(self, who: str, to: str | None) -> None:
        pending = self.world.rows(Review, status="pending", tenant="acme")
        if pending:
            self.approve_alone(who, to, max(pending, key=lambda row: row.asked_at))
            self.world.run()

    def approve_alone(self, who: str, to: str | None, about: Review) -> None:
        actor, now = self.world.actor(who), self.world.clock()
        for role in sorted(actor.roles(None)) if to else ():
            other = self.world.actor(to or "").principal_id
            self.tried(partial(delegate, self.ctx, actor, other, role, now, now + timedelta(days=1)))
        for name in (who, to) if to else (who,):
            self.speak(self.world.actor(name), self.world.review(about.id), "approve")

    def everybody_approves(self, about: Review) -> None:
        for name in ("lars", "fred", "rolf", "hal", "cora", "rhea"):
            self.speak(self.world.actor(name), self.world.review(about.id), "approve")

    def speak(self, actor: Actor, about: Review, verdict: str) -> None:
        body: dict[str, Any] = {"verdict": verdict, "args_digest": about.args_digest}
        if verdict == "edit":
            args = self.world.args(about.proposal_id)
            body["args"] = args | {"title": "Another"} if about.tool == "create_task" else args | {"reason": "another"}
        self.give(actor, about, body, verdict)

    def tighten(self, how: str) -> None:
        """By two people or whoever it takes."""
        match how:
            case "two people":
                self._by_two("thresholds", TWO)
            case "observe":
                self._by_two("mode", "observe")
            case "stricter rules" if not self.standing.strict:
                self.swap_rules()
            case "pause":
                for tool in ("write_off", "create_task"):
                    self.tried(partial(control.pause, self.ctx, self.world.actor("cora"), "tool", tool))
            case "outside":
                self.somebody_acts_outside("acme")

    def loosen(self, how: str) -> None:
        """So that what comes after is not all held up; what stood meanwhile was looked at before."""
        self.standing.look(self.nobody())
        match how:
            case "observe":
                self._by_two("mode", "auto")
            case "pause":
                for tool in ("write_off", "create_task"):
                    self.tried(partial(control.resume, self.ctx, self.world.actor("cora"), "tool", tool))

    def _by_two(self, name: str, value: Any) -> None:
        change = propose_setting(self.ctx, self.world.actor("ada"), name, value)
        confirm_setting(self.ctx, self.world.actor("alan"), change)

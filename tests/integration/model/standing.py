"""Standing: what the settings, switches, rules and records ask for at the moment at which something is taken or begun.

Read from the rows, by other code than the service's: a bystander who knows the firm's rules by heart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.store.models import Decision, Event, Execution, Pause, Review, Setting, TriageRun, Verdict
from tests.integration.voices import counted
from tests.integration.workflow.scenes import INVOICE
from tests.integration.world import World

ALL = ("requester", "beneficiary", "editor")
TWO_PEOPLE: dict[str, Any] = {
    "roles": ["reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo"],
    "approvers": 2, "excluded": ALL, "escalate_to": "head_of_delivery",
}  # fmt: skip
CFO: dict[str, Any] = {"roles": ["cfo"], "approvers": 1, "excluded": ALL, "escalate_to": None}
"""What the stricter rules of the machine ask for on top."""
IN_OWN_WORDS = ("psa.change_request.submitted", "assistant.triage.requested")
"""Types of event that hold somebody's words: what they ask for, people look at."""


def needed(review: Review) -> set[str]:
    """The roles that may decide it now."""
    found = {role for item in review.required for role in item["roles"]}
    return found | ({item["escalate_to"] for item in review.required} if review.escalated_at else set())


@dataclass
class Standing:
    """`strict`: whether the stricter rules are in force. `touched`: when somebody outside last changed the invoice."""

    world: World
    strict: bool = False
    touched: dict[str, datetime] = field(default_factory=dict)
    claims: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def look(self, barred: dict[str, set[str]]) -> None:
        """What was begun since the last look was allowed as things stand. `barred`: execution → whose yes is none.

        To be called after every step of which none both changes what stands and has work done.
        """
        for tenant in ("acme", "borealis"):
            told = self.world.entries(tenant)
            for entry in told[self._seen.get(tenant, 0) :]:
                if entry.kind in ("execution.succeeded", "execution.failed"):
                    self._ended.add(entry.refs["execution"])
                if entry.kind == "execution.claimed":
                    self.claims += 1
                    ident = entry.refs["execution"]
                    assert ident not in self._ended, f"{ident} was begun again after its end"
                    self._begun(self.world.one(Execution, id=ident), barred.get(ident, set()))
            self._seen[tenant] = len(told)

    def _begun(self, execution: Execution, barred: set[str]) -> None:
        tenant = execution.tenant
        mode = self._setting(tenant, "mode")
        assert mode != "observe", "it was begun where everybody only watches"
        paused = {(row.scope, row.name) for row in self.world.rows(Pause, tenant=tenant)}
        assert ("tool", execution.tool) not in paused, f"{execution.tool} was begun while it was paused"
        review = self.world.review(execution.review_id) if execution.review_id else None
        asked = review.asked_at if review else self._decided(execution)
        self._fresh(execution, asked)
        if review is None:
            assert mode == "auto", f"it ran by itself in mode {mode}"
            assert not (self.strict and execution.tool in ("write_off", "create_task")), "it ran without the CFO"
            assert self._thresholds(tenant).get("auto_below") != 0, "it ran by itself below a threshold of none"
            words = self._types(execution) & set(IN_OWN_WORDS)
            assert not words, f"it ran by itself because of somebody's own words: {words}"
            return
        said = self.approvals(review)
        for required, why in self._asked_for(execution.tool, tenant):
            voices = counted(review, required, said, barred)
            assert len(voices) >= required["approvers"], f"{why}: only {voices}"

    def approved(self, review: Review) -> None:
        """An approval was taken just now, and the review is as it is now: it had asked for what stands."""
        roles = [(set(item["roles"]), int(item["approvers"])) for item in review.required]
        if self.strict and review.tool in ("write_off", "create_task"):
            assert ({"cfo"}, 1) in roles, "it was approved without being asked for what the rules say by now"
        if self._thresholds(review.tenant).get("two_from") == 0:
            assert any(many >= 2 for _, many in roles), "it was approved by the thresholds of before"
        touched = self.touched.get(review.tenant)
        if review.tool == "write_off" and touched is not None and self._about(review.proposal_id):
            assert review.asked_at > touched, "it was approved as shown before its records were changed"

    def approvals(self, review: Review) -> list[Verdict]:
        return [
            each for each in self.world.rows(Verdict, review_id=review.id, verdict="approve")
            if each.args_digest == review.args_digest and each.at >= review.asked_at
        ]  # fmt: skip

    def _asked_for(self, tool: str, tenant: str) -> Iterable[tuple[dict[str, Any], str]]:
        if self._thresholds(tenant).get("two_from") == 0:
            yield TWO_PEOPLE, "the threshold asks for two people"
        if self.strict and tool in ("write_off", "create_task"):
            yield CFO, "the rules ask for the CFO"

    def _fresh(self, execution: Execution, asked: datetime) -> None:
        touched = self.touched.get(execution.tenant)
        if execution.tool == "write_off" and touched is not None and self._about(execution.proposal_id):
            assert asked > touched, "it was begun though its records were changed since it was decided"

    def _about(self, proposal_id: str) -> bool:
        return bool(self.world.args(proposal_id).get("invoice_id") == INVOICE)

    def _decided(self, execution: Execution) -> datetime:
        return max(row.at for row in self.world.rows(Decision, proposal_id=execution.proposal_id))

    def _types(self, execution: Execution) -> set[str]:
        runs = {row.event_id for row in self.world.rows(TriageRun, case_id=execution.case_id)}
        return {row.type for row in self.world.rows(Event) if row.id in runs}

    def _thresholds(self, tenant: str) -> dict[str, int]:
        return dict(self._setting(tenant, "thresholds") or {})

    def _setting(self, tenant: str, name: str) -> Any:
        found = self.world.rows(Setting, tenant=tenant, name=name)
        return found[0].value if found else None

"""What must hold after every scenario, read from the rows and the firm's ledger without the code that made them."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from app.audit.vault import PayloadErased
from app.store.models import (
    Case,
    Decision,
    Event,
    Execution,
    ManualTask,
    Principal,
    Proposal,
    Reservation,
    Review,
    SettingChange,
    TriageRun,
    Verdict,
)
from tests.integration.voices import hands, satisfied
from tests.integration.world import TENANTS, World

RAN = ("running", "succeeded", "failed", "unknown", "undone")


def check(world: World) -> None:
    """No effect without a decision, each effect once, the log tells, tenants are apart, reviews belong to somebody."""
    check_rows(world)
    for tenant in TENANTS:
        found = world.verified(tenant)
        assert found.holds, found.reason


def check_rows(world: World, nobody: Mapping[str, set[str]] | None = None) -> None:
    """`check` without the log's proof. `nobody`: what `barred` says, by somebody who knows more than the log."""
    nobody = barred(world) if nobody is None else nobody
    for execution in world.rows(Execution):
        if execution.fence > 0:
            assert _may_run(world, execution, nobody[execution.id]), f"{execution.tool} {execution.id} ran undecided"
    _effects_once(world)
    _tenants_apart(world)
    _one_question_each(world)
    _settings_by_two(world)


def barred(world: World, named: Mapping[str, Collection[str]] | None = None) -> dict[str, set[str]]:
    """Execution → whose yes to it counts for nothing: whoever asked, edited, corrected, or would gain by it.

    `named`: case → principals whom a request named as those who asked.
    """
    told = {tenant: hands(world, tenant) for tenant in TENANTS}
    people = {(row.tenant, row.record_id): row.id for row in world.rows(Principal) if row.record_id}
    found = {}
    for execution in world.rows(Execution):
        found[execution.id] = told[execution.tenant].barred(execution) | set((named or {}).get(execution.case_id, ()))
        if execution.tool == "assign_person":
            with suppress(PayloadErased):
                gains = people.get((execution.tenant, world.args(execution.proposal_id)["person_id"]))
                found[execution.id] |= {gains} if gains else set()
    return found


def _may_run(world: World, execution: Execution, barred: set[str]) -> bool:
    """Whether policy let that very digest run by itself, or people approved that very digest."""
    decisions = [
        row for row in world.rows(Decision, proposal_id=execution.proposal_id)
        if row.args_digest == execution.args_digest and row.tenant == execution.tenant
    ]  # fmt: skip
    if execution.review_id is None:
        return any(row.effect == "auto" and not row.observed for row in decisions)
    review = world.review(execution.review_id)
    if review.status != "approved" or review.args_digest != execution.args_digest:
        return False
    said = [
        verdict for verdict in world.rows(Verdict, review_id=review.id)
        if verdict.verdict == "approve" and verdict.args_digest == review.args_digest and verdict.at >= review.asked_at
    ]  # fmt: skip
    return satisfied(review, said, barred)


def _settings_by_two(world: World) -> None:
    """A setting that a change names was proposed by one person and confirmed by another."""
    for change in world.rows(SettingChange, status="confirmed"):
        assert change.decided_by not in (None, change.proposed_by), f"{change.name} was changed by one person"


def _effects_once(world: World) -> None:
    for tenant in TENANTS:
        executions = {row.key: row for row in world.rows(Execution, tenant=tenant)}
        for entry in world.ledger(tenant):
            execution = executions.get(entry["key"])
            assert execution is not None, f"an effect under {entry['key']} that nobody decided"
            assert entry["count"] <= 1, f"{entry['tool']} took effect {entry['count']} times"
            assert execution.fence > 0
        applied = {entry["key"] for entry in world.ledger(tenant) if entry["count"] == 1}
        for execution in executions.values():
            if execution.connector != "manual" and execution.status in ("succeeded", "undone"):
                assert execution.key in applied, f"{execution.tool} is said to have succeeded, and did not"


def _tenants_apart(world: World) -> None:
    named: list[Any] = [Case, Event, TriageRun, Proposal, Review, Execution, ManualTask]
    more: list[Any] = [Verdict, Decision, Reservation]
    found = {model: world.rows(model) for model in (*named, *more)}
    owner = {row.id: row.tenant for model in named for row in found[model]}
    for model, rows in found.items():
        for row in rows:
            for name in ("case_id", "event_id", "proposal_id", "review_id", "execution_id", "run_id", "undo_of"):
                other = getattr(row, name, None)
                if isinstance(other, str) and other in owner:
                    assert owner[other] == row.tenant, f"{model.__name__} of {row.tenant} names {name} of another"


def _one_question_each(world: World) -> None:
    asked = [review.proposal_id for review in world.rows(Review, status="pending")]
    assert len(asked) == len(set(asked)), "one proposal has two pending reviews"
    live = {row.id for row in world.rows(Proposal, status="decided")}
    assert set(asked) <= live, "a review is pending for a proposal that has ended"

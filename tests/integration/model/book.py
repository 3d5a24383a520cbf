"""Book: what a bystander who hears every answer knows of the reviews, and what may therefore never be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.store.models import Execution, Proposal, Review, Verdict
from tests.integration.world import World

ENDED = frozenset({"approved", "rejected", "expired", "withdrawn", "superseded"})
AFTER = {"approve": {"pending", "approved"}, "reject": {"rejected"}, "withdraw": {"withdrawn"}, "edit": {"pending"},
         "respond": {"pending"}}  # fmt: skip
"""Verdict → what a review may be once it was taken."""


WINDOW = timedelta(days=30)
"""Over which amounts are summed up, unless a firm sets it otherwise."""


@dataclass
class Book:
    """`status` and `digest` by review as last seen, `named` by case who was named as having asked."""

    status: dict[str, str] = field(default_factory=dict)
    digest: dict[str, str] = field(default_factory=dict)
    ran: dict[str, tuple[str, int]] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)

    def look(self, world: World) -> None:
        """What has ended stays as it ended; what ran stays what it was; nothing goes back behind its fence."""
        for review in world.rows(Review):
            before = self.status.get(review.id)
            if before in ENDED:
                assert review.status == before, f"{review.id} was {before} and is {review.status}"
                assert review.args_digest == self.digest[review.id], f"{review.id} was changed after it ended"
            self.status[review.id], self.digest[review.id] = review.status, review.args_digest
        proposals = {row.id: row for row in world.rows(Proposal)}
        for execution in world.rows(Execution):
            digest, fence = self.ran.get(execution.id, ("", 0))
            assert execution.fence >= fence, "a fence fell"
            if fence and execution.status in ("running", "succeeded", "unknown", "undone"):
                assert execution.args_digest == proposals[execution.proposal_id].args_digest, "what runs was changed"
                if execution.fence == fence:
                    assert execution.args_digest == digest, "what ran was changed"
            self.ran[execution.id] = execution.args_digest, execution.fence

    def limits(self, world: World, limit: dict[str, int]) -> None:
        """Nobody with a limit was needed beyond it: not on one amount, not on several of one customer."""
        for principal, most in limit.items():
            alone: list[tuple[datetime, int]] = []
            for review, said in _approved_by(world, principal):
                others = [each for each in said if each.principal_id != principal]
                amount = _amount(world, review)
                if amount and not others:
                    assert amount <= most, f"{principal} approved {amount} alone, with a limit of {most}"
                    alone += _moved(world, review, amount)
            for at, _ in alone:
                within = sum(amount for other, amount in alone if at - WINDOW <= other <= at)
                assert within <= most, f"{principal} alone had {within} of one customer moved, with a limit of {most}"


def _approved_by(world: World, principal: str) -> Iterable[tuple[Review, list[Verdict]]]:
    for review in world.rows(Review, status="approved"):
        said = [
            each for each in world.rows(Verdict, review_id=review.id, verdict="approve")
            if each.args_digest == review.args_digest and each.at >= review.asked_at
        ]  # fmt: skip
        if any(each.principal_id == principal for each in said):
            yield review, said


def _moved(world: World, review: Review, amount: int) -> list[tuple[datetime, int]]:
    found = world.rows(Execution, review_id=review.id, status="succeeded")
    return [(each.claimed_at, amount) for each in found if each.claimed_at is not None]


def _amount(world: World, review: Review) -> int:
    return int(world.decision(review).amount_minor or 0)

"""Routing: in which channels and to whom in person a review is told. Seeing a card gives nobody the right to decide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.actor import with_relation
from app.identity.principals import grants_of
from app.notices import Notices
from app.store.models import Case, CaseClaim, Principal, Review, SlackLink, Snooze
from app.workflow.authority import required_roles
from policies.attributes import RELATIONS


@dataclass(frozen=True)
class Reachable:
    """An active person with an account in the workspace, and the roles they hold: unit ("" is all) → roles.

    `record_id` is their own person record, by which a line manager is known.
    """

    principal_id: str
    user_id: str
    held: Mapping[str, frozenset[str]]
    record_id: str | None = None

    def may_be_asked(self, review: Review) -> bool:
        """Whether one of their roles counts, or what they are to who would be booked, and the review does not bar
        them: they edited it."""
        return bool(self._roles(review) & required_roles(review)) and self.principal_id not in review.editor_ids

    def is_asked_by_name(self, review: Review) -> bool:
        """Whether the review asks for them as the line manager: no channel stands for them."""
        return self.may_be_asked(review) and bool(self._roles(review) & required_roles(review) & set(RELATIONS))

    def _roles(self, review: Review) -> frozenset[str]:
        held = self.held.get("", frozenset()) | self.held.get(review.unit or "", frozenset())
        return with_relation(held, self.record_id, review.line_manager)


def people(session: Session, tenant: str, team_id: str, now: datetime) -> list[Reachable]:
    """Everybody who can be told in person in this workspace."""
    query = (
        select(SlackLink, Principal)
        .join(Principal, col(Principal.id) == col(SlackLink.principal_id))
        .where(
            col(SlackLink.team_id) == team_id, col(SlackLink.tenant) == tenant, col(SlackLink.ended_at).is_(None),
            col(Principal.active),
        )
        .order_by(col(SlackLink.user_id))
    )  # fmt: skip
    return [
        Reachable(row.id, link.user_id, _held(session, row, now), row.record_id) for link, row in session.exec(query)
    ]


def places(
    session: Session, notices: Notices, case: Case, reviews: Sequence[Review], known: Iterable[Reachable], now: datetime
) -> dict[str, str | None]:
    """Where a case with these pending reviews is told: channel or account → whose account it is.

    Who took the case, or was given it, is told in person and nobody else is but a line manager whose consent is asked
    for; who put it off is not told before then.
    """
    found: dict[str, str | None] = {}
    unrouted = []
    for review in reviews:
        channels = notices.channels(required_roles(review), review.unit, review.customer_id)
        found |= dict.fromkeys(channels)
        if not channels or notices.direct == "always":
            unrouted.append(review)
    claim = session.get(CaseClaim, case.id)
    later = select(Snooze.principal_id).where(col(Snooze.case_id) == case.id, col(Snooze.until) > now)
    absent = {case.requester_id, *case.corrector_ids, *session.exec(later)}
    for person in known:
        asked = any(person.is_asked_by_name(review) for review in reviews)
        if claim is None:
            asked = asked or any(person.may_be_asked(review) for review in unrouted)
        wanted = asked and notices.direct != "never" and person.principal_id not in absent
        if wanted or (claim is not None and person.principal_id == claim.principal_id):
            found[person.user_id] = person.principal_id
    return found


def _held(session: Session, row: Principal, now: datetime) -> Mapping[str, frozenset[str]]:
    grants = grants_of(session, row, now)
    return {
        unit: frozenset(grant.role for grant in grants if grant.unit == unit) for unit in {each.unit for each in grants}
    }

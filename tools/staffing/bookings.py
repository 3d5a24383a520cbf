"""Bookings: which of them hold somebody's time on a given day."""

from collections.abc import Iterable, Mapping
from datetime import date

from tools.people_records import Assignment
from tools.records import Opportunity


def lapsed(booking: Assignment, opportunities: Mapping[str, Opportunity], today: date) -> str | None:
    """Why a soft booking holds nobody any more; None of one that does, and of confirmed ones."""
    if booking.status not in ("tentative", "requested"):
        return None
    if booking.expires_on is not None and booking.expires_on < today:
        return f"it expired on {booking.expires_on}"
    opportunity = opportunities.get(booking.opportunity_id or "")
    if opportunity is not None and opportunity.stage == "lost":
        return f"opportunity {opportunity.id} was lost"
    return None


def holding(bookings: Iterable[Assignment], opportunities: Mapping[str, Opportunity], today: date) -> list[Assignment]:
    """Bookings that take somebody's time: confirmed ones, and soft ones that have not lapsed."""
    return [
        one for one in bookings
        if one.status != "released" and one.percent > 0 and lapsed(one, opportunities, today) is None
    ]  # fmt: skip


def to_release(
    bookings: Iterable[Assignment], opportunities: Mapping[str, Opportunity], today: date
) -> list[tuple[Assignment, str]]:
    """Soft bookings that have lapsed and still stand, with why."""
    return [(one, why) for one in bookings if (why := lapsed(one, opportunities, today)) is not None]

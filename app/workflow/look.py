"""Look: through a firm's books for what no event tells of; each record with something out of order becomes a case.

A record is brought up once for what is found about it, and again only when that or the facts it rests on have changed.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlmodel import select

from app import tenancy
from app.actor import system_actor
from app.context import Context
from app.errors import Problem
from app.store.engine import read_only
from app.store.models import Tenant
from app.workflow import ingest
from tools.billing.books import Books, find
from tools.billing.checks import LOOK, LOOKED_THROUGH
from tools.billing.finding import Finding
from tools.events import RecordDoubted
from tools.lookups import Lookups
from tools.ports import SourceUnavailable
from tools.values import RecordKey, digest

MOST = 50
"""Records that one look makes cases of, those with most money at stake first; the rest is left to the next one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doubt:
    """A record that was brought up: what is out of order about it, and the case that sees to it."""

    findings: Sequence[Finding]
    case_id: str

    @property
    def record(self) -> RecordKey:
        return self.findings[0].record


def look(ctx: Context, tenant: str) -> list[Doubt]:
    """What was brought up. Raises SourceUnavailable, Problem `rate_limited`, `unavailable` (come back later)."""
    lookups, actor = Lookups(ctx.connectors.reader(tenant)), system_actor(tenant, "look")
    books = Books(lookups.whole(LOOKED_THROUGH), ctx.clock().date(), learned=ctx.experience.of(tenant))
    made: list[Doubt] = []
    for record, findings in sorted(_by_record(books).items(), key=lambda each: (-_at_stake(each[1]), str(each[0]))):
        kinds: list[str] = list(dict.fromkeys(one.kind for one in findings))
        taken = ingest.doubt(
            ctx, actor, RecordDoubted(record=record, findings=kinds), once=_told(books, record, findings)
        )
        if not taken.duplicate:
            made.append(Doubt(findings, taken.case_id))
        if len(made) == MOST:
            break
    return made


def due(ctx: Context) -> None:
    """Looks through the books of the firms whose hour it is (setting `look_at`)."""
    with read_only(ctx.engine) as session:
        firms = [tenancy.read(session, tenant) for tenant in session.exec(select(Tenant.id)).all()]
    for firm in firms:
        if firm.look_at is None or firm.look_at != f"{ctx.clock().astimezone(ZoneInfo(firm.time_zone)):%H:00}":
            continue
        try:
            look(ctx, firm.tenant)
        except (SourceUnavailable, Problem) as unable:
            _log.warning("the books of %s could not be looked through: %s", firm.tenant, unable)


def _by_record(books: Books) -> Mapping[RecordKey, Sequence[Finding]]:
    found: dict[RecordKey, list[Finding]] = defaultdict(list)
    for one in find(books, LOOK):
        if one.confidence >= books.limits.doubt_below:
            found[one.record].append(one)
    return found


def _at_stake(findings: Sequence[Finding]) -> int:
    return max((one.stake.amount_minor for one in findings if one.stake is not None), default=0)


def _told(books: Books, record: RecordKey, findings: Sequence[Finding]) -> str:
    said = [[one.kind, [[fact, str(books.value(fact))] for fact in one.evidence]] for one in findings]
    return digest({"record": str(record), "said": said}).removeprefix("sha256:")[:32]

"""The rows behind a figure: which invoices, projects, people, decisions or verdicts it is made of."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlmodel import col, select

from app.actor import Actor
from app.context import Context
from app.errors import Problem
from app.store.engine import read_only
from app.store.models import Case, Decision, Proposal, Review, Verdict
from app.views.automation import waited_for_mode
from app.views.firm import firm_records
from app.views.labels import Labels
from app.views.observed import observed
from app.views.pages import invalid_query
from app.views.people import names
from app.views.sight import in_sight, require_any_role, stamp
from app.views.words import day, lasted, money, share
from tools import wording
from tools.figures.business import FirmRecords, ageing_work, business, days_passed, waiting_invoices, worked_weeks
from tools.records import Project
from tools.registry import TOOLS

MOST: Final = 200
_EFFECTS: Final[Mapping[str, str]] = {"auto": "run by themselves", "review": "wait for people", "deny": "be refused"}

Rows = dict[str, Any]
"""`{"title", "says", "headings", "rows", "whole"}`; a row is `{"cells", "at", "href"}`: words, a time, a path."""


def figure_rows(ctx: Context, actor: Actor, of: str, what: str, days: int) -> Rows:
    """At most MOST rows of the figure `of`, of those that are `what` where it counts several kinds.

    Raises Problem `not_permitted`, `not_found`, `invalid_query`, `unavailable`.
    """
    require_any_role(actor)
    if not 1 <= days <= 365:
        raise invalid_query("/days", "must be a number from 1 to 365")
    if of in _OF_THE_FIRM:
        if not any(grant.unit == "" for grant in actor.grants):
            raise Problem("not_permitted", "These are records of the whole firm; your roles are for some units.")
        records = firm_records(ctx, actor.tenant)
        if records is None:
            raise Problem("unavailable", "The firm's records cannot be read now; try again later.")
        return _OF_THE_FIRM[of](records, Labels(ctx, actor.tenant))
    if of in _OF_THE_ASSISTANT:
        return _OF_THE_ASSISTANT[of](ctx, actor, what, days)
    raise Problem("not_found", "There is no such figure.")


def _backlog(records: FirmRecords, labels: Labels) -> Rows:
    return _table(
        "Invoices that are not sent", "Drafted or held, the oldest first.",
        ("Invoice", "Customer", "Amount", "State", "Drafted", "Days"),
        (
            (
                one.number, labels.called("customer", one.customer_id),
                money(one.amount_minor - one.written_off_minor, one.currency), one.status, day(str(one.drafted_on)),
                str(max(0, (records.today - one.drafted_on).days)),
            )
            for one in waiting_invoices(records)
        ),
    )  # fmt: skip


def _ageing(records: FirmRecords, labels: Labels) -> Rows:
    oldest = sorted(ageing_work(records).items(), key=lambda each: (-each[1].older, -each[1].up_to_60, each[0]))
    return _table(
        "Work that is not invoiced", "By project, the longest waiting first.",
        ("Project", "Up to 30 days", "31 to 60 days", "Older"),
        (
            (labels.called("project", ident), *map(wording.hours, (one.up_to_30, one.up_to_60, one.older)))
            for ident, one in oldest
        ),
    )  # fmt: skip


def _utilisation(records: FirmRecords, labels: Labels) -> Rows:
    weeks = sorted(worked_weeks(records).items(), key=lambda each: (-(each[1].booked - each[1].worked), each[0]))
    return _table(
        "Worked against plan", "Of the last four whole weeks; who worked least of what was booked stands first.",
        ("Person", "Booked ahead", "Worked", "Share"),
        (
            (
                labels.called("person", ident), wording.hours(one.booked), wording.hours(one.worked),
                share(one.worked * 10_000 // one.booked if one.booked else None),
            )
            for ident, one in weeks
        ),
    )  # fmt: skip


def _late(records: FirmRecords, labels: Labels) -> Rows:
    projects, finish = _projects(records), {one.id: one.finish_on for one in records.forecasts}
    late = sorted(business(records).at_risk.late, key=lambda ident: projects[ident].end_on - finish[ident])
    return _table(
        "Projects that are forecast late", "Running projects whose forecast lies after their end, the latest first.",
        ("Project", "Customer", "Its end", "Forecast", "Days late"),
        (
            (
                projects[ident].name, labels.called("customer", projects[ident].customer_id),
                day(str(projects[ident].end_on)), day(str(finish[ident])),
                str((finish[ident] - projects[ident].end_on).days),
            )
            for ident in late
        ),
    )  # fmt: skip


def _overspent(records: FirmRecords, labels: Labels) -> Rows:
    def cells(one: Project) -> tuple[str, ...]:
        passed, whole = days_passed(one, records.today)
        return (
            one.name, labels.called("customer", one.customer_id), money(one.spent_minor, one.currency),
            money(one.budget_minor, one.currency), share(one.spent_minor * 10_000 // one.budget_minor),
            share(passed * 10_000 // whole),
        )  # fmt: skip

    projects = _projects(records)
    return _table(
        "Projects that spend faster than they run",
        "Of the budget at least a tenth more is spent than of the time has passed.",
        ("Project", "Customer", "Spent", "Budget", "Of the budget", "Of the time"),
        (cells(projects[ident]) for ident in business(records).at_risk.overspent),
    )  # fmt: skip


def _decisions(ctx: Context, actor: Actor, what: str, days: int) -> Rows:
    query = (
        select(Decision, Proposal.tool, Proposal.case_id)
        .join(Proposal, col(Proposal.id) == col(Decision.proposal_id))
        .join(Case, col(Case.id) == col(Proposal.case_id))
        .where(
            col(Decision.tenant) == actor.tenant, col(Decision.stage) == "propose",
            col(Decision.at) >= ctx.clock() - timedelta(days=days), *in_sight(actor, Case.unit),
        )
        .order_by(col(Decision.at).desc(), col(Decision.id).desc())
        .limit(MOST)
    )  # fmt: skip
    if what:
        query = query.where(col(Decision.effect) == what)
    with read_only(ctx.engine) as session:
        rows = session.exec(query).all()
    return _table(
        f"First decisions{': to ' + _EFFECTS[what] if what in _EFFECTS else ''}", _lately(days),
        ("Action", "Decision", "Risk", "Because", "When"),
        (
            (TOOLS[tool].title, _EFFECTS.get(row.effect, row.effect), str(row.risk_score), "; ".join(row.reasons))
            for row, tool, _ in rows
        ),
        [(stamp(row.at), f"/cases/{case_id}") for row, _, case_id in rows],
    )  # fmt: skip


def _verdicts(ctx: Context, actor: Actor, what: str, days: int) -> Rows:
    query = (
        select(Verdict, Review.tool)
        .join(Review, col(Review.id) == col(Verdict.review_id))
        .where(
            col(Verdict.tenant) == actor.tenant, col(Verdict.at) >= ctx.clock() - timedelta(days=days),
            *in_sight(actor, Review.unit),
        )
        .order_by(col(Verdict.at).desc(), col(Verdict.id).desc())
        .limit(MOST)
    )  # fmt: skip
    if what:
        query = query.where(col(Verdict.verdict) == what)
    with read_only(ctx.engine) as session:
        rows = session.exec(query).all()
        known = names(session, actor.tenant, [row.principal_id for row, _ in rows])
    return _table(
        f"Verdicts{': ' + what if what else ''}", _lately(days), ("Action", "Verdict", "Who", "Where", "When"),
        (
            (TOOLS[tool].title, row.verdict, known.get(row.principal_id, ""), row.surface) for row, tool in rows
        ),
        [(stamp(row.at), f"/reviews/{row.review_id}") for row, _ in rows],
    )  # fmt: skip


def _latency(ctx: Context, actor: Actor, what: str, days: int) -> Rows:
    query = (
        select(Review)
        .where(
            col(Review.tenant) == actor.tenant, col(Review.status).in_(("approved", "rejected")),
            col(Review.decided_at) >= ctx.clock() - timedelta(days=days), *in_sight(actor, Review.unit),
        )
        .order_by(col(Review.decided_at).desc())
        .limit(MOST)
    )  # fmt: skip
    with read_only(ctx.engine) as session:
        waits = sorted(
            (((row.decided_at or row.created_at) - row.created_at, row) for row in session.exec(query)),
            key=lambda each: (each[0], each[1].id), reverse=True,
        )  # fmt: skip
        known = names(session, actor.tenant, [row.decided_by for _, row in waits])
    return _table(
        "How long reviews waited", f"{_lately(days)} Of the newest {MOST}, the longest wait first.",
        ("Action", "Waited", "Outcome", "Decided by", "When"),
        (
            (
                TOOLS[row.tool].title, lasted(int(wait.total_seconds())),
                "approved after an edit" if row.status == "approved" and row.editor_ids else row.status,
                known.get(row.decided_by or "", ""),
            )
            for wait, row in waits
        ),
        [(stamp(row.decided_at), f"/reviews/{row.id}") for _, row in waits],
    )  # fmt: skip


def _observed(ctx: Context, actor: Actor, what: str, days: int) -> Rows:
    now, labels = ctx.clock(), Labels(ctx, actor.tenant)
    with read_only(ctx.engine) as session:
        rows = [
            each for each in observed(ctx, session, actor, now - timedelta(days=days), now)
            if what in ("", each["effect"], each["did"])
        ]  # fmt: skip
    return _table(
        "What would have been done where it only observes",
        f"{_lately(days)} Whether the record stands now as the action would have left it, whoever did that.",
        ("Action", "It would", "People did", "When"),
        (
            (labels.sentence(each["tool"], each["args"]), _EFFECTS[each["effect"]], each["did"]) for each in rows
        ),
        [(stamp(each["at"]), f"/cases/{each['case_id']}") for each in rows],
    )  # fmt: skip


def _rules_alone(ctx: Context, actor: Actor, what: str, days: int) -> Rows:
    now = ctx.clock()
    with read_only(ctx.engine) as session:
        found = waited_for_mode(session, actor, now - timedelta(days=days), now)
    rows = [each for each in found if what in ("", each.said)]
    return _table(
        "What would have run by itself", f"{_lately(days)} It waited only because its workflow proposes.",
        ("Action", "People said", "When"), ((TOOLS[each.tool].title, each.said) for each in rows),
        [(stamp(each.at), f"/reviews/{each.review_id}") for each in rows],
    )  # fmt: skip


_OF_THE_FIRM: Final[Mapping[str, Callable[[FirmRecords, Labels], Rows]]] = {
    "backlog": _backlog, "ageing": _ageing, "utilisation": _utilisation, "late": _late, "overspent": _overspent,
}  # fmt: skip
_OF_THE_ASSISTANT: Final[Mapping[str, Callable[[Context, Actor, str, int], Rows]]] = {
    "decisions": _decisions, "verdicts": _verdicts, "latency": _latency, "observed": _observed,
    "rules_alone": _rules_alone,
}  # fmt: skip


def _projects(records: FirmRecords) -> dict[str, Project]:
    return {one.id: one for one in records.projects}


def _lately(days: int) -> str:
    return f"Of the last {days} days, the newest first." if days > 1 else "Of the last day, the newest first."


def _table(
    title: str, says: str, headings: Iterable[str], cells: Iterable[tuple[str, ...]],
    places: Iterable[tuple[str | None, str]] | None = None,
) -> Rows:  # fmt: skip
    several = list(cells)
    where = list(places) if places is not None else [(None, None)] * len(several)
    return {
        "title": title, "says": says, "headings": list(headings), "whole": len(several) < MOST,
        "rows": [
            {"cells": one, "at": at, "href": href} for one, (at, href) in zip(several[:MOST], where, strict=False)
        ],
    }  # fmt: skip

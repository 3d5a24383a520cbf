"""What was refused: by policy, by people, and at the door."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlmodel import col, select

from agents.summaries import Statement
from app.audit.leaf import Entry
from app.store.models import AuditEntry, Case, Decision, Proposal, Review
from app.views.exceptions.scope import DETAILED, Scope, refs
from tools.registry import TOOLS

_MOST_READ = 2_000


def refused(scope: Scope) -> Iterator[Statement]:
    yield from _by_policy(scope)
    yield from _by_people(scope)
    yield from _at_the_door(scope)


def _by_policy(scope: Scope) -> Iterator[Statement]:
    query = (
        select(Decision, Proposal, Case)
        .join(Proposal, col(Proposal.id) == col(Decision.proposal_id))
        .join(Case, col(Case.id) == col(Proposal.case_id))
        .where(
            col(Decision.tenant) == scope.tenant, col(Decision.effect) == "deny", col(Decision.at) >= scope.since,
            *scope.sight(Case.unit),
        )
        .order_by(col(Decision.at), col(Decision.id))
    )  # fmt: skip
    groups: dict[tuple[str, str], list[tuple[Decision, Case]]] = defaultdict(list)
    for decision, proposal, case in scope.session.exec(query.limit(_MOST_READ)):
        groups[proposal.tool, decision.rules[0] if decision.rules else "no rule"].append((decision, case))
    ordered = sorted(groups.items(), key=lambda item: (-_money([row for row, _ in item[1]]), -len(item[1]), item[0]))
    for (tool, rule), rows in ordered[:DETAILED]:
        minor = _money([row for row, _ in rows])
        customers = list(dict.fromkeys(case.customer_id for _, case in rows if case.customer_id))
        whom = f" for {', '.join(map(scope.called, customers[:3]))}" if customers else ""
        whom += " and others" if len(customers) > 3 else ""
        stake = f", {scope.amount(minor)} in all" if minor else ""
        many = f"{len(rows)} times " if len(rows) > 1 else ""
        says = f"“{TOOLS[tool].title}”{whom} was refused {many}by rule {rule}{stake}."
        yield scope.statement(
            "refused", says, refs("decision", [row.id for row, _ in rows]), count=len(rows), amount_minor=minor or None
        )
    rest = [row for _, rows in ordered[DETAILED:] for row, _ in rows]
    if rest:
        says = f"{len(rest)} more actions were refused by rules."
        yield scope.statement("refused", says, refs("decision", [row.id for row in rest]), count=len(rest))


def _by_people(scope: Scope) -> Iterator[Statement]:
    query = (
        select(Review, Decision.amount_minor)
        .join(Decision, col(Decision.id) == col(Review.decision_id))
        .where(
            col(Review.tenant) == scope.tenant, col(Review.status) == "rejected",
            col(Review.decided_at) >= scope.since, *scope.sight(Review.unit),
        )
        .order_by(col(Review.decided_at).desc(), col(Review.id))
    )  # fmt: skip
    rows = scope.session.exec(query.limit(_MOST_READ)).all()
    for row, minor in rows[:DETAILED]:
        decided = scope.moment(row.decided_at or row.created_at)
        says = f"{scope.what(row.tool, row.customer_id, minor)} was rejected by a person, on {decided}."
        yield scope.statement("refused", says, refs("review", [row.id]), amount_minor=minor or None)
    if rest := rows[DETAILED:]:
        says = f"{len(rest)} more reviews were rejected by people."
        yield scope.statement("refused", says, refs("review", [row.id for row, _ in rest]), count=len(rest))


def _at_the_door(scope: Scope) -> Iterator[Statement]:
    """Deliveries and rule files belong to no unit: who sees units only reads nothing of them."""
    deliveries = _entries(scope, "event.refused")
    by_source: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in deliveries:
        by_source[str(entry.refs.get("source", "?")), str(entry.details.get("code", "?"))].append(entry)
    for (source, code), found in sorted(by_source.items(), key=lambda item: -len(item[1]))[:DETAILED]:
        many, were = (f"{len(found)} deliveries", "were") if len(found) > 1 else ("1 delivery", "was")
        says = f"{many} of source {source} {were} refused: {code}."
        yield scope.statement("refused", says, refs("entry", [entry.seq for entry in found]), count=len(found))
    if broken := _entries(scope, "ruleset.refused"):
        says = "A changed rule file was refused; the rules of before are in force."
        yield scope.statement("refused", says, refs("entry", [entry.seq for entry in broken]), count=len(broken))


def _entries(scope: Scope, kind: str) -> list[Entry]:
    if not scope.sees_all:
        return []
    query = select(AuditEntry.leaf).where(
        col(AuditEntry.tenant) == scope.tenant, col(AuditEntry.kind) == kind, col(AuditEntry.at) >= scope.since
    )
    leaves = scope.session.exec(query.order_by(col(AuditEntry.seq)).limit(_MOST_READ))
    return [Entry.from_leaf(leaf) for leaf in leaves]


def _money(rows: Sequence[Decision]) -> int:
    return sum(row.amount_minor or 0 for row in rows)

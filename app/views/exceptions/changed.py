"""What changed: how much came in and was done, what was taken back, and what was set or switched."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlmodel import col, func, select

from agents.summaries import Statement
from app.audit.leaf import Entry
from app.store.models import AuditEntry, Case, Execution
from app.views.exceptions.scope import MOST_REFS, Scope, refs

_SWITCHES = {
    "control.paused": "paused", "control.resumed": "resumed", "setting.confirmed": "changed by two people",
    "setting.proposed": "proposed to be changed",
}  # fmt: skip


def changed(scope: Scope) -> Iterator[Statement]:
    yield from _came_in(scope)
    yield from _effects(scope)
    yield from _switched(scope)


def _came_in(scope: Scope) -> Iterator[Statement]:
    mine = [col(Case.tenant) == scope.tenant, col(Case.opened_at) >= scope.since, *scope.sight(Case.unit)]
    count = scope.session.exec(select(func.count()).select_from(Case).where(*mine)).one()
    if count:
        first = scope.session.exec(select(Case.id).where(*mine).order_by(col(Case.id)).limit(MOST_REFS)).all()
        many = f"{count} cases were opened" if count > 1 else "1 case was opened"
        yield scope.statement("changed", f"{many}.", refs("case", first), count=count)


def _effects(scope: Scope) -> Iterator[Statement]:
    for alone, words in ((True, "without a person, as the rules permit"), (False, "after people approved")):
        asked = col(Execution.review_id).is_(None) if alone else col(Execution.review_id).is_not(None)
        found = _executions(scope, col(Execution.status) == "succeeded", asked)
        if found:
            many = f"{len(found)} actions took" if len(found) > 1 else "1 action took"
            says = f"{many} effect {words}."
            yield scope.statement("changed", says, refs("execution", found), count=len(found))
    if undone := _executions(scope, col(Execution.status) == "undone"):
        many = f"{len(undone)} actions were" if len(undone) > 1 else "1 action was"
        yield scope.statement("changed", f"{many} taken back.", refs("execution", undone), count=len(undone))


def _switched(scope: Scope) -> Iterator[Statement]:
    """Switches and settings are the firm's as a whole."""
    if not scope.sees_all:
        return
    query = select(AuditEntry.leaf).where(
        col(AuditEntry.tenant) == scope.tenant, col(AuditEntry.kind).in_(list(_SWITCHES)),
        col(AuditEntry.at) >= scope.since,
    )  # fmt: skip
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for leaf in scope.session.exec(query.order_by(col(AuditEntry.seq)).limit(500)):
        entry = Entry.from_leaf(leaf)
        groups[entry.kind, _what(entry.details)].append(entry)
    for (kind, what), entries in groups.items():
        says = f"{what} was {_SWITCHES[kind]}, on {scope.moment(entries[-1].at)}."
        yield scope.statement("changed", says, refs("entry", [one.seq for one in entries]), count=len(entries))


def _what(details: Any) -> str:
    scope, name = details.get("scope"), details.get("name")
    if scope == "tenant":
        return "The whole firm"
    return f"The {scope} {name}" if scope else f"Setting {details.get('setting')}"


def _executions(scope: Scope, *where: Any) -> list[str]:
    query = (
        select(Execution.id)
        .join(Case, col(Case.id) == col(Execution.case_id))
        .where(
            col(Execution.tenant) == scope.tenant, col(Execution.finished_at) >= scope.since, *where,
            *scope.sight(Case.unit),
        )
        .order_by(col(Execution.id))
    )  # fmt: skip
    return list(scope.session.exec(query))

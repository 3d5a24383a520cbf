"""Parties: who is so close to an action that their own yes does not count: requester, beneficiary, editor.

Whoever corrected the case said what it is about, and with that what is done: they count as its editors.
"""

from collections.abc import Collection

from sqlmodel import Session, col, select

from app.context import Context
from app.store.models import Case, Event, Principal, Proposal, TriageRun
from app.workflow.dossier import Dossier
from app.workflow.route import line_manager
from policies.decision import Party
from tools.actions import Action, AssignPerson
from tools.reach import Reach


def beneficiaries(session: Session, tenant: str, action: Action) -> list[str]:
    """Principals whom the action itself concerns: the person who would be assigned."""
    if not isinstance(action, AssignPerson):
        return []
    query = select(Principal.id).where(col(Principal.tenant) == tenant, col(Principal.record_id) == action.person_id)
    return list(session.exec(query))


def relations(session: Session, action: Action, principal_id: str, known: Reach) -> set[str]:
    """What the principal is to whom the action concerns, by records that somebody trusted wrote: see RELATIONS."""
    manager = line_manager(action, known)
    own = session.get_one(Principal, principal_id).record_id if manager is not None else None
    return {"line_manager"} if manager is not None and own == manager else set()


def requesters(ctx: Context, session: Session, case: Case, proposal: Proposal) -> list[str]:
    """Who asked for any of the case's events (the token's principal, and every principal whom a `requested_by` named by
    address, name or record), wherever they are by now, and who asked for this very proposal, if it takes something
    back."""
    asked = select(Event.principal_id, Event.requested_by)
    planned = select(TriageRun.event_id).where(col(TriageRun.case_id) == case.id)  # also of what was moved elsewhere
    said = session.exec(asked.where((col(Event.case_id) == case.id) | col(Event.id).in_(planned))).all()
    found = {case.requester_id, proposal.asked_by} | {principal for principal, _ in said}
    named = {case.requested_by} | {requested_by for _, requested_by in said}
    if named != {None}:
        found |= {
            person.id
            for person in session.exec(select(Principal).where(col(Principal.tenant) == case.tenant))
            for known_as in (person.email, person.name, person.record_id, person.id)
            if known_as and not named.isdisjoint(ctx.vault.subjects(case.tenant, known_as))
        }
    return sorted(name for name in found if name is not None)


def parties(ctx: Context, session: Session, found: Dossier, editors: Collection[str]) -> dict[Party, Collection[str]]:
    """Principals by party, for policies.decision.unmet."""
    return {
        "requester": requesters(ctx, session, found.case, found.row),
        "beneficiary": beneficiaries(session, found.case.tenant, found.action),
        "editor": sorted({*editors, *found.case.corrector_ids}),
    }

"""Parties: who is so close to an action that their own yes does not count: requester, beneficiary, editor."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from app.context import Context
from app.store.models import Case, Principal
from policies.decision import Party
from tools.actions import Action, AssignPerson


def beneficiaries(session: Session, tenant: str, action: Action) -> list[str]:
    """Principals whom the action itself concerns: the person who would be assigned."""
    if not isinstance(action, AssignPerson):
        return []
    query = select(Principal.id).where(col(Principal.tenant) == tenant, col(Principal.record_id) == action.person_id)
    return list(session.exec(query))


def requesters(ctx: Context, session: Session, case: Case) -> list[str]:
    """Who asked: the token's principal, and every principal whose address is the one that `requested_by` named."""
    found = [case.requester_id] if case.requester_id else []
    if case.requested_by:
        query = select(Principal).where(col(Principal.tenant) == case.tenant, col(Principal.email).is_not(None))
        found += [
            person.id
            for person in session.exec(query)
            if case.requested_by in ctx.vault.subjects(case.tenant, person.email or "")
        ]
    return sorted(set(found))


def parties(
    ctx: Context, session: Session, case: Case, action: Action, editors: Collection[str]
) -> dict[Party, Collection[str]]:
    """Principals by party, for policies.decision.unmet."""
    return {
        "requester": requesters(ctx, session, case),
        "beneficiary": beneficiaries(session, case.tenant, action),
        "editor": sorted(editors),
    }

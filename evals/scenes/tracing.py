"""Tracing: whether a summary's statement says what the records that it names say. Told from the rows, past the view.

Each reference must be there and of the firm; where all of what is counted is named, the count and the amount are
recounted; each customer that is named must be one of a named case; each amount written must be the one that is summed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from app.store.models import AuditEntry, Case, Decision, Execution, ManualTask, Proposal, Review, TriageRun
from evals.scenes.firm import TENANT
from evals.scenes.stage import Stage
from tools.records import Customer

_ROWS: Mapping[str, Any] = {
    "review": Review, "case": Case, "execution": Execution, "task": ManualTask, "run": TriageRun, "decision": Decision,
}  # fmt: skip
_AMOUNT = re.compile(r"EUR ([\d,]+\.\d\d)")


def untraced(stage: Stage, session: Session, statement: Mapping[str, Any]) -> list[str]:
    """What is wrong with a statement; empty where all of it is borne out."""
    refs: Sequence[Mapping[str, str]] = statement["refs"]
    if not refs:
        return ["it names nothing that it rests on"]
    wrong = [f"there is no {ref['kind']} {ref['id']}" for ref in refs if not _there(session, ref)]
    if wrong:
        return wrong
    counted = [ref for ref in refs if ref["kind"] != "case"] or list(refs)
    if statement["count"] < len(counted) or (len(counted) < 20 and statement["count"] != len(counted)):
        wrong.append(f"it counts {statement['count']} and names {len(counted)}")
    sums = [_money(session, ref) for ref in counted]
    if len(counted) == statement["count"] and statement["amount_minor"] is not None:
        total = sum(one or 0 for one in sums)
        if total != statement["amount_minor"]:
            wrong.append(f"it says {statement['amount_minor']} and its records {total}")
    known = {statement["amount_minor"], *sums}
    wrong += [
        f"no record of it says EUR {one}" for one in _AMOUNT.findall(statement["text"]) if _minor(one) not in known
    ]
    theirs = {case.customer_id for ref in refs for case in _cases(session, ref)}
    others = [one for one in _customers(stage) if one.name in statement["text"] and one.id not in theirs]
    return wrong + [f"it names {one.name}, of which it names no record" for one in others]


def _customers(stage: Stage) -> list[Customer]:
    found: list[Customer] = stage.firms.sandbox(TENANT).find(Customer, {}, limit=500)
    return found


def _there(session: Session, ref: Mapping[str, str]) -> bool:
    if ref["kind"] == "entry":
        return session.get(AuditEntry, (TENANT, int(ref["id"]))) is not None
    row = session.get(_ROWS[ref["kind"]], ref["id"])
    return row is not None and row.tenant == TENANT


def _proposal(session: Session, ref: Mapping[str, str]) -> str | None:
    row = session.get(_ROWS[ref["kind"]], ref["id"]) if ref["kind"] in ("review", "execution", "decision") else None
    return getattr(row, "proposal_id", None)


def _money(session: Session, ref: Mapping[str, str]) -> int | None:
    proposal = _proposal(session, ref)
    if proposal is None:
        return None
    query = select(Decision.amount_minor).where(col(Decision.proposal_id) == proposal)
    return session.exec(query.order_by(col(Decision.at).desc(), col(Decision.id).desc())).first()


def _cases(session: Session, ref: Mapping[str, str]) -> list[Case]:
    if ref["kind"] == "case":
        ident: str | None = ref["id"]
    elif ref["kind"] == "task":
        task = session.get_one(ManualTask, ref["id"])
        ident = session.get_one(Execution, task.execution_id).case_id
    elif (proposal := _proposal(session, ref)) is not None:
        ident = session.get_one(Proposal, proposal).case_id
    else:
        row = session.get(_ROWS[ref["kind"]], ref["id"]) if ref["kind"] in _ROWS else None
        ident = getattr(row, "case_id", None)
    found = session.get(Case, ident) if ident else None
    return [found] if found else []


def _minor(written: str) -> int:
    return int(written.replace(",", "").replace(".", ""))

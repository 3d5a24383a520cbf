"""Execute: claim an approved action, decide once more, reserve its budget, call the connector, read the effect back.

The only step that holds a write port, beside reconcile. No transaction is open while the connector works. A claim
raises the fence, and only the holder of the present fence may record what came of it. An execution that is found
running was cut off: nobody can know whether the connector acted, so it becomes `unknown` and is reconciled, never
called again blindly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from app.audit.log import lock_head
from app.context import Context
from app.durable.port import TryLater, WorkItem
from app.errors import Problem
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Execution, Proposal, Reservation, Review
from app.workflow import authority, cases, control, decide, review, route
from app.workflow.dossier import GONE, Dossier, dossier, read_dossier, renew, surprises
from app.workflow.faults import fault_point
from app.workflow.hearing import Hearing
from app.workflow.material import Material
from app.workflow.parties import parties
from app.workflow.record import log
from policies import decision as policy
from policies.targets import named_records, with_results
from tools.actions import Action
from tools.ports import ReadPort, SourceUnavailable
from tools.receipt import Receipt
from tools.records import RECORDS
from tools.registry import TOOLS
from tools.write_port import Refused, Uncertain

RECONCILE_WORK = "reconcile"
RECONCILE_DELAY = timedelta(seconds=2)
_PAUSED_RETRY = timedelta(seconds=15)


@dataclass(frozen=True)
class Claimed:
    """An execution that this worker holds under `fence`, with the very action that runs."""

    execution_id: str
    fence: int
    tenant: str
    connector: str
    key: str
    action: Action


def handle(ctx: Context, item: WorkItem) -> None:
    """Works off one execution. Raises TryLater while paused, SourceUnavailable when records cannot be read."""
    with read_only(ctx.engine) as session:
        execution = session.get(Execution, item.row)
        if execution is None or execution.status not in ("waiting", "running") or execution.waits_for is not None:
            return
        tenant, proposal_id, status = execution.tenant, execution.proposal_id, execution.status
    if status == "running":
        _cut_off(ctx, item.row)
        return
    try:
        found = read_dossier(ctx, tenant, proposal_id)
    except Problem as erased:
        _void(ctx, item.row, because=erased.code)
        return
    action = with_results(found.action, found.results)
    material = found.material(ctx, action, ctx.clock())
    claimed = _claim(ctx, item.row, material)
    if claimed is None:
        return
    fault_point("execute.claimed")
    _run(ctx, claimed)


def give_up(ctx: Context, item: WorkItem, error: Exception) -> None:
    """After the last attempt to even begin: nothing was called, so the execution has failed for certain."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, item.row)
        if execution is None or execution.status != "waiting":
            return
        finish(ctx, session, execution, now, status="failed", error=f"{type(error).__name__}: it could not begin")
    fault_point("execute.gave_up")


def finish(
    ctx: Context,
    session: Session,
    execution: Execution,
    now: datetime,
    *,
    status: str,
    error: str | None = None,
    receipt: Receipt | None = None,
) -> None:
    """Puts the end of an execution on record, frees what it reserved if nothing happened, and lets others go on.

    The caller holds the case's lock.
    """
    case = cases.find(session, execution.tenant, execution.case_id)
    proposal = session.get_one(Proposal, execution.proposal_id)
    execution.status, execution.error = status, error
    execution.finished_at = None if status == "unknown" else now
    payloads = []
    if receipt is not None:
        execution.result = {name: value for name, value in receipt.result.items() if _plain(value)}
        execution.receipt_payload = ctx.vault.seal(
            session, execution.tenant, case.data_subject, "receipt", receipt.model_dump(mode="json"), now
        )
        payloads.append(execution.receipt_payload)
    session.add(execution)
    session.flush()
    log(
        ctx, session, route.worker(execution.tenant), f"execution.{status}",
        refs={"case": case.id, "proposal": proposal.id, "execution": execution.id, "connector": execution.connector},
        digests={"args": execution.args_digest},
        details={"tool": execution.tool, "attempt": execution.attempt, "failed": error is not None}, payloads=payloads,
    )  # fmt: skip
    if status == "succeeded":
        _mark_undone(ctx, session, case, proposal, execution, now)
        route.release_waiting(ctx, session, case, proposal.id, now)
    elif status in ("failed", "void"):
        session.exec(delete(Reservation).where(col(Reservation.execution_id) == execution.id))
        route.end(ctx, session, case, proposal, now, status="failed" if status == "failed" else "superseded")
    elif status == "unknown":
        execution.attempt += 1
        session.add(execution)
        ctx.queue.put(session, reconcile_item(execution), delay=RECONCILE_DELAY)
    cases.settle(session, case, now)


def reconcile_item(execution: Execution) -> WorkItem:
    return WorkItem(
        kind=RECONCILE_WORK, row=execution.id, generation=execution.attempt * route.GENERATIONS,
        partition=execution.tenant, priority=1,
    )  # fmt: skip


def _claim(ctx: Context, execution_id: str, material: Material) -> Claimed | None:
    """In one transaction: still waiting, not paused, still allowed as things stand, budget reserved, fence raised."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, execution_id)
        if execution is None or execution.status != "waiting" or execution.waits_for is not None:
            return None
        found = dossier(ctx, session, execution.tenant, execution.proposal_id)
        case = found.case
        lock_head(session, case.tenant)  # one claim of a tenant at a time: each sees what those before it reserved
        if control.is_paused(session, case.tenant, ("workflow", case.workflow), ("tool", execution.tool)):
            raise TryLater(_PAUSED_RETRY)
        decided = _standing(ctx, session, execution, found, case, material, now)
        if decided is None:
            return None
        action = with_results(found.action, found.results)
        if action.refs():
            finish(ctx, session, execution, now, status="failed", error="it refers to what is no result")
            return None
        reserve(session, execution, found, material, decided.amount_minor or 0, now)
        execution.status, execution.fence, execution.claimed_at = "running", execution.fence + 1, now
        session.add(execution)
        session.flush()
        log(
            ctx, session, route.worker(case.tenant), "execution.claimed",
            refs={"case": case.id, "proposal": found.row.id, "execution": execution.id, "review": execution.review_id},
            digests={"args": execution.args_digest}, details={"tool": execution.tool, "fence": execution.fence},
        )  # fmt: skip
        if execution.connector == route.MANUAL:
            route.hand_over(ctx, session, execution, case, now)
            cases.settle(session, case, now)
            return None
        return Claimed(execution.id, execution.fence, case.tenant, execution.connector, execution.key, action)


def _standing(
    ctx: Context,
    session: Session,
    execution: Execution,
    found: Dossier,
    case: Case,
    material: Material,
    now: datetime,
) -> policy.Decision | None:
    """The decision by which the action may run as things are now; if none, it went back to people or is void."""
    if execution.args_digest != found.action.digest() or found.row.status != "decided":
        finish(ctx, session, execution, now, status="void", error="the arguments are not the approved ones")
        return None
    question = found.question(found.action, execution_id=execution.id)
    judged = Hearing(ctx, session, case, found.trigger, material, now).judge(question)
    decided = judged.decision
    changed = surprises(session, found, material)
    if decided.effect == "deny" or decided.observe:
        decide.file_decision(ctx, session, case, found.row, judged, now, stage="execute", routed=False)
        finish(ctx, session, execution, now, status="void", error="policy refuses it by now")
        return None
    if not changed and decided.effect == "auto":
        return decided
    if (
        not changed
        and execution.review_id is not None
        and _satisfied(ctx, session, execution, found, material, decided)
    ):
        return decided
    renew(ctx, session, found, judged, material, now)
    decide.file_decision(
        ctx, session, case, found.row, judged, now, stage="execute", because="stale_facts" if changed else "stricter"
    )
    cases.settle(session, case, now)
    return None


def _satisfied(
    ctx: Context, session: Session, execution: Execution, found: Dossier, material: Material, decided: policy.Decision
) -> bool:
    """Whether the verdicts that were given meet what policy requires now."""
    reviewed = session.get_one(Review, execution.review_id)
    if reviewed.status != "approved" or reviewed.args_digest != execution.args_digest:
        return False
    given = [
        authority.able(session, item, found, material.known, ctx.clock())
        for item in review.approvals(session, reviewed)
    ]
    around = parties(ctx, session, found, reviewed.editor_ids)
    required = review.required_now(reviewed, list(decided.requirements))
    return not policy.unmet(required, given, parties=around, amount_minor=decided.amount_minor)


def reserve(
    session: Session, execution: Execution, found: Dossier, material: Material, amount: int, now: datetime
) -> None:
    """The money of this action under every scope that counts it, for the decisions that come after."""
    session.exec(delete(Reservation).where(col(Reservation.execution_id) == execution.id))
    if amount == 0:
        return
    names = {f"{scope}/{ident}" for scope, ident in route.scopes(found.case, found.action, material.known).items()}
    if execution.review_id is not None:
        reviewed = session.get_one(Review, execution.review_id)
        names |= {
            name
            for item in review.approvals(session, reviewed)
            for name in authority.approver_scopes(found, item.principal_id, material.known)
        }
    for name in sorted(names):
        session.add(
            Reservation(execution_id=execution.id, scope=name, tenant=execution.tenant, amount_minor=amount, at=now)
        )


def _run(ctx: Context, claimed: Claimed) -> None:
    """The call itself, between two transactions, and the record of what came of it."""
    receipt: Receipt | None = None
    status, error, written = "unknown", None, list[str]()
    try:
        receipt = ctx.connectors.writer(claimed.tenant, claimed.connector).apply(claimed.action, claimed.key)
        fault_point("execute.applied")
        read = ctx.connectors.reader(claimed.tenant)
        differs = TOOLS[claimed.action.tool].confirm(claimed.action, receipt, read)
        written = wrote(claimed.action, read)
        fault_point("execute.read_back")
        status, error = ("unknown", f"read-back differs: {'; '.join(differs)}") if differs else ("succeeded", None)
    except Refused as refused:
        status, error = "failed", str(refused)
    except (Uncertain, SourceUnavailable) as uncertain:
        status, error = "unknown", str(uncertain)
    except Exception as unexpected:  # noqa: BLE001 - the connector may have acted before it broke
        status, error = "unknown", f"{type(unexpected).__name__} in the connector"
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, claimed.execution_id)
        if execution is None or execution.status != "running" or execution.fence != claimed.fence:
            return  # somebody else took it over and reconciles it
        execution.wrote = written
        kept = receipt if status == "succeeded" else None
        finish(ctx, session, execution, now, status=status, error=error, receipt=kept)
    fault_point("execute.recorded")


def wrote(action: Action, read: ReadPort) -> list[str]:
    """The records that an action changed, as far as its arguments name them, each as `<kind>/<id>@<version now>`.

    Raises SourceUnavailable.
    """
    found = {key: read.get(RECORDS[key.kind], key.id) for key in named_records(action)}
    return [f"{key}@{record.version if record else GONE}" for key, record in found.items()]


def _cut_off(ctx: Context, execution_id: str) -> None:
    """A worker died, or lost its hold, between the claim and the record: only the connector knows what happened."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, execution_id)
        if execution is None or execution.status != "running" or execution.connector == route.MANUAL:
            return
        execution.fence += 1
        finish(ctx, session, execution, now, status="unknown", error="the worker was cut off")
    fault_point("execute.cut_off")


def _void(ctx: Context, execution_id: str, *, because: str) -> None:
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, execution_id)
        if execution is not None and execution.status == "waiting":
            finish(ctx, session, execution, now, status="void", error=because)
    fault_point("execute.voided")


def _mark_undone(
    ctx: Context, session: Session, case: Case, proposal: Proposal, execution: Execution, now: datetime
) -> None:
    if proposal.undo_of is None:
        return
    undone = session.get_one(Execution, proposal.undo_of)
    undone.status, undone.undone_by = "undone", execution.id
    session.add(undone)
    session.exec(delete(Reservation).where(col(Reservation.execution_id) == undone.id))
    route.end_dependents(ctx, session, case, undone.proposal_id, now, because="undone")


def locked(session: Session, execution_id: str) -> Execution | None:
    """The execution as it stands once its case is locked."""
    cases.lock_of(session, Execution, execution_id)
    return session.get(Execution, execution_id)


def _plain(value: object) -> bool:
    return isinstance(value, str | int | bool) or (
        isinstance(value, list) and all(isinstance(item, str | int) for item in value)
    )

"""Import: a plan over what the firm has now, and its application in one transaction, whole or not at all."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app import own_records
from app.actor import Actor
from app.audit.log import lock_head
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import change_limit, enrol, still
from app.imports.headings import Memory
from app.imports.plan import Plan, make_plan, read_file
from app.imports.sheet import FileUnusable, Sheet
from app.store.engine import read_only, unit_of_work
from app.store.models import ImportHeading, Principal, Tenant
from app.systems import OWN, RECORDS

MAY_IMPORT = frozenset({"admin"})


def plan_import(ground: Ground, actor: Actor, files: Mapping[str, bytes], said: Memory) -> Plan:
    """What importing the files (name → content) would do. Writes nothing.

    Raises Problem `not_permitted`, `invalid_body` (a file that cannot be read at all).
    """
    actor.require(MAY_IMPORT)
    sheets = _sheets(files)
    with read_only(ground.engine) as session:
        return _planned(session, actor, sheets, said, session.exec(_accounts(actor.tenant)).all())


def apply_import(ground: Ground, actor: Actor, files: Mapping[str, bytes], said: Memory, digest: str | None) -> Plan:
    """Imports the files; what they are like is remembered. `digest`: of the plan that somebody saw.

    Raises Problem `not_permitted`, `invalid_body` (there are bad cells), `conflict` (what would be done now is not what
    was seen; the firm's records lie in another system).
    """
    actor.require(MAY_IMPORT)
    sheets = _sheets(files)
    with unit_of_work(ground.engine) as session:
        actor = still(session, actor, ground.clock())
        actor.require(MAY_IMPORT)
        # Before the log, in the order in which a revocation takes them. Two imports at once are one after the other.
        accounts = session.exec(_accounts(actor.tenant).with_for_update()).all()
        lock_head(session, actor.tenant)
        plan = _planned(session, actor, sheets, said, accounts)
        if plan.faults:
            first = f"{len(plan.faults)} cells are not usable; the first is {plan.faults[0]}"
            raise Problem("invalid_body", f"Nothing was imported: {first}", extra={"import": plan.as_json()})
        if digest not in (None, plan.digest):
            raise Problem("conflict", "The firm's records have changed since you looked; look at the import again.")
        _write(ground, session, actor, plan)
        if not plan.empty:
            _recorded(ground, session, actor, plan, files)
        return plan


def remembered(session: Session, tenant: str) -> Memory:
    rows = session.exec(select(ImportHeading).where(col(ImportHeading.tenant) == tenant)).all()
    return Memory(
        {row.heading: row.field for row in rows if not row.kind},
        {(row.kind, row.heading): row.field for row in rows if row.kind},
    )


def _sheets(files: Mapping[str, bytes]) -> list[Sheet]:
    try:
        return [sheet for name, raw in files.items() for sheet in read_file(name, raw)]
    except FileUnusable as unusable:
        raise Problem("invalid_body", str(unusable)) from unusable


def _accounts(tenant: str) -> SelectOfScalar[Principal]:
    return select(Principal).where(col(Principal.tenant) == tenant).order_by(col(Principal.id))


def _planned(
    session: Session, actor: Actor, sheets: Sequence[Sheet], said: Memory, accounts: Sequence[Principal]
) -> Plan:  # fmt: skip
    firm = session.get_one(Tenant, actor.tenant)
    try:
        plan = make_plan(
            sheets, said, remembered(session, actor.tenant), actor, firm.base_currency,
            records=own_records.all_records(session, actor.tenant), accounts=accounts,
        )  # fmt: skip
    except FileUnusable as unusable:
        raise Problem("invalid_body", str(unusable)) from unusable
    holder = firm.connectors.get(RECORDS, OWN)
    if plan.records and holder != OWN:
        raise Problem("conflict", f"The records of {firm.name} lie in its system {holder!r}; import them there.")
    return plan


def _write(ground: Ground, session: Session, actor: Actor, plan: Plan) -> None:
    own_records.put(session, actor.tenant, [change.after for change in plan.records])
    if plan.records:
        firm = session.get_one(Tenant, actor.tenant)
        firm.connectors = {RECORDS: OWN} | firm.connectors
        session.add(firm)
    sheets = {("", name): kind for name, kind in plan.learned.kinds.items()}
    for (kind, heading), field in (sheets | dict(plan.learned.fields)).items():
        session.merge(ImportHeading(tenant=actor.tenant, kind=kind, heading=heading, field=field))
    session.flush()
    for each in plan.accounts:
        if each.principal_id is None:
            enrol(
                ground, session, actor, name=each.name, kind="person", roles=each.grants, email=each.email,
                record_id=each.record_id, unit=each.unit, limit_minor=each.limit_minor,
            )  # fmt: skip
        else:
            change_limit(ground, session, actor, each.principal_id, each.limit_minor)


def _recorded(ground: Ground, session: Session, actor: Actor, plan: Plan, files: Mapping[str, bytes]) -> None:
    counts = {
        f"{kind}_{what}": number for kind, each in plan.counts().items() for what, number in each.items() if number
    }
    about = [
        {"record": str(change.after.key), "version": change.after.version, "fields": change.fields}
        for change in plan.records
    ]
    digests = [f"sha256:{sha256(raw).hexdigest()}" for raw in files.values()]
    put_on_record(
        ground, session, actor, "records.imported", details=counts | {"plan": plan.digest, "files": digests},
        payloads={"import": ("import", {"files": list(files), "records": about})},
    )  # fmt: skip

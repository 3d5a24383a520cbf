"""Own records: the read port over master data that lies in the service's own database.

For a firm that has no other system connected: imports write here (app/imports), lookups read. The assistant itself
changes none of it; actions are done by hand, and the next import says what became of them.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Engine, bindparam, delete, insert, select
from sqlmodel import Session, col

from app.store.engine import read_only
from app.store.models import OwnRecord, OwnRecordField
from tools.record import Record
from tools.record_index import index_rows, indexed, parse, require_single_valued
from tools.records import RECORDS, Contact, Leave, Person

R = TypeVar("R", bound=Record)

_GET = select(col(OwnRecord.body)).where(
    col(OwnRecord.tenant) == bindparam("of"), col(OwnRecord.kind) == bindparam("kind"),
    col(OwnRecord.id) == bindparam("ident"),
)  # fmt: skip

_DROPS = [
    delete(table).where(
        col(table.tenant) == bindparam("of"), col(table.kind) == bindparam("of_kind"),
        col(table.id) == bindparam("of_id"),
    )
    for table in (OwnRecord, OwnRecordField)
]  # fmt: skip


class OwnRecords:
    """ReadPort of one tenant."""

    def __init__(self, engine: Engine, tenant: str) -> None:
        self._engine, self._tenant = engine, tenant

    def get(self, model: type[R], ident: str) -> R | None:
        if not ident.isprintable():
            return None  # PostgreSQL refuses a NUL in any text
        with read_only(self._engine) as session:
            body = session.connection().scalar(_GET, {"of": self._tenant, "kind": model.kind, "ident": ident})
        return None if body is None else parse(model, body)

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        """Raises KeyError for a field that is unknown or no single value."""
        require_single_valued(model, where)
        if not all(value.isprintable() for value in where.values()):
            return []
        lead = next((field for field in where if field in indexed(model)), None)
        query = select(col(OwnRecord.body)).where(
            col(OwnRecord.tenant) == self._tenant, col(OwnRecord.kind) == model.kind
        )
        if lead is not None:
            held = select(col(OwnRecordField.id)).where(
                col(OwnRecordField.tenant) == self._tenant, col(OwnRecordField.kind) == model.kind,
                col(OwnRecordField.field) == lead, col(OwnRecordField.value) == where[lead],
            )  # fmt: skip
            query = query.where(col(OwnRecord.id).in_(held))
        with read_only(self._engine) as session:
            bodies = session.connection().scalars(query).all()
        found = (parse(model, body) for body in bodies)
        fitting = [one for one in found if all(str(one.value(field)) == value for field, value in where.items())]
        # Here and not in the database, whose order of texts depends on its locale.
        return sorted(fitting, key=lambda one: one.id)[:limit]


def all_records(session: Session, tenant: str) -> list[Record]:
    """Every own record of the firm."""
    rows = session.connection().execute(
        select(col(OwnRecord.kind), col(OwnRecord.body)).where(col(OwnRecord.tenant) == tenant)
    )
    by_name: Mapping[str, type[Record]] = {str(kind): model for kind, model in RECORDS.items()}
    return [parse(by_name[kind], body) for kind, body in rows]


def put(session: Session, tenant: str, records: Sequence[Record]) -> None:
    """Stores records over those of the same kind and id."""
    _drop(session, tenant, records)
    bodies = [
        {"tenant": tenant, "kind": one.kind, "id": one.id, "body": one.model_dump_json(exclude_none=True)}
        for one in records
    ]
    fields = [
        {"tenant": tenant, "kind": kind, "field": field, "value": value, "id": ident}
        for one in records
        for kind, field, value, ident in index_rows(one)
    ]
    for table, values in ((OwnRecord, bodies), (OwnRecordField, fields)):
        if values:
            session.connection().execute(insert(table), values)


def concerned(session: Session, tenant: str, address: str) -> list[Record]:
    """Own records of who has this e-mail address, and of their leave."""
    wanted, everything = address.strip().casefold(), all_records(session, tenant)
    found: list[Record] = [
        one for one in everything if isinstance(one, Person | Contact) and one.email.casefold() == wanted
    ]
    people = {one.id for one in found if isinstance(one, Person)}
    return found + [one for one in everything if isinstance(one, Leave) and one.person_id in people]


def forget(session: Session, tenant: str, address: str) -> int:
    """Deletes what `concerned` answers, and says how many records that were."""
    gone = concerned(session, tenant, address)
    _drop(session, tenant, gone)
    return len(gone)


def _drop(session: Session, tenant: str, records: Sequence[Record]) -> None:
    keys = [{"of": tenant, "of_kind": one.kind, "of_id": one.id} for one in records]
    for statement in _DROPS if keys else ():
        session.connection().execute(statement, keys)

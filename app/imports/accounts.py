"""Rows into accounts: who may sign in here, in which roles, and up to what amount they approve."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.actor import Actor, Grant
from app.identity.principals import ROLES
from app.imports.book import Book
from app.imports.cells import Unreadable
from app.imports.kinds import ACCOUNTS
from app.imports.rows import Row, Table
from app.imports.sheet import Fault
from app.store.models import Principal
from tools.records import Person


@dataclass(frozen=True)
class AccountChange:
    """A new account (`principal_id` None), or another limit of one that is there. Money in the base currency."""

    principal_id: str | None
    name: str
    email: str | None
    unit: str | None
    record_id: str | None
    grants: tuple[Grant, ...]
    before_minor: int | None
    limit_minor: int | None


class Accounts:
    """Who has an account already keeps their roles: of them a row changes the limit and nothing else."""

    def __init__(self, present: Sequence[Principal], book: Book, actor: Actor, base_currency: str) -> None:
        self._present, self._book, self._actor, self._base = present, book, actor, base_currency
        self.changes: list[AccountChange] = []
        self.faults: list[Fault] = []
        self.duplicates = 0
        self._holders = {each.record_id: each.name for each in present if each.record_id and each.active}

    def read(self, tables: Sequence[Table]) -> None:
        first: dict[str, Row] = {}
        for row in [row for table in tables for row in table.rows()]:
            self._cells(row)
            key = " ".join(str(row.values.get("name", "")).split()).casefold()
            if key and key in first:
                if row.values == first[key].values:
                    self.duplicates += 1
                else:
                    row.refuse("name", f"is the name in row {first[key].number + 1} too, and the rows differ")
            elif not row.faults:
                first[key] = row
                self._plan(row)
            self.faults += row.faults

    def _cells(self, row: Row) -> None:
        limit = ACCOUNTS.column("limit")
        assert limit is not None
        for column in ACCOUNTS.columns:
            if column is not limit:
                row.take(column)
            if column.needed and row.cell(column.field) is None:
                row.refuse(column.field, "is empty, and it is needed")
        row.take(limit, row.currency([limit], self._base))
        if row.values.get("currency", self._base) != self._base:
            row.refuse("currency", f"is not {self._base}: limits are in the firm's base currency")
        if row.values.get("limit") is not None:
            row.values["limit_minor"] = row.values["limit"]
        if text := row.values.get("record_id"):
            try:
                row.values["record_id"] = self._book.find("person", text)
            except Unreadable as error:
                row.refuse("record_id", str(error))

    def _plan(self, row: Row) -> None:
        values = row.values
        known = self._account(values["name"], values.get("email"))
        if len(known) > 1:
            row.refuse("name", "is the name or the address of several accounts")
        elif known:
            self._change(row, known[0])
        elif not values.get("roles"):
            row.refuse("name", "names nobody who has an account; with roles one is made")
        elif (grants := self._grants(row)) is not None:
            record_id = self._record_of(row)
            holder = self._holders.setdefault(record_id, values["name"]) if record_id else values["name"]
            if holder != values["name"]:
                row.refuse("record_id" if values.get("record_id") else "email", f"is the record of {holder} already")
                return
            self.changes.append(
                AccountChange(
                    None, values["name"], values.get("email"), values.get("unit"), record_id, grants, None,
                    values.get("limit_minor"),
                )
            )  # fmt: skip

    def _account(self, name: str, email: str | None) -> list[Principal]:
        named = [
            each for each in self._present if name.casefold() in (each.name.casefold(), (each.email or "").casefold())
        ]
        return named or [each for each in self._present if email and (each.email or "").casefold() == email]

    def _change(self, row: Row, account: Principal) -> None:
        if "limit_minor" not in row.values or row.values["limit_minor"] == account.limit_minor:
            return
        if account.id == self._actor.principal_id:
            row.refuse("limit", "is your own limit; another admin changes it")
            return
        self.changes.append(
            AccountChange(
                account.id, account.name, account.email, account.unit, account.record_id, (), account.limit_minor,
                row.values["limit_minor"],
            )
        )  # fmt: skip

    def _grants(self, row: Row) -> tuple[Grant, ...] | None:
        """A role without a unit of its own holds in the row's, else everywhere."""
        split = [each.partition("/") for each in row.values["roles"]]
        if unknown := [role for role, _, _ in split if role not in ROLES]:
            row.refuse("roles", f"holds {unknown[0][:40]}, which is no role; roles are {', '.join(ROLES)}")
            return None
        return tuple(Grant(role, unit or row.values.get("unit") or "") for role, _, unit in split)

    def _record_of(self, row: Row) -> str | None:
        """The person record that was named, else that of the same address."""
        if row.values.get("record_id"):
            return str(row.values["record_id"])
        try:
            found = self._book.find("person", row.values.get("email") or "")
        except Unreadable:
            return None
        return found if self._book.get(Person, found) is not None else None

"""Who has taken a case on, who put one off, and views of the queue. None gives or takes any authority."""

from datetime import datetime

from sqlmodel import Field

from app.store.columns import time_field
from app.store.row import Row


class CaseClaim(Row, table=True):
    """Who sees to a case: they took it (`by_id` is themselves) or were given it."""

    __tablename__ = "case_claim"

    case_id: str = Field(primary_key=True)
    tenant: str
    principal_id: str = Field(index=True)
    by_id: str
    at: datetime = time_field()


class Snooze(Row, table=True):
    """A person is not to be reminded of a case before `until`."""

    case_id: str = Field(primary_key=True)
    principal_id: str = Field(primary_key=True)
    tenant: str
    until: datetime = time_field()
    at: datetime = time_field()


class SavedView(Row, table=True):
    """A view of the queue that a person keeps under a name. `query` is the part of its address after the `?`."""

    __tablename__ = "saved_view"

    tenant: str = Field(primary_key=True)
    principal_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    query: str
    at: datetime = time_field()

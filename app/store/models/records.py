"""The firm's own records: master data that lies in this database where no other system holds it, and imports of it."""

from datetime import datetime

from sqlmodel import Field

from app.store.columns import json_field, time_field
from app.store.row import Row


class OwnRecord(Row, table=True):
    """One canonical record as JSON text (tools/records.py)."""

    __tablename__ = "own_record"

    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    body: str


class OwnRecordField(Row, table=True):
    """The value of a field by which own records are looked up (tools/record_index.py)."""

    __tablename__ = "own_record_field"

    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    id: str = Field(primary_key=True)


class ImportHeading(Row, table=True):
    """How somebody read a heading: `kind` of the sheet, folded `heading` → `field` ("" is ignored).

    Of a sheet's own name `kind` is "" and `field` the kind of what is in it.
    """

    __tablename__ = "import_heading"

    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    heading: str = Field(primary_key=True)
    field: str


class ImportDraft(Row, table=True):
    """A file that a person looks at before they import it, encrypted; one a person, for an hour.

    `choices`: what they said of its sheets and headings (app/imports/drafts.py).
    """

    __tablename__ = "import_draft"

    tenant: str = Field(primary_key=True)
    principal_id: str = Field(primary_key=True)
    name: str
    content: str
    choices: dict[str, str] = json_field(dict)
    at: datetime = time_field()

"""Own records out as CSV, under headings that an import reads back as the same records."""

from collections.abc import Iterator, Sequence

from app.csv_guard import csv_rows
from app.imports.cells import written
from app.imports.kinds import Kind
from tools.record import Record


def exported(kind: Kind, records: Sequence[Record], base_currency: str) -> Iterator[bytes]:
    """The lines of one kind's file; other records are named by their ids. Records of other kinds are left out.

    `base_currency`: of amounts of records that name none.
    """
    wanted = sorted((one for one in records if kind.model and isinstance(one, kind.model)), key=lambda one: one.id)
    rows = (
        [
            written(getattr(one, column.field), column, getattr(one, "currency", base_currency))
            for column in kind.columns
        ]
        for one in wanted
    )  # fmt: skip
    return csv_rows([column.name for column in kind.columns], rows)

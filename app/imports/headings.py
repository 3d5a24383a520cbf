"""Headings: in which row they stand, which kind of record is below them, and which column is which field.

Guessed from the names that app/imports/kinds.py knows; what people said of a heading before counts first. A second line
of headings, and one merged over several columns above them, are read as one: `Contract` over `Start` is both `Start`
and `Contract Start`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.imports.kinds import BY_NAME, KINDS, Kind
from app.imports.sheet import Sheet, letter

_SEARCHED_ROWS = 20
_FEWEST = 2
"""Columns that must be known before a row counts as headings where nothing says what is below it."""
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_ENOUGH = 0.6
"""Share of the columns that a kind needs, from which on a sheet is taken for it and what is missing is told."""
IGNORED = ""


@lru_cache(maxsize=4096)
def folded(heading: str) -> str:
    """Headings that people mean as the same: case, accents, umlauts, blanks and units in brackets do not count."""
    bare = re.sub(
        r"[(\[].*?[)\]]|\s(?:in )?(?:[A-Z]{3}|[€£$])\s*(?:/\s*\w+)?\s*$", " ", unicodedata.normalize("NFKC", heading)
    )
    plain = bare.casefold().translate(_SPELT)
    plain = "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))
    return " ".join(re.findall(r"[a-z0-9&%]+", plain))


@dataclass(frozen=True)
class Memory:
    """What was said before. `kinds`: a sheet's folded name → kind; `fields`: (kind, folded heading) → field.

    Either may be IGNORED.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def over(self, other: "Memory") -> "Memory":
        """Both; what this one says counts first."""
        return Memory({**other.kinds, **self.kinds}, {**other.fields, **self.fields})


@dataclass(frozen=True)
class Layout:
    """How a sheet is read. `row` of the headings and columns count from 0; `fields`: field → column.

    `twice`: columns that would be the same field as an earlier one.
    """

    kind: Kind
    row: int
    headings: Mapping[int, str]
    fields: Mapping[str, int]
    twice: Mapping[int, str]

    @property
    def ignored(self) -> list[int]:
        read = {*self.fields.values(), *self.twice}
        return [column for column in self.headings if column not in read]

    def heading(self, column: int) -> str:
        return self.headings.get(column, letter(column))


def layout(sheet: Sheet, memory: Memory) -> Layout | None:
    """How the sheet is read: as what it was said to be, as what its name says, or as what fits best.

    None where it was said to hold nothing, or nothing fits.
    """
    told = memory.kinds.get(folded(sheet.name))
    if told == IGNORED:
        return None
    named = BY_NAME.get(told or _called(sheet.name) or "")
    if named is not None:
        return _best(sheet, memory, named, fewest=1)
    found = [one for kind in KINDS if (one := _best(sheet, memory, kind, _FEWEST)) is not None]
    # Without a name to go by, only a kind of which little that it needs is missing.
    sure = [one for one in found if _share(one) >= _ENOUGH]
    return max(sure, key=lambda one: (_share(one) == 1, len(one.fields)), default=None)


def _called(name: str) -> str | None:
    """The kind of the longest known name that is in the sheet's or file's."""
    words = f" {folded(re.sub(r'[.](csv|tsv|txt)$', '', name.lower()))} "
    known = [(folded(each), kind.name) for kind in KINDS for each in (kind.name, *kind.called)]
    found = [(len(each), kind) for each, kind in known if f" {each} " in words]
    return max(found, default=(0, None))[1]


def _best(sheet: Sheet, memory: Memory, kind: Kind, fewest: int) -> Layout | None:
    rows = range(min(_SEARCHED_ROWS, len(sheet.rows)))
    found = [_read(sheet, memory, kind, row) for row in rows]
    most = max(found, key=lambda one: len(one.fields), default=None)
    return most if most is not None and len(most.fields) >= fewest else None


def _share(one: Layout) -> float:
    needed = [column.field for column in one.kind.columns if column.needed]
    return sum(1 for name in needed if name in one.fields) / len(needed)


def _read(sheet: Sheet, memory: Memory, kind: Kind, row: int) -> Layout:
    own, above = _line(sheet, row), _line(sheet, row - 1) if row else {}
    groups = _spread(above, sheet, row)
    headings = own | {column: text for column, text in above.items() if column not in own}
    if not own:
        headings = {}
    fields: dict[str, int] = {}
    twice: dict[int, str] = {}
    names = {folded(name): column.field for column in reversed(kind.columns) for name in reversed(column.names)}
    for column in sorted(headings):
        for text in _readings(headings[column], groups.get(column)):
            said = memory.fields.get((kind.name, folded(text)))
            wanted = names.get(folded(text)) if said is None else said
            if wanted is not None:
                break
        if not wanted:
            continue
        if wanted in fields:
            twice[column] = wanted
        else:
            fields[wanted] = column
    return Layout(kind, row, headings, fields, twice)


def _readings(heading: str, group: str | None) -> Iterator[str]:
    """The group's name first: `Contract Start` says more than `Start`."""
    if group and group != heading:
        yield f"{group} {heading}"
    yield heading


def _line(sheet: Sheet, row: int) -> dict[int, str]:
    return {column: cell for column, cell in enumerate(sheet.rows[row]) if isinstance(cell, str) and len(cell) <= 200}


def _spread(above: Mapping[int, str], sheet: Sheet, row: int) -> dict[int, str]:
    """A merged heading holds its text in the first of its columns; it reaches to the next one."""
    if len(above) < 1:
        return {}
    spread: dict[int, str] = {}
    current: str | None = None
    for column in range(max(len(sheet.rows[row]), max(above) + 1)):
        current = above.get(column, current)
        if current is not None:
            spread[column] = current
    return spread

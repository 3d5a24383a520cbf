"""Grounding: of statements in letters that no fact supports, how many are marked; of supported ones, how many wrongly.

Each statement is put by itself into a letter that is otherwise as the firm meant it. The set was written before what it
measures was last changed; statements with an odd number were not looked at while it was (`*_unseen`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from agents.grounding import Grounds
from agents.situation import Situation
from agents.steps import Given, Letter, Step
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared
from tools.events import MilestoneSlipped, WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.records import RECORDS, Record
from tools.values import RecordKey

SET = Path(__file__).parents[1] / "datasets" / "grounding.yaml"
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_INVENTED = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Statement:
    """`invented` is what of the text no fact supports, in pieces; empty where all of it is supported."""

    number: int
    scene: str
    kind: str
    text: str
    invented: tuple[str, ...]


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the shipped rules on the shipped statements")
    desk = Desk(yaml.safe_load(SET.read_text(encoding="utf-8")))
    rows = desk.statements
    return Prepared(
        truths=[asdict(one) for one in rows],
        answer=lambda places: [{"marked": desk.marked(rows[place])} for place in places],
        figures=figures,
        train_file=None,
        test_file=None,
        right=lambda truth, answer: is_marked(truth, answer) is bool(truth["invented"]),
        ids=[f"{one.kind}/{one.number}" for one in rows],
    )


def figures(truths: Sequence[Mapping[str, Any]], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Shares of the planted and of the grounded statements that are marked; `grounded_unmarked` is for a baseline."""
    pairs = list(zip(truths, said, strict=True))
    found: dict[str, Estimate] = {}
    for name, planted in (("planted", True), ("grounded", False)):
        mine = [
            (one["number"] % 2, is_marked(one, answer)) for one, answer in pairs if bool(one["invented"]) is planted
        ]
        found[f"{name}_marked"] = share([marked for _, marked in mine])
        found[f"{name}_marked_unseen"] = share([marked for odd, marked in mine if odd])
        if not planted:
            found["grounded_unmarked"] = share([not marked for _, marked in mine])
    return found


def is_marked(one: Mapping[str, Any], answer: Answer) -> bool:
    """Of an invention: whether a marked piece touches it. Of a supported statement: whether anything is marked."""
    pieces: Sequence[str] = answer["marked"]
    if not one["invented"]:
        return bool(pieces)
    said = _squeezed(" ".join(one["invented"]))
    return any(
        _squeezed(piece) in said or said in _squeezed(piece) or _shares(piece, one["invented"]) for piece in pieces
    )


def _shares(piece: str, invented: Sequence[str]) -> bool:
    words = {word.casefold() for text in invented for word in re.findall(r"\w{3,}", text)}
    return not words.isdisjoint(word.casefold() for word in re.findall(r"\w{3,}", piece))


def _squeezed(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


class Desk:
    """The records and letters of the set, and what grounding marks in each."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        books = _Books(given["records"])
        lookups, subject = Lookups(books), RecordKey(kind="invoice", id="inv-1")
        data = {"milestone_id": "mil-1", "expected_on": "2026-03-19"}
        event = WorkflowEvent(id="e-1", source="s", type="psa.milestone.slipped", subject=subject, time=_NOW, data=data)
        also = [RecordKey(kind="milestone", id="mil-1"), RecordKey(kind="contact", id="con-1")]
        self._grounds = Grounds(Situation(
            event=event, data=MilestoneSlipped.model_validate(data), tenant="t", now=_NOW, lookups=lookups,
            reached=lookups.reach(subject, _NOW, also=also), trust=dict.fromkeys(data, Trust.SYSTEM),
        ))  # fmt: skip
        self._letters = {
            name: Letter("tell", one["subject"], one["body"], tuple(one["facts"]), "en")
            for name, one in given["scenes"].items()
        }
        self.statements = [*self._read(given["planted"]), *self._read(given["grounded"])]

    def _read(self, rows: Sequence[Mapping[str, str]]) -> Iterator[Statement]:
        for number, row in enumerate(rows):
            text = row["text"]
            yield Statement(
                number,
                row["scene"],
                row.get("kind", "grounded"),
                _INVENTED.sub(r"\1", text),
                tuple(_INVENTED.findall(text)),
            )

    @property
    def letters(self) -> Mapping[str, Letter]:
        return self._letters

    def marked(self, one: Statement) -> list[str]:
        """What grounding marks in the letter with that statement in it."""
        meant = self._letters[one.scene]
        greeting, _, rest = meant.body.partition("\n\n")
        return self.untraced(meant, f"{greeting}\n\n{one.text}\n\n{rest}")

    def untraced(self, meant: Letter, body: str) -> list[str]:
        args = {"customer_id": Given("cus-1"), "subject": Given(meant.subject), "body": Given(body)}
        step = Step("message", "send_customer_message", args, rationale="r", letter=meant)
        return self._grounds.untraced(step)


class _Books:
    """A ReadPort over the records of the set."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._records: dict[str, Record] = {}
        for key, fields in rows.items():
            ident = key.partition("/")[2]
            wire = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
            model = RECORDS[RecordKey.parse(key).kind]
            self._records[key] = model.model_validate({"id": ident, "authors": {"*": "system/erp"}, **wire})

    def get(self, model: type[R], ident: str) -> R | None:
        found = self._records.get(f"{model.kind}/{ident}")
        return found if isinstance(found, model) else None

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        found = [
            one
            for _, one in sorted(self._records.items())
            if isinstance(one, model) and all(str(getattr(one, name)) == value for name, value in where.items())
        ]
        return found[:limit]

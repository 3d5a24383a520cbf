"""What a reasoner is: it says what a text means, and it may word a letter. It plans and decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from agents.case_records import CaseRecords
from agents.journal import Journal
from agents.steps import Letter
from tools.facts import Fact
from tools.proposals import Assessment

Vocabulary = Literal["request", "ticket"]

CATEGORIES: dict[Vocabulary, tuple[str, ...]] = {
    "request": (
        "scope_addition", "scope_reduction", "schedule_change", "defect", "staffing_change", "question",
        "billing_dispute", "compliance", "other",
    ),
    "ticket": ("incident", "service_request", "change_request", "question", "billing_dispute", "other"),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A text to assess. `evidence` names the text's facts; `customer` limits which precedents may be seen.

    `odds` are factors on a category's odds, from what the sender or a colleague said that the text is. `records` is
    what may be looked up beside the text.
    """

    text: str
    vocabulary: Vocabulary
    tenant: str
    customer: str | None
    evidence: tuple[str, ...]
    language: str | None = None
    odds: Mapping[str, float] = field(default_factory=dict)
    records: CaseRecords | None = None


@dataclass(frozen=True)
class Wording:
    """A letter as worded. `stamp` says by what."""

    subject: str
    body: str
    stamp: str


class ModelBusy(Exception):
    """The model's server asks to be left alone for a while: the run is to be repeated then. What was paid is kept."""

    def __init__(self, why: str, after: timedelta) -> None:
        super().__init__(why)
        self.after = after


class Reasoner(Protocol):
    def assess(self, reading: Reading, journal: Journal) -> Assessment:
        """Category, urgency, impact and confidence, or an abstention with its reason.

        Never raises for a text; ModelBusy where a remote one is to be asked later.
        """

    def word(self, letter: Letter, facts: list[Fact], journal: Journal) -> Wording:
        """The letter's subject and body, saying nothing that is not in the template or the facts. Raises ModelBusy."""

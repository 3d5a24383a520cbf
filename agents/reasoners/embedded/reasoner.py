"""The embedded reasoner: classifiers of the shipped texts, the firm's own precedents, and cues.

It reads English, costs nothing, and abstains rather than guess. Letters are the templates themselves.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.journal import Journal
from agents.memory import Memory, Neighbour
from agents.reasoners.base import CATEGORIES, Reading, Vocabulary, Wording
from agents.reasoners.embedded import cues
from agents.reasoners.embedded.encoder import DIMENSIONS, Encoder, EncoderUnavailable
from agents.reasoners.embedded.heads import Heads
from agents.reasoners.embedded.language import language_of, plain
from agents.steps import Letter
from agents.wording import line
from tools.facts import Fact
from tools.proposals import Assessment, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]
    Features = NDArray[np.float32]

MIN_CONFIDENCE = 0.40
"""Below this probability of the best label the reasoner abstains."""

MIN_MARGIN = 0.10
MIN_LIKENESS = 0.12
"""Cosine to the nearest known text; below it the text is unlike anything seen, and no label means much."""

ALIKE = 0.55
"""From this cosine on a precedent counts; at 1 it outweighs the head four to one."""

_NEIGHBOURS = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Label:
    name: str
    share: float
    margin: float


class EmbeddedReasoner:
    """Safe to call from several threads. The first assessment loads the encoder."""

    def __init__(self, encoder: Encoder, memory: Memory | None = None) -> None:
        self._encoder = encoder
        self._memory = memory
        self._heads = Heads(encoder)

    def load(self) -> None:
        """Loads now what the first assessment would load. Raises EncoderUnavailable."""
        self._encoder.load()
        self._stamp()
        language_of("The language identifier is loaded as well.")

    def assess(self, reading: Reading, journal: Journal) -> Assessment:
        """Never raises for a text; an encoder that cannot be loaded is an abstention that says so."""
        text = plain(reading.text).strip()
        language = language_of(text, reading.language)
        if not any(char.isalnum() for char in text):
            return self._abstained(reading, "there is no text to read", language)
        if language != "en":
            return self._abstained(
                reading, f"the text reads as {language!r}, and this reasoner reads English", language
            )
        try:
            return self._assessed(reading, text, self._encoder.features([text]))
        except EncoderUnavailable as error:
            _log.warning("the sentence encoder is not available: %s", error)
            return self._abstained(reading, f"the sentence encoder is not available: {error}", language)

    def word(self, letter: Letter, facts: list[Fact], journal: Journal) -> Wording:
        return Wording(letter.subject, letter.body, "a template filled from facts")

    def _assessed(self, reading: Reading, text: str, features: "Features") -> Assessment:
        neighbours = self._precedents(reading, features[0, :DIMENSIONS])
        head = self._heads[reading.vocabulary]
        found = cues.odds(reading.vocabulary, text)
        odds = {name: found.get(name, 1.0) * reading.odds.get(name, 1.0) for name in head.labels}
        said = head.say([[text]], [features], odds)[0]
        label = _best(_with_precedents(dict(said.shares), neighbours, reading.vocabulary))
        likeness = max([said.likeness, *(one.similarity for one in neighbours)])
        urgency = cues.said("urgency", text) or self._level("urgency", text, features)
        impact = self._level("impact", text, features)
        doubt = _doubt(label, likeness)
        return Assessment(
            category=None if doubt else label.name,
            urgency=_level(urgency),
            impact=_level(impact),
            confidence=round(label.share * 100),
            evidence=list(reading.evidence),
            abstained=line(doubt) if doubt else None,
            novelty=_percent(1.0 - (likeness - MIN_LIKENESS) / (ALIKE - MIN_LIKENESS)),
            language="en",
            model=self._stamp(),
        )

    def _precedents(self, reading: Reading, vector: "Vector") -> tuple[Neighbour, ...]:
        if self._memory is None:
            return ()
        recall = self._memory.nearest(reading.tenant, vector, reading.customer, _NEIGHBOURS)
        if recall.fault:
            _log.warning("assessed without precedents: %s", recall.fault)
        return recall.neighbours

    def _level(self, task: str, text: str, features: "Features") -> str:
        """The likeliest level, medium unless it is likelier than not."""
        label = _best(dict(self._heads[task].say([[text]], [features])[0].shares))
        return label.name if label.share >= 0.5 else "medium"

    def _abstained(self, reading: Reading, why: str, language: str) -> Assessment:
        return Assessment(
            category=None, confidence=0, evidence=list(reading.evidence), abstained=line(why), novelty=100,
            language=language, model=f"embedded/{self._encoder.version}",
        )  # fmt: skip

    def _stamp(self) -> str:
        return f"embedded/{self._heads.version}"


def _with_precedents(
    shares: dict[str, float], neighbours: tuple[Neighbour, ...], vocabulary: Vocabulary
) -> dict[str, float]:
    """Each precedent adds to its label by how alike it is; the shares sum to 1 again."""
    votes = dict(shares)
    for one in neighbours:
        if one.similarity > ALIKE and one.precedent.kind in CATEGORIES[vocabulary]:
            likeness = (one.similarity - ALIKE) / (1.0 - ALIKE)
            votes[one.precedent.kind] = votes.get(one.precedent.kind, 0.0) + 4.0 * likeness**2
    total = sum(votes.values())
    return {label: share / total for label, share in votes.items()}


def _best(shares: dict[str, float]) -> _Label:
    first, second = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:2]
    return _Label(first[0], first[1], first[1] - second[1])


def _doubt(label: _Label, likeness: float) -> str | None:
    if likeness < MIN_LIKENESS:
        return "the text is unlike anything seen before"
    if label.share < MIN_CONFIDENCE or label.margin < MIN_MARGIN:
        return f"no category is clear: {label.name.replace('_', ' ')} comes nearest, with {round(label.share * 100)} %"
    return None


def _level(name: str) -> Level:
    return "high" if name == "high" else "low" if name == "low" else "medium"


def _percent(share: float) -> int:
    return round(100 * min(1.0, max(0.0, share)))

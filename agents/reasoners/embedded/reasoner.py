"""The embedded reasoner: classifiers of the shipped texts, the firm's own precedents, and cues.

It reads English and some German, costs nothing, and abstains rather than guess. Letters are the templates themselves.
"""

import logging
from typing import TYPE_CHECKING

from agents.journal import Journal
from agents.memory import Memory, Neighbour
from agents.reasoners.base import CATEGORIES, Reading, Vocabulary, Wording
from agents.reasoners.embedded import cues
from agents.reasoners.embedded.classifier import Said
from agents.reasoners.embedded.encoder import Encoder, EncoderUnavailable
from agents.reasoners.embedded.glossary import for_encoder
from agents.reasoners.embedded.heads import LANGUAGES, Heads
from agents.reasoners.embedded.language import language_of, plain
from agents.steps import Letter
from agents.wording import line
from tools.facts import Fact
from tools.proposals import Assessment, Level, Sentiment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Features = NDArray[np.float32]

MIN_LIKENESS = 0.12
"""Cosine to the nearest known text; below it the text is unlike anything seen, and no label means much."""

ALIKE = 0.55
"""From this cosine on a precedent counts."""

HEARD = {"negative": 1.75}
"""Odds for displeasure: heard where there is none it costs a look, not heard it costs a customer.

On texts left out macro-F1 stays as it was; of the displeased 0.38 instead of 0.52 are not heard, of the others 0.22
instead of 0.13 are taken for displeased.
"""

_NEIGHBOURS = 8
_log = logging.getLogger(__name__)


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
        if language not in LANGUAGES:
            return self._abstained(
                reading, f"the text reads as {language!r}, and this reasoner reads English and German", language
            )
        try:
            return self._assessed(reading, text, language)
        except EncoderUnavailable as error:
            _log.warning("the sentence encoder is not available: %s", error)
            return self._abstained(reading, f"the sentence encoder is not available: {error}", language)

    def word(self, letter: Letter, facts: list[Fact], journal: Journal) -> Wording:
        return Wording(letter.subject, letter.body, "a template filled from facts")

    def _assessed(self, reading: Reading, text: str, language: str) -> Assessment:
        features = self._encoder.features([for_encoder(text, language)])
        neighbours = self._precedents(reading, text)
        head = self._heads[reading.vocabulary]
        found = cues.odds(reading.vocabulary, text)
        odds = {name: found.get(name, 1.0) * reading.odds.get(name, 1.0) for name in head.labels}
        said = head.say([[text]], [features], odds)[0]
        votes = _votes(neighbours, reading.vocabulary)
        label, confidence = _settled(said, votes)
        likeness = max([said.likeness, *(one.similarity for one in neighbours)])
        doubt = None
        if likeness < MIN_LIKENESS:
            doubt = "the text is unlike anything seen before"
        elif confidence < self._heads.threshold(reading.vocabulary, language):
            doubt = f"no category is clear: {label.replace('_', ' ')} comes nearest, with {round(confidence * 100)} %"
        return Assessment(
            category=None if doubt else label,
            urgency=_level(cues.said("urgency", text) or self._level("urgency", text, features)),
            impact=_level(self._level("impact", text, features)),
            sentiment=_sentiment(self._heads["sentiment"].say([[text]], [features], HEARD)[0].label),
            confidence=_percent(confidence),
            evidence=list(reading.evidence),
            abstained=line(doubt) if doubt else None,
            novelty=_percent(1.0 - (likeness - MIN_LIKENESS) / (ALIKE - MIN_LIKENESS)),
            language=language,
            model=self._stamp(),
        )

    def _precedents(self, reading: Reading, text: str) -> tuple[Neighbour, ...]:
        """Of the text as it was written, which is how precedents are remembered."""
        if self._memory is None:
            return ()
        vector = self._encoder.encode([text])[0]
        recall = self._memory.nearest(reading.tenant, vector, reading.customer, _NEIGHBOURS)
        if recall.fault:
            _log.warning("assessed without precedents: %s", recall.fault)
        return recall.neighbours

    def _level(self, task: str, text: str, features: "Features") -> str:
        """The likeliest level, medium unless it is likelier than not."""
        said = self._heads[task].say([[text]], [features])[0]
        return said.label if said.shares[said.label] >= 0.5 else "medium"

    def _abstained(self, reading: Reading, why: str, language: str) -> Assessment:
        return Assessment(
            category=None, confidence=0, evidence=list(reading.evidence), abstained=line(why), novelty=100,
            language=language, model=f"embedded/{self._encoder.version}",
        )  # fmt: skip

    def _stamp(self) -> str:
        return f"embedded/{self._heads.version}"


def _votes(neighbours: tuple[Neighbour, ...], vocabulary: Vocabulary) -> dict[str, float]:
    """Each precedent speaks for its label by how alike it is; one of the same words outweighs the head four to one."""
    votes: dict[str, float] = {}
    for one in neighbours:
        if one.similarity > ALIKE and one.precedent.kind in CATEGORIES[vocabulary]:
            likeness = (one.similarity - ALIKE) / (1.0 - ALIKE)
            votes[one.precedent.kind] = votes.get(one.precedent.kind, 0.0) + 4.0 * likeness**2
    return votes


def _settled(said: Said, votes: dict[str, float]) -> tuple[str, float]:
    """The label of head and precedents together, and how sure it is: the head's calibrated confidence, outvoted."""
    shares = {label: share + votes.get(label, 0.0) for label, share in said.shares.items()}
    label = min(shares, key=lambda one: (-shares[one], one))
    sure = said.confidence if label == said.label else said.shares[label]
    return label, (sure + votes.get(label, 0.0)) / (1.0 + sum(votes.values()))


def _level(name: str) -> Level:
    return "high" if name == "high" else "low" if name == "low" else "medium"


def _sentiment(name: str) -> Sentiment:
    return "negative" if name == "negative" else "positive" if name == "positive" else "neutral"


def _percent(share: float) -> int:
    return round(100 * min(1.0, max(0.0, share)))

"""The model reasoner: an OpenAI-compatible model reads the text and words the letters, through langchain-openai.

A customer's text goes to the model as one field of a JSON object, never as instructions. What comes back counts only if
the provider says that it is complete and it has the shape asked for. What becomes of the case otherwise:

- the server is busy or away: asked again in place; where it wants longer the case comes back later (`ModelBusy`);
- no answer that counts (refusal, cut short, wrong shape, an outage, a budget used up): the embedded reasoner answers,
  and the result is stamped with why;
- the model was led astray (it asked for other customers' records, for functions that do not exist, or for ever more):
  nobody answers; the assessment abstains, says so, and a person reads the text.

What the embedded reasoner finds in the same text bounds what the model may make of it: urgency and impact are only
ever raised, and a category that the two do not share is not a sure one. A letter keeps every value of its draft.
"""

import logging
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from agents.journal import Journal
from agents.meant import left_out
from agents.reasoners.base import CATEGORIES, Reading, Reasoner, Wording
from agents.reasoners.embedded.language import plain
from agents.reasoners.openai.client import Client, Endpoint
from agents.reasoners.openai.dialogue import Dialogue
from agents.reasoners.openai.limits import LedAstray, Limits, Unusable
from agents.steps import Letter
from agents.wording import line
from prompts import load
from tools.facts import Fact
from tools.proposals import Assessment, Level, Share, Usage
from tools.values import Line, Text

MAX_TEXT = 20_000
"""Characters of a customer's text that are sent; the rest is left out, and the model is told so."""

DISAGREED = 50
"""The most confidence in a category that the embedded reasoner, sure of another one, does not share."""

UNCONFIRMED = 65
"""The most confidence in a category that nobody else has read out of the text: somebody is to look at it."""

_LEVELS: tuple[Level, ...] = ("low", "medium", "high")

Unclear = Literal["several_requests", "too_vague", "not_a_request", "contradictory", "other"]
_WHY: dict[Unclear | None, str] = {
    "several_requests": "the model finds several requests in the text",
    "too_vague": "the model finds the text too vague",
    "not_a_request": "the model finds no request in the text",
    "contradictory": "the model finds that the text contradicts itself",
}
_log = logging.getLogger(__name__)


class AssessedByModel(BaseModel):
    """Nothing in it is free text: what a model was made to say in its own words would stand on reviewers' cards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    category: str | None
    urgency: Level
    impact: Level
    confidence: Share
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    why_unclear: Unclear | None


class WordedByModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    subject: Line
    body: Text


class OpenAIReasoner:
    """Safe to call from several threads. `instead` answers whenever the model does not."""

    def __init__(
        self, endpoint: Endpoint, instead: Reasoner, limits: Limits | None = None, client: Client | None = None
    ) -> None:
        self._endpoint, self._instead = endpoint, instead
        self._limits = limits or Limits()
        self._client = client or Client(endpoint, self._limits)

    def assess(self, reading: Reading, journal: Journal) -> Assessment:
        """Raises ModelBusy: the case is to come back later."""
        prompt = load("assess", 2)
        categories = CATEGORIES[reading.vocabulary]
        text = plain(reading.text)
        request: dict[str, object] = {"categories": list(categories), "message": text[:MAX_TEXT]}
        if len(text) > MAX_TEXT:
            request["cut_off_after"] = MAX_TEXT
        second = self._instead.assess(reading, journal)
        try:
            answer, usage = self._dialogue(journal).ask(prompt, request, AssessedByModel, reading.records)
            if answer.category is not None and answer.category not in categories:
                raise Unusable("it named a category that does not exist")
        except LedAstray as failure:
            return self._for_a_person(reading, second, failure)
        except Unusable as failure:
            return second.model_copy(update={"model": self._stamp_instead(second.model, failure)})
        return self._assessed(reading, answer, second, usage).model_copy(update={"prompt": prompt.stamp})

    def word(self, letter: Letter, facts: list[Fact], journal: Journal) -> Wording:
        """Raises ModelBusy: the case is to come back later."""
        prompt = load("letter", 1)
        request = {
            "purpose": letter.purpose, "subject": letter.subject, "body": letter.body,
            "facts": {fact.id: fact.value for fact in facts},
        }  # fmt: skip
        try:
            answer, usage = self._dialogue(journal).ask(prompt, request, WordedByModel)
            subject, body = line(plain(answer.subject)), plain(answer.body).strip()
            if not subject or not body:
                raise Unusable("its letter is empty")
            if (lost := left_out(f"{letter.subject}\n{letter.body}", f"{subject}\n{body}")) is not None:
                raise Unusable(f"its letter leaves out {lost}")
        except Unusable as failure:
            wording = self._instead.word(letter, facts, journal)
            return Wording(wording.subject, wording.body, self._stamp_instead(wording.stamp, failure))
        used = f"{usage.tokens_in + usage.tokens_out} tokens, {usage.latency_ms} ms"
        return Wording(subject, body, line(f"{self._endpoint.model}, {prompt.stamp}, {used}"))

    def _assessed(self, reading: Reading, answer: AssessedByModel, second: Assessment, usage: Usage) -> Assessment:
        confidence = answer.confidence if answer.category else 0
        if answer.category != second.category:
            confidence = min(confidence, UNCONFIRMED if second.category is None else DISAGREED)
        unclear = _WHY.get(answer.why_unclear, "the model could not tell") if answer.category is None else None
        return Assessment(
            category=answer.category, urgency=_no_lower(answer.urgency, second.urgency),
            impact=_no_lower(answer.impact, second.impact), sentiment=second.sentiment, confidence=confidence,
            evidence=list(reading.evidence), abstained=unclear, novelty=second.novelty, language=answer.language,
            model=line(self._endpoint.model), usage=usage,
        )  # fmt: skip

    def _for_a_person(self, reading: Reading, second: Assessment, failure: LedAstray) -> Assessment:
        _log.warning("the model was led astray: %s", failure)
        return Assessment(
            category=None, urgency=second.urgency, impact=second.impact, sentiment=second.sentiment, confidence=0,
            novelty=100,
            evidence=list(reading.evidence), abstained=line(f"the model was led astray by the text: {failure}"),
            language=second.language, model=line(self._endpoint.model), prompt=load("assess", 2).stamp,
        )  # fmt: skip

    def _dialogue(self, journal: Journal) -> Dialogue:
        return Dialogue(self._endpoint, self._limits, self._client, journal)

    def _stamp_instead(self, stamp: str, failure: Unusable) -> str:
        return line(f"{stamp} instead of {self._endpoint.model}: {failure}")


def _no_lower(said: Level, plainly: Level) -> Level:
    """The higher of the two: a model may raise what the text plainly reads as, and is talked down by nobody."""
    return max(said, plainly, key=_LEVELS.index)

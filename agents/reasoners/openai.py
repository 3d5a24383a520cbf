"""The model reasoner: an OpenAI-compatible model reads the text and words the letters, through langchain-openai.

A customer's text goes to the model as one field of a JSON object, never as instructions. What comes back counts only if
the provider says that it is complete and it has the shape asked for; otherwise the embedded reasoner answers, and the
result is stamped with why. Nothing is retried here: the client's own retries are off, so that a slow provider cannot
hold a worker for longer than the one time-out.
"""

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.journal import Journal, ModelResponse
from agents.reasoners.base import CATEGORIES, Reading, Reasoner, Wording
from agents.reasoners.embedded.language import plain
from agents.steps import Letter
from agents.wording import line
from prompts import Prompt, load
from tools.facts import Fact
from tools.proposals import Assessment, Level, Share
from tools.values import Line, Text, digest

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

MAX_TEXT = 20_000
"""Characters of a customer's text that are sent; the rest is left out."""

_log = logging.getLogger(__name__)


class AssessedByModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    category: str | None
    urgency: Level
    impact: Level
    confidence: Share
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    why_unclear: Annotated[str, Field(max_length=300)] | None


class WordedByModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    subject: Line
    body: Text


class Unusable(Exception):
    """The model gave no answer that counts; the message says why, without quoting the answer."""


A = TypeVar("A", bound=BaseModel)


@dataclass(frozen=True)
class Endpoint:
    """Where the model is. Prices are in millionths of a currency unit per token; None when they are not known."""

    model: str
    api_key: str
    base_url: str | None = None
    timeout_s: float = 30.0
    max_tokens: int = 1_500
    input_price: int | None = None
    output_price: int | None = None


class OpenAIReasoner:
    """Safe to call from several threads. `instead` answers whenever the model does not."""

    def __init__(self, endpoint: Endpoint, instead: Reasoner) -> None:
        self._endpoint = endpoint
        self._instead = instead

    def assess(self, reading: Reading, journal: Journal) -> Assessment:
        prompt = load("assess", 1)
        categories = CATEGORIES[reading.vocabulary]
        request = {"categories": list(categories), "message": plain(reading.text)[:MAX_TEXT]}
        try:
            answer = self._ask(prompt, request, AssessedByModel, journal)
            if answer.category is not None and answer.category not in categories:
                raise Unusable("it named a category that does not exist")
        except Unusable as failure:
            assessed = self._instead.assess(reading, journal)
            return assessed.model_copy(update={"model": self._stamp_instead(assessed.model, failure)})
        unclear = line(answer.why_unclear or "the model could not tell") if answer.category is None else None
        return Assessment(
            category=answer.category, urgency=answer.urgency, impact=answer.impact,
            confidence=answer.confidence if answer.category else 0, evidence=list(reading.evidence), abstained=unclear,
            language=answer.language, model=line(self._endpoint.model), prompt=prompt.stamp,
        )  # fmt: skip

    def word(self, letter: Letter, facts: list[Fact], journal: Journal) -> Wording:
        prompt = load("letter", 1)
        request = {
            "purpose": letter.purpose, "subject": letter.subject, "body": letter.body,
            "facts": {fact.id: fact.value for fact in facts},
        }  # fmt: skip
        try:
            answer = self._ask(prompt, request, WordedByModel, journal)
            subject, body = line(plain(answer.subject)), plain(answer.body).strip()
            if not subject or not body:
                raise Unusable("its letter is empty")
        except Unusable as failure:
            wording = self._instead.word(letter, facts, journal)
            return Wording(wording.subject, wording.body, self._stamp_instead(wording.stamp, failure))
        return Wording(subject, body, line(f"{self._endpoint.model}, {prompt.stamp}"))

    def _ask(self, prompt: Prompt, request: dict[str, Any], answer: type[A], journal: Journal) -> A:
        """The model's answer to `request`, from the journal if it was paid for before. Raises Unusable."""
        schema = {"name": prompt.name, "strict": True, "schema": _strict_schema(answer)}
        messages = [("system", prompt.text), ("human", json.dumps(request, ensure_ascii=False))]
        settings = {"model": self._endpoint.model, "base_url": self._endpoint.base_url, "temperature": 0,
                    "max_tokens": self._endpoint.max_tokens}  # fmt: skip
        key = digest({"settings": settings, "messages": [list(one) for one in messages], "schema": schema})
        response = journal.recorded(key)
        if response is None:
            response = self._call(messages, schema)
            journal.record(key, response)
        if response.refusal:
            raise Unusable("it refused")
        if response.finish_reason != "stop":
            raise Unusable(f"its answer is not complete (finish_reason {response.finish_reason or 'missing'})")
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise Unusable(f"its answer has not the shape asked for ({error.error_count()} errors)") from error

    def _call(self, messages: list[tuple[str, str]], schema: dict[str, Any]) -> ModelResponse:
        # Through extra_body: as `response_format` the client would parse the answer itself, and a truncated or refused
        # one would come back as an exception without its usage, paid for and not on record.
        response_format = {"type": "json_schema", "json_schema": schema}
        try:
            message = self._client.invoke(messages, extra_body={"response_format": response_format})
        except Exception as error:
            _log.warning("model call failed: %s", type(error).__name__)
            raise Unusable(_failure(error)) from error
        meta, usage = message.response_metadata, message.usage_metadata
        used = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
        return ModelResponse(
            content=message.content if isinstance(message.content, str) else json.dumps(message.content),
            finish_reason=str(meta.get("finish_reason") or ""),
            refusal=message.additional_kwargs.get("refusal"),
            model=str(meta.get("model_name") or self._endpoint.model),
            input_tokens=used[0],
            output_tokens=used[1],
            cost_micros=self._cost(*used) if usage else None,
        )

    def _cost(self, read: int, written: int) -> int | None:
        prices = self._endpoint.input_price, self._endpoint.output_price
        return None if prices[0] is None or prices[1] is None else read * prices[0] + written * prices[1]

    def _stamp_instead(self, stamp: str, failure: Unusable) -> str:
        return line(f"{stamp} instead of {self._endpoint.model}: {failure}")

    @cached_property
    def _client(self) -> "ChatOpenAI":
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model_name=self._endpoint.model,
            openai_api_key=SecretStr(self._endpoint.api_key),
            openai_api_base=self._endpoint.base_url,
            temperature=0,
            max_retries=0,
            request_timeout=self._endpoint.timeout_s,
            max_tokens=self._endpoint.max_tokens,
            use_responses_api=False,
        )


def _failure(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__


def _strict_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema within what strict structured output allows: no bounds, formats or patterns."""
    left_out = {"pattern", "maxLength", "minLength", "minimum", "maximum", "title", "default"}
    schema: dict[str, Any] = _without(answer.model_json_schema(), left_out)
    return schema


def _without(node: Any, names: set[str]) -> Any:
    if isinstance(node, dict):
        return {key: _without(value, names) for key, value in node.items() if key not in names}
    return [_without(one, names) for one in node] if isinstance(node, list) else node

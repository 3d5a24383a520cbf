"""The dialogue: a prompt, data, perhaps a few lookups, and one answer of the shape asked for.

Each call is journalled before anything is done with it and counted against the budgets before it is made.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.case_records import CaseRecords, NotHere, NotOffered, Unanswered
from agents.journal import Journal, ModelResponse, Spent, ToolCall
from agents.reasoners.base import ModelBusy
from agents.reasoners.openai.client import Client, Endpoint, Request
from agents.reasoners.openai.limits import LedAstray, Limits, NotAsked, Unusable
from agents.wording import line
from prompts import Prompt
from tools.proposals import Usage
from tools.values import digest

A = TypeVar("A", bound=BaseModel)

_TURN_MARKS = re.compile(r"[<>]|\[(?=/?[A-Z][A-Z_ ]*\])")
STRAYS = 2
"""Functions that do not exist, or records that are not the customer's, that a model may ask for by mistake."""


class Dialogue:
    def __init__(self, endpoint: Endpoint, limits: Limits, client: Client, journal: Journal) -> None:
        self._endpoint, self._limits, self._client, self._journal = endpoint, limits, client, journal
        self._made: list[ModelResponse] = []

    def ask(
        self, prompt: Prompt, data: Mapping[str, Any], answer: type[A], records: CaseRecords | None = None
    ) -> tuple[A, Usage]:
        """The model's answer, from the journal if it was paid for before. Raises Unusable, ModelBusy."""
        messages: list[Mapping[str, Any]] = [
            {"role": "system", "content": prompt.text},
            {"role": "user", "content": marked_data(data)},
        ]
        schema = {"name": prompt.name, "strict": True, "schema": strict_schema(answer)}
        functions = [_function(name, *said) for name, said in records.offered.items()] if records else []
        asked = strays = 0
        for _ in range(self._limits.rounds + 1):
            response = self._call(prompt, Request(messages, schema, functions))
            if not response.tool_calls:
                return self._parsed(response, answer), usage_of(self._made)
            asked += len(response.tool_calls)
            if asked > self._limits.lookups:
                raise LedAstray(f"it asked for more than {self._limits.lookups} lookups")
            calls = [
                call.model_copy(update={"id": f"call-{asked - place}"})
                for place, call in enumerate(reversed(response.tool_calls))
            ][::-1]
            messages.append(_asking(calls))
            for call in calls:
                said, stray = _answer(call, records)
                strays += stray
                messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
            if strays > STRAYS:
                raise LedAstray("it kept asking for functions or records that it was not given")
        raise LedAstray(f"it gave no answer in {self._limits.rounds + 1} rounds")

    def _call(self, prompt: Prompt, request: Request) -> ModelResponse:
        settings = {
            "model": self._endpoint.model, "base_url": self._endpoint.base_url, "temperature": 0,
            "max_tokens": self._endpoint.max_tokens,
        }  # fmt: skip
        asked = {"messages": list(request.messages), "schema": request.schema, "functions": list(request.functions)}
        key = digest({"settings": settings, **asked})
        response = self._journal.recorded(key)
        if response is None:
            spent = self._journal.spent()
            size = len(json.dumps(asked, ensure_ascii=False).encode())
            self._check(spent, size)
            began = time.monotonic()
            try:
                response = self._client.ask(request).model_copy(update={"prompt": prompt.stamp})
            except ModelBusy as busy:  # nothing was used
                if spent.case_age_s + busy.after.total_seconds() > self._limits.patience.total_seconds():
                    raise Unusable(f"it stayed busy ({busy})") from busy
                raise
            except NotAsked:
                raise
            except Unusable as failure:
                self._failed(key, prompt, spent, str(failure), round((time.monotonic() - began) * 1000))
                raise
            self._journal.record(key, response)
        self._made.append(response)
        return response

    def _failed(self, key: str, prompt: Prompt, spent: Spent, why: str, latency_ms: int) -> None:
        """Puts a call without an answer on record: its time counts, and it is made again when it is asked for again."""
        attempt = ModelResponse(
            content="", finish_reason="", model=line(self._endpoint.model), prompt=prompt.stamp, latency_ms=latency_ms,
            failure=line(why),
        )  # fmt: skip
        self._journal.record(digest({"failed": key, "after": spent.case_calls}), attempt)

    def _check(self, spent: Spent, size: int) -> None:
        # A token is two bytes or more of such text; what comes back is bounded by max_tokens.
        read, written = size // 2, self._endpoint.max_tokens
        price = self._endpoint.price
        self._limits.check(spent, read + written, price.of(read, written) if price else 0)

    def _parsed(self, response: ModelResponse, answer: type[A]) -> A:
        if response.refusal:
            raise Unusable("it refused")
        if response.finish_reason != "stop":
            raise Unusable(f"its answer is not complete (finish_reason {response.finish_reason[:40] or 'missing'})")
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise Unusable(f"its answer has not the shape asked for ({error.error_count()} errors)") from error


def marked_data(data: Mapping[str, Any]) -> str:
    """One JSON object in which no text can end its field, its object or its turn.

    A quotation mark is escaped by JSON itself. The marks by which chat templates tell turns apart (`<|im_end|>`,
    `[/INST]`) are escaped too: some servers read them wherever they stand.
    """
    return _TURN_MARKS.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(data, ensure_ascii=False))


def usage_of(made: Sequence[ModelResponse]) -> Usage:
    costs = [one.cost_micros for one in made]
    return Usage(
        calls=len(made), tokens_in=sum(one.input_tokens for one in made),
        tokens_out=sum(one.output_tokens for one in made), latency_ms=sum(one.latency_ms for one in made),
        cost_micros=None if None in costs else sum(cost or 0 for cost in costs),
    )  # fmt: skip


def _answer(call: ToolCall, records: CaseRecords | None) -> tuple[str, bool]:
    """What the model is told, and whether it asked for what is not there."""
    try:
        arguments = json.loads(call.arguments)
        if not isinstance(arguments, dict):
            raise Unanswered("the arguments must be one JSON object")
        if records is None:
            raise NotOffered("there is no such function")
        return marked_data(records.ask(call.name, arguments)), False
    except (ValueError, RecursionError):
        return marked_data({"error": "the arguments are not valid JSON"}), False
    except Unanswered as error:
        return marked_data({"error": str(error)}), isinstance(error, NotHere | NotOffered)


def _asking(calls: Sequence[ToolCall]) -> dict[str, Any]:
    """The model's own turn, as it is sent back; arguments that are no JSON object would make the next call fail."""
    return {
        "role": "assistant", "content": "",
        "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _object(call.arguments)}}
            for call in calls
        ],
    }  # fmt: skip


def _object(arguments: str) -> str:
    try:
        return arguments if isinstance(json.loads(arguments), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"


def _function(name: str, said: str, argument: str | None) -> dict[str, Any]:
    names = [argument] if argument else []
    parameters = {
        "type": "object", "additionalProperties": False, "required": names,
        "properties": {each: {"type": "string"} for each in names},
    }  # fmt: skip
    return {"type": "function", "function": {"name": name, "description": said, "parameters": parameters}}


def strict_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema within what strict structured output allows: no bounds, formats or patterns."""
    left_out = {"pattern", "maxLength", "minLength", "minimum", "maximum", "title", "default", "description"}
    schema: dict[str, Any] = _without(answer.model_json_schema(), left_out)
    return schema


def _without(node: Any, names: set[str]) -> Any:
    if isinstance(node, dict):
        return {key: _without(value, names) for key, value in node.items() if key not in names}
    return [_without(one, names) for one in node] if isinstance(node, list) else node

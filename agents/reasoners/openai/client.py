"""The client: one request to an OpenAI-compatible server, in bounded time and size, with the one rule for retries.

The rule: the client library's own retries are off. A server that is busy or away (429, 408, 5xx, no connection, no
answer in time) is asked again in place a few times; where it asks for longer than that, `ModelBusy` says when to come
back. Everything else is final. After an outage nobody is kept waiting for a while: calls fail at once.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agents.journal import ModelResponse, ToolCall
from agents.reasoners.base import ModelBusy
from agents.reasoners.openai.limits import Limits, NotAsked, Price, Unusable
from agents.reasoners.openai.transport import Exchanges, NoAnswer
from agents.wording import line

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_openai import ChatOpenAI

OUTAGE_S = 15.0
_MOST_COUNTED = 2_000_000_000
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_S = 86_400.0
"""Of what a server may ask for; anything above it means: not now."""

_REASONS = frozenset({"stop", "length", "tool_calls", "function_call", "content_filter"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Endpoint:
    """Where the model is. `timeout_s` bounds one answer as a whole. `price` is None when it is not known."""

    model: str
    api_key: str
    base_url: str | None = None
    timeout_s: float = 30.0
    max_tokens: int = 1_500
    price: Price | None = None


@dataclass(frozen=True)
class Request:
    """Messages in the wire's form; `schema` is the answer's JSON Schema with its name, `functions` may be called."""

    messages: Sequence[Mapping[str, Any]]
    schema: Mapping[str, Any]
    functions: Sequence[Mapping[str, Any]] = ()


class _Busy(Exception):
    """Asking again may help, after so many seconds if the server said so. `told`: it is there, but busy."""

    def __init__(self, why: str, after_s: float | None, *, told: bool) -> None:
        super().__init__(why)
        self.after_s, self.told = after_s, told


class Client:
    """Safe to call from several threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint, self._limits = endpoint, limits
        self._sleep, self._monotonic = sleep, monotonic
        self._away_until, self._lock = 0.0, threading.Lock()
        self._exchanges = Exchanges(endpoint.timeout_s)

    def ask(self, request: Request) -> ModelResponse:
        """Raises Unusable, and ModelBusy where the server itself asked for more time than is waited in place."""
        with self._lock:
            if self._monotonic() < self._away_until:
                raise NotAsked("the model could not be reached a moment ago")
        for attempt in range(self._limits.retries + 1):
            try:
                return self._once(request)
            except _Busy as busy:
                wait = 0.5 * 2**attempt if busy.after_s is None else busy.after_s
                _log.warning("model call %d failed: %s", attempt + 1, busy)
                if attempt == self._limits.retries or wait > self._limits.wait_s:
                    raise self._given_up(busy, wait) from busy
            self._sleep(wait)
        raise AssertionError("the last attempt answers or raises")

    def _given_up(self, busy: _Busy, wait: float) -> Exception:
        if busy.told:
            after = timedelta(seconds=max(wait, self._limits.wait_s))
            return ModelBusy(str(busy), min(after, self._limits.longest_wait))
        with self._lock:
            self._away_until = self._monotonic() + OUTAGE_S
        return Unusable(str(busy))

    def _once(self, request: Request) -> ModelResponse:
        chat, began = self._chat, self._monotonic()
        # Through extra_body: as `response_format` the client would parse the answer itself, and a truncated or refused
        # one would come back as an exception without its usage, paid for and not on record.
        more: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": dict(request.schema)}}
        if request.functions:
            more |= {"tools": list(request.functions), "parallel_tool_calls": False}
        with self._exchanges.begin() as exchange:
            try:
                message = chat.invoke([dict(one) for one in request.messages], extra_body=more)
                return self._response(request, message, round((self._monotonic() - began) * 1000))
            except Exception as error:
                if exchange.over:
                    raise _Busy("its server did not answer in time", None, told=False) from error
                raise _classified(error) from error

    def _response(self, request: Request, message: "AIMessage", latency_ms: int) -> ModelResponse:
        meta, price = message.response_metadata, self._endpoint.price
        read, written = _used(request, message)
        refusal = message.additional_kwargs.get("refusal")
        return ModelResponse(
            content=_whole(message.content if isinstance(message.content, str) else json.dumps(message.content)),
            finish_reason=_ended(meta.get("finish_reason")),
            refusal=None if refusal is None else _whole(str(refusal)),
            tool_calls=_calls(message),
            model=line(_whole(str(meta.get("model_name") or self._endpoint.model))),
            input_tokens=read,
            output_tokens=written,
            cost_micros=min(price.of(read, written), _MOST_COUNTED) if price else None,
            latency_ms=latency_ms,
        )

    @cached_property
    def _chat(self) -> "ChatOpenAI":
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
            http_client=self._exchanges.http_client(),
        )


def _classified(error: Exception) -> Exception:
    """What a failed call means: `_Busy` where asking again may help, else Unusable."""
    import openai

    cause = error if isinstance(error, NoAnswer) else error.__cause__
    if isinstance(cause, NoAnswer):
        return Unusable(str(cause))
    if isinstance(error, openai.APITimeoutError):
        return _Busy("its server did not answer in time", None, told=False)
    if isinstance(error, openai.APIConnectionError):
        return _Busy("its server could not be reached", None, told=False)
    if isinstance(error, openai.APIStatusError):
        said = f"its server answered {error.status_code}"
        # The account's money is used up: no waiting helps.
        if error.status_code not in _AGAIN or error.code == "insufficient_quota":
            return Unusable(said)
        after = _retry_after(error.response.headers)
        return _Busy(said, after, told=error.status_code == 429 or after is not None)
    return Unusable(f"its answer is no chat completion ({type(error).__name__})")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks for, from `retry-after-ms` or `Retry-After` (RFC 9110: seconds or a date)."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        try:
            if value is not None:
                return min(max(0.0, float(value) / scale), _LONGEST_S)
        except ValueError:
            continue
    try:
        at, now = (parsedate_to_datetime(headers[name]) for name in ("retry-after", "date"))
        return min(max(0.0, (at - now).total_seconds()), _LONGEST_S)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _used(request: Request, message: "AIMessage") -> tuple[int, int]:
    """Tokens read and written as the server counts them; by size (four bytes each) where it says nothing."""
    usage = message.usage_metadata
    read, written = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
    if read <= 0 and written <= 0:
        read = len(json.dumps([dict(one) for one in request.messages], ensure_ascii=False).encode()) // 4
        written = len(str(message.content).encode()) // 4
    return min(max(0, read), _MOST_COUNTED), min(max(0, written), _MOST_COUNTED)


def _ended(reason: object) -> str:
    """Why the answer ended, as far as it is one of the protocol's reasons: people read it, and the server wrote it."""
    return "" if not reason else reason if isinstance(reason, str) and reason in _REASONS else "unknown"


def _whole(text: str) -> str:
    """Without halves of surrogate pairs, which JSON may hold and no file or database can."""
    return text.encode("utf-8", "replace").decode()


def _calls(message: "AIMessage") -> list[ToolCall]:
    asked: list[tuple[object, object, str]] = [
        (one.get("id"), one.get("name"), json.dumps(one.get("args"))) for one in message.tool_calls
    ]
    asked += [(one.get("id"), one.get("name"), str(one.get("args"))) for one in message.invalid_tool_calls]
    return [
        ToolCall(
            id=_whole(str(ident or ""))[:200], name=_whole(str(name or ""))[:100], arguments=_whole(arguments)[:4_000]
        )
        for ident, name, arguments in asked[:100]
    ]

"""The journal of model calls: what was paid for once is replayed, not bought again, and all of it is counted.

Only calls that cost money go through it. Encoding and classifying in process are cheap and deterministic, and a
repeated run computes them again.
"""

from typing import Annotated, Protocol

from pydantic import Field

from tools.values import Value

Count = Annotated[int, Field(ge=0)]


class ToolCall(Value):
    """A lookup that the model asks for. `arguments` is JSON as the model wrote it, valid or not."""

    id: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=100)]
    arguments: Annotated[str, Field(max_length=4_000)]


class ModelResponse(Value):
    """What a model answered, whole or not: `finish_reason` is the provider's, empty where it gave none.

    `cost_micros` is in millionths of the currency of the price list, None where no price is known. `prompt` stamps the
    prompt file that asked. `failure` says why there was no answer; then the rest says what the attempt has used.
    """

    content: str
    finish_reason: str
    refusal: str | None = None
    tool_calls: list[ToolCall] = []
    model: str
    prompt: str = ""
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_micros: Count | None = None
    latency_ms: Count = 0
    failure: Annotated[str, Field(max_length=200)] | None = None


class Spent(Value):
    """What model calls have used: for this case ever, and for its firm since midnight UTC. Tokens are read + written.

    `case_age_s`: for how long the event that is worked off has been here.
    """

    case_calls: Count = 0
    case_tokens: Count = 0
    case_cost_micros: Count = 0
    case_latency_ms: Count = 0
    day_tokens: Count = 0
    day_cost_micros: Count = 0
    case_age_s: Count = 0


class Journal(Protocol):
    """Model calls of one case. The digest covers the prompt, the settings and the schema asked for."""

    def recorded(self, request_digest: str) -> ModelResponse | None:
        """The response to this very request, if one was recorded."""

    def record(self, request_digest: str, response: ModelResponse) -> None:
        """Keeps the response, durably before it returns."""

    def spent(self) -> Spent:
        """What was used before the call that is about to be made."""

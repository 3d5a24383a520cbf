"""The journal of model calls: what was paid for once is replayed, not bought again.

Only calls that cost money go through it. Encoding and classifying in process are cheap and deterministic, and a
repeated run computes them again.
"""

from typing import Annotated, Protocol

from pydantic import Field

from tools.values import Value

Count = Annotated[int, Field(ge=0)]


class ModelResponse(Value):
    """What a model answered, whole or not: `finish_reason` is the provider's, empty where it gave none.

    `cost_micros` is in millionths of the currency of the price list, None where no price is known.
    """

    content: str
    finish_reason: str
    refusal: str | None = None
    model: str
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_micros: Count | None = None


class Journal(Protocol):
    """Model calls of one case. The digest covers the prompt, the settings and the schema asked for."""

    def recorded(self, request_digest: str) -> ModelResponse | None:
        """The response to this very request, if one was recorded."""

    def record(self, request_digest: str, response: ModelResponse) -> None:
        """Keeps the response, durably before it returns."""

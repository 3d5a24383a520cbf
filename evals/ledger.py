"""The journal of what a task asks a model: kept in memory, so that what it cost can be told."""

from typing import Any

from agents.journal import ModelResponse, Spent


class Ledger:
    """agents.journal.Journal of one row. Nothing is replayed: a repetition asks the model anew."""

    def __init__(self) -> None:
        self._calls: list[ModelResponse] = []

    def recorded(self, request_digest: str) -> ModelResponse | None:
        return None

    def record(self, request_digest: str, response: ModelResponse) -> None:
        self._calls.append(response)

    def spent(self) -> Spent:
        return Spent(
            case_calls=len(self._calls),
            case_tokens=sum(one.input_tokens + one.output_tokens for one in self._calls),
            case_cost_micros=sum(one.cost_micros or 0 for one in self._calls),
            case_latency_ms=sum(one.latency_ms for one in self._calls),
        )

    def used(self) -> dict[str, Any]:
        """Calls, tokens, millionths of money and milliseconds; money None where no price is known."""
        spent = self.spent()
        unpriced = any(one.cost_micros is None for one in self._calls)
        return {
            "calls": spent.case_calls, "tokens": spent.case_tokens,
            "cost_micros": None if unpriced else spent.case_cost_micros, "latency_ms": spent.case_latency_ms,
        }  # fmt: skip

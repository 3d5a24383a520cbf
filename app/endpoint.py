"""Endpoint: the model that the settings name, and what may be asked of it."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from agents.reasoners.openai import Endpoint, Limits


def endpoint_of(settings: Settings) -> "tuple[Endpoint, Limits]":
    """Raises AssertionError where no model is named."""
    # Not needed by the embedded default.
    from agents.reasoners.openai import Endpoint, Limits, Price

    assert settings.model is not None
    api_key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    read, written = settings.model_input_price, settings.model_output_price
    endpoint = Endpoint(
        settings.model, api_key, settings.openai_base_url, timeout_s=settings.model_timeout,
        price=None if read is None or written is None else Price(read, written),
    )  # fmt: skip
    limits = Limits(
        case_calls=settings.model_case_calls, case_tokens=settings.model_case_tokens,
        case_seconds=settings.model_case_seconds, case_cost_micros=_micros(settings.model_case_cost),
        day_tokens=settings.model_day_tokens, day_cost_micros=_micros(settings.model_day_cost),
        patience=timedelta(seconds=settings.model_patience),
    )  # fmt: skip
    return endpoint, limits


def _micros(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 1_000_000)

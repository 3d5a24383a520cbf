"""How values are written for people."""

from datetime import date

from tools.currency import exponent_of


def money(amount_minor: int, currency: str) -> str:
    """`EUR 12,500.00`, by the currency's own number of decimals."""
    exponent = exponent_of(currency)
    sign, digits = ("-" if amount_minor < 0 else ""), abs(amount_minor)
    whole, rest = divmod(digits, 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{currency} {sign}{whole:,}{decimals}"


def day(value: date) -> str:
    """`2 March 2026`."""
    return f"{value.day} {value:%B %Y}"


def hours(minutes: int) -> str:
    """`7.5 h`, at most two decimals, none where they are zeros."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".") + " h"


def line(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters: line breaks and control characters become spaces."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"

"""Currencies: how many decimals their amounts are written with, and what they are called in prose."""

from collections.abc import Mapping

_EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0,
    "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0,
    "XPF": 0,
}  # fmt: skip

CALLED: Mapping[str, str] = {
    "€": "EUR", "$": "USD", "£": "GBP", "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
    "pound": "GBP", "pounds": "GBP", "pfund": "GBP", "franc": "CHF", "francs": "CHF", "franken": "CHF",
}  # fmt: skip
"""Symbol or word in lower case → the currency that it means where nothing else is said."""


def exponent_of(currency: str) -> int:
    """How many decimals amounts of the currency have: two, where ISO 4217 says nothing else."""
    return _EXPONENTS.get(currency, 2)

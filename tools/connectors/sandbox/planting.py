"""The planted firm: tidy, with a known number of mistakes of each kind, and as many oddities that are none."""

from datetime import date
from random import Random

from tools.connectors.sandbox.firm import tidy
from tools.connectors.sandbox.mistakes import make
from tools.connectors.sandbox.mistakes_in_money import IN_MONEY
from tools.connectors.sandbox.mistakes_in_terms import IN_TERMS
from tools.connectors.sandbox.mistakes_in_time import IN_TIME
from tools.connectors.sandbox.oddities import ODDITIES
from tools.records import Record
from tools.values import RecordKey

MISTAKES = IN_MONEY | IN_TIME | IN_TERMS
"""Invoices go first: time that they bill is then left alone."""


def planted_firm(seed: int, today: date, each: int) -> tuple[list[Record], list[tuple[str, RecordKey]]]:
    """The records, and what is wrong with which: (kind of finding, record)."""
    rng = Random(f"{seed}/planting")  # noqa: S311 - an evaluation's numbers, no secret
    return make(MISTAKES | ODDITIES, tidy(seed, today), rng, today, each)

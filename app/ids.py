"""Identifiers: a prefix that says what it names, then 26 characters that sort by time."""

import secrets
from datetime import UTC, datetime

# Crockford's base 32 without i, l, o and u, in lower case.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_RANDOM_BITS = 80


def new_id(prefix: str, now: datetime) -> str:
    """`<prefix>_` and 26 characters: 48 bits of milliseconds since 1970, then 80 random bits (the ULID layout).

    Ids of different milliseconds sort by time; within one millisecond the order is random.
    Raises ValueError for a naive time, one before 1970, and a prefix that is not lower-case letters.
    """
    if not (prefix.isascii() and prefix.isalpha() and prefix.islower()):
        raise ValueError(f"an id's prefix is lower-case letters, not {prefix!r}")
    number = (_milliseconds(now) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_LENGTH)))


def _milliseconds(now: datetime) -> int:
    if now.tzinfo is None:
        raise ValueError("an id needs an aware time")
    since = now.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    milliseconds = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    if milliseconds < 0:
        raise ValueError(f"an id cannot hold the time {now.isoformat()}")
    return milliseconds

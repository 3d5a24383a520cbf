"""How large these tests are: small ones in CI, the full ones by TEST_LIMITS=full."""

import os
import sys

FULL = os.environ.get("TEST_LIMITS") == "full"


def sized(small: int, full: int) -> int:
    return full if FULL else small


def tell(line: str) -> None:
    """A figure, with the load it was measured at; seen with `pytest -s`."""
    sys.stdout.write(f"\nlimits: {line} (load {os.getloadavg()[0]:.1f})\n")

"""The service in a process of its own, to be killed: python service.py HOME START FAULTS. Ends with its
standard input."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from app.bootstrap import build
from app.settings import Settings
from tests.integration.fakes import FakeClock


def main() -> None:
    home, start, faults = sys.argv[1:4]
    settings = Settings(home=Path(home), faults=tuple(faults.split(",")) if faults else ())
    service = build(settings, clock=FakeClock(datetime.fromisoformat(start)))
    # Without the warm-up of `start`: no text is read here.
    service.worker.start()
    sys.stdin.read()
    service.drain(timedelta(seconds=10))
    service.close()


if __name__ == "__main__":
    main()

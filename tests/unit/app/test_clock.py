from datetime import UTC, datetime

from app.clock import system_clock


def test_the_system_clock_is_aware_utc_and_present() -> None:
    before = datetime.now(UTC)
    now = system_clock()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)

"""The site, made once for each test: both firms populated, and everything checked when the test is over."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.api.conftest import Api, api
from tests.integration.fuzz.site import Site, populate

__all__ = ["api"]


@pytest.fixture
def site(api: Api) -> Iterator[Site]:
    made = populate(api)
    yield made
    print(_told(made))  # noqa: T201 - the counts, with `pytest -s`


def _told(site: Site) -> str:
    by_status, by_speaker, by_code = Counter[str](), Counter[str](), Counter[str](site.codes)
    for (who, status), count in site.answers.items():
        by_status[str(status)] += count
        by_speaker[who] += count
    told = [
        f"by {name}: " + ", ".join(f"{key} {count}" for key, count in sorted(of.items()))
        for name, of in (("status", by_status), ("speaker", by_speaker), ("code", by_code))
    ]
    return "\n".join(["", f"{by_status.total()} requests", *told])

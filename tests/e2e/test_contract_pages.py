"""Cursor pagination: every list, `?limit=&cursor=` → `{"items", "next_cursor"}`."""

import pytest

from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LISTS = {"/v1/cases": "id", "/v1/reviews": "id", "/v1/audit/entries": "seq", "/v1/schemas": "name", "/v1/tasks": "id"}


@pytest.fixture(scope="module", autouse=True)
def _enough_of_everything(site: Site) -> None:
    for kind in ("psa.change_request.submitted", "erp.invoice.drafted", "psa.sow.approved"):
        site.case(site.senders["all"].take(site.fresh(kind)))


@pytest.mark.parametrize("path", LISTS)
def test_pages_of_any_size_make_the_same_list(site: Site, path: str) -> None:
    name = LISTS[path]
    whole = [each[name] for each in site.every(path)]
    assert len(whole) == len(set(whole))
    assert whole or path == "/v1/tasks"
    for size in (1, 2, 7) if len(whole) < 60 else (7, 50):
        again = [each[name] for each in site.every(path, page=size)]
        # The log may grow between two readings, at its end.
        assert (again[: len(whole)] if path == "/v1/audit/entries" else again) == whole


@pytest.mark.parametrize("path", LISTS)
def test_form(site: Site, path: str) -> None:
    found = site.read(path, limit=1)
    assert found.keys() == {"items", "next_cursor"}
    assert len(found["items"]) <= 1
    assert found["next_cursor"] is None or isinstance(found["next_cursor"], str)


@pytest.mark.parametrize("path", LISTS)
def test_bounds(site: Site, path: str) -> None:
    for limit in ("0", "-1", "201", "1.5", "x", "99999999999999999999"):
        problem(site.get(path, limit=limit), 422, "invalid_query", "/limit")
    for cursor in ("!", "a", "e30", "W10", "WyJ4Il0=", "W251bGxd", "x" * 500, "ü", "W1tbW1tbW1tb", "WzFlNDAwXQ"):
        answer = site.get(path, cursor=cursor)
        if answer.status_code != 200:  # a text is a cursor of a list that is ordered by text
            problem(answer, 422, "invalid_query", "/cursor")


def test_a_cursor_shows_nothing_of_another_tenants(site: Site) -> None:
    cursor = site.read("/v1/cases", limit=1)["next_cursor"]
    ours = {each["id"] for each in site.every("/v1/cases")}
    assert not ours & {each["id"] for each in site.read("/v1/cases", "stranger", cursor=cursor)["items"]}


def test_what_comes_meanwhile_moves_no_page(site: Site) -> None:
    first = site.read("/v1/cases", limit=2)
    site.senders["all"].take(site.fresh("erp.invoice.drafted"))
    second = site.read("/v1/cases", limit=2, cursor=first["next_cursor"])
    assert not {each["id"] for each in first["items"]} & {each["id"] for each in second["items"]}


def test_filters(site: Site) -> None:
    customer = next(each["customer"] for each in site.every("/v1/cases") if each["customer"])
    assert {each["customer"] for each in site.every("/v1/cases", page=3, customer=customer)} == {customer}
    assert {each["status"] for each in site.every("/v1/cases", page=3, status="waiting")} == {"waiting"}
    assert {each["action"]["tool"] for each in site.every("/v1/reviews", page=3, tool="create_task")} == {"create_task"}
    mine = {each["id"] for each in site.every("/v1/reviews", "finance", mine="true")}
    assert mine <= {each["id"] for each in site.every("/v1/reviews", "finance")}

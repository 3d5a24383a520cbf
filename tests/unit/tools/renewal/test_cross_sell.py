from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.pricing.small_change import BY, contract, day
from tools.records import Contract, Opportunity
from tools.renewal.cross_sell import offer
from tools.renewal.limits import CrossSellLimits

FEW = CrossSellLimits(least_buyers=2, least_percent=50)


def bought(customer: str, *units: str | None, **more: Any) -> list[Contract]:
    return [
        contract(id=f"{customer}-{unit}", customer_id=customer, unit=unit, **more) for unit in units
    ]  # fmt: skip


def hoped(customer: str, unit: str, stage: str) -> Opportunity:
    return Opportunity.model_validate({
        "id": f"opp-{customer}", "authors": BY, "customer_id": customer, "unit": unit, "title": "More", "stage": stage,
        "amount_minor": 1, "currency": "EUR", "expected_start_on": day(9),
    })  # fmt: skip


OTHERS = [*bought("a", "Build", "Data"), *bought("b", "Build", "Data"), *bought("c", "Build", "Advice")]


def test_what_customers_of_the_same_units_bought_too_is_offered() -> None:
    found = offer("me", [*bought("me", "Build"), *OTHERS], [], FEW)
    assert found is not None
    assert (found.unit, found.buyers, found.alike) == ("Data", 2, 3)


def test_nothing_is_offered_that_too_few_bought_that_is_there_or_that_is_being_offered() -> None:
    mine = bought("me", "Build")
    assert offer("me", [*mine, *OTHERS], [], CrossSellLimits(least_buyers=3, least_percent=1)) is None
    assert offer("me", [*mine, *OTHERS], [], CrossSellLimits(least_buyers=1, least_percent=67)) is None
    assert offer("me", [*bought("me", "Build", "Data"), *OTHERS], [], FEW) is None
    assert offer("me", [*mine, *OTHERS], [hoped("me", "Data", "open")], FEW) is None
    assert offer("me", [*mine, *OTHERS], [hoped("me", "Data", "lost"), hoped("a", "Data", "open")], FEW) is not None


def test_customers_of_other_units_drafts_and_contracts_of_no_unit_say_nothing() -> None:
    assert offer("me", [*bought("me", "Legal"), *OTHERS], [], FEW) is None
    assert offer("me", [*bought("me", None), *OTHERS], [], FEW) is None
    assert offer("nobody", OTHERS, [], FEW) is None
    drafts = [*bought("a", "Build"), *bought("a", "Data", status="draft"), *bought("b", "Build", "Data")]
    assert offer("me", [*bought("me", "Build"), *drafts], [], FEW) is None


UNITS = st.sampled_from(["Build", "Data", "Advice", "Legal"])


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), UNITS), max_size=30), st.integers(1, 4), st.integers(1, 100))
def test_an_offer_is_always_new_to_the_customer_and_backed_by_enough(
    sold: list[tuple[str, str]], buyers: int, percent: int
) -> None:
    contracts = [contract(id=f"ctr-{number}", customer_id=who, unit=unit) for number, (who, unit) in enumerate(sold)]
    found = offer("a", contracts, [], CrossSellLimits(least_buyers=buyers, least_percent=percent))
    if found is not None:
        assert found.unit not in {unit for who, unit in sold if who == "a"}
        assert buyers <= found.buyers <= found.alike <= len({who for who, _ in sold}) - 1
        assert found.buyers * 100 >= found.alike * percent

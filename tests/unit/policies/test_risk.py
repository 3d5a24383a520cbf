"""The score is the sum of its factors, and more of any of them never lowers it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.attributes import ATTRIBUTES, DOUBTS, FACTORS
from policies.context import Cumulated
from policies.examples import request_of
from policies.risk import Doubt, Steps, score
from policies.ruleset import load_ruleset
from tests.unit.policies.firm import PROPOSAL, books, request_for
from tools.records import ExchangeRate
from tools.registry import TOOLS

WEIGHTS = load_ruleset().weights

OFF = {"invoice_id": "inv-a", "amount_minor": 90, "currency": "EUR", "reason": "Late"}
RELEASE = {"invoice_id": "inv-a", "amount_minor": 120_000, "currency": "EUR"}


@pytest.mark.parametrize("name", DOUBTS)
def test_doubt_adds_points(name: str) -> None:
    request, _ = request_of({"tool": "create_task"})
    calm = score(request, Doubt(), WEIGHTS)
    doubtful = score(request, Doubt.model_validate({name: 100}), WEIGHTS)
    assert doubtful.score > calm.score
    assert [factor.name for factor in doubtful.factors] == [name]


def test_ten_split_amounts_weigh_as_much_as_their_sum() -> None:
    tenth = {**OFF, "amount_minor": 200_000}
    alone = score(request_for("write_off", tenth), Doubt(), WEIGHTS)
    last = score(
        request_for("write_off", tenth, cumulated=Cumulated(customer_minor=1_800_000, contract_minor=1_800_000)),
        Doubt(), WEIGHTS,
    )  # fmt: skip
    assert last.score > alone.score


def test_an_amount_in_another_currency_is_rounded_up() -> None:
    held = books().but("invoice/inv-a", currency="USD")
    dollars = {**RELEASE, "amount_minor": 101, "currency": "USD"}
    assert request_for("release_invoice", dollars, held=held).amount_minor == 93
    wrong = ExchangeRate(id="USD", base_currency="GBP", rate_ppm=1, day=date(2026, 3, 1))
    request = request_for("release_invoice", {**RELEASE, "currency": "USD"}, held=held, exchange_rates={"USD": wrong})
    assert (request.amount_minor, request.amount_unknown) == (0, 1)


# -- laws

numbers = st.integers(0, 10**9)


@st.composite
def givens(draw: st.DrawFn) -> dict[str, int | str]:
    given_: dict[str, int | str] = {"tool": draw(st.sampled_from(sorted(TOOLS)))}
    for name in draw(st.sets(st.sampled_from(FACTORS), max_size=10)):
        attribute = ATTRIBUTES[name]
        if attribute.levels:
            given_[name] = draw(st.sampled_from(attribute.levels))
        else:
            given_[name] = draw(st.integers(0, min(attribute.most, 10**9)))
    return given_


@given(givens())
def test_contributions_sum_to_the_score(values: dict[str, int | str]) -> None:
    risk = score(*request_of(values), WEIGHTS)
    assert risk.total == sum(factor.points for factor in risk.factors)
    assert risk.score == min(100, risk.total)
    assert risk.capped == (risk.total > 100)
    assert all(factor.points > 0 and factor.why for factor in risk.factors)


@given(givens(), st.data())
def test_raising_any_factor_never_lowers_the_score(values: dict[str, int | str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FACTORS))
    attribute = ATTRIBUTES[name]
    low = values.get(name, getattr(request_of(values)[0], name, 0))
    if attribute.levels:
        high: int | str = data.draw(st.sampled_from(attribute.levels[attribute.levels.index(str(low)) :]))
    else:
        high = data.draw(st.integers(int(low), min(attribute.most, max(int(low), 10**10))))
    assert score(*request_of({**values, name: high}), WEIGHTS).score >= score(*request_of(values), WEIGHTS).score


@given(st.lists(st.tuples(numbers, st.integers(0, 100)), max_size=5), numbers, numbers)
def test_steps_that_are_accepted_never_fall(pairs: list[tuple[int, int]], one: int, other: int) -> None:
    try:
        steps = Steps(tuple(bound for bound, _ in pairs), tuple(points for _, points in pairs))
    except ValueError:
        return
    assert steps.at(min(one, other)) <= steps.at(max(one, other))


def test_steps_that_fall_are_refused() -> None:
    for bounds, points in (((1, 2), (5, 4)), ((2, 1), (1, 2)), ((1, 1), (1, 2)), ((1,), (-1,)), ((1,), ())):
        with pytest.raises(ValueError, match=r"bound|points"):
            Steps(bounds, points)


def test_missing_weights_are_an_error() -> None:
    request, doubt = request_of({"tool": "create_task"})
    with pytest.raises(KeyError):
        score(request, doubt, {})


def test_a_reference_of_an_unknown_proposal_is_a_missing_record() -> None:
    args = {"project_id": {"$ref": f"{PROPOSAL}/result/project_id"}, "type": "drive", "name": "Shop"}
    request = request_for("provision_workspace", args)
    assert (request.missing_records, request.unsupported_arguments) == (1, 1)

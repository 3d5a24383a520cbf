"""Cross-selling: the one unit of the firm from which customers like this one have bought as well."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from tools.records import Contract, Opportunity
from tools.renewal.limits import CrossSellLimits, standard_limits
from tools.values import Line, Value

_Count = Annotated[int, Field(ge=1)]


class Offer(Value):
    """`unit` is worth offering: `buyers` of the `alike` customers, who share a unit with this one, have bought there.

    It names none of them: what another customer bought is nobody else's affair.
    """

    unit: Line
    buyers: _Count
    alike: _Count


def offer(
    customer_id: str, contracts: Iterable[Contract], opportunities: Iterable[Opportunity],
    limits: CrossSellLimits | None = None,
) -> Offer | None:  # fmt: skip
    """The unit with the largest share of buyers; None where too few have bought there, or it is being offered already.

    A contract without a unit says nothing, nor does one that never began.
    """
    limits = limits or standard_limits().cross_sell
    bought: dict[str, set[str]] = defaultdict(set)
    for one in contracts:
        if one.unit and one.status != "draft":
            bought[one.customer_id].add(one.unit)
    own = bought.pop(customer_id, set())
    alike = [units for units in bought.values() if units & own]
    offered = {one.unit for one in opportunities if one.customer_id == customer_id and one.stage == "open"}
    best: Offer | None = None
    for unit in sorted(set().union(*alike) - own - offered):
        buyers = sum(unit in units for units in alike)
        enough = buyers >= limits.least_buyers and buyers * 100 >= len(alike) * limits.least_percent
        if enough and (best is None or buyers > best.buyers):
            best = Offer(unit=unit, buyers=buyers, alike=len(alike))
    return best

"""Notices: where people are told what waits for them, as data (the setting `slack`)."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field

from tools.values import Id, Value

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Channel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,30}$")]


class Route(Value):
    """Reviews for one of these roles, of these units and customers (an empty list: of any) are told in a channel."""

    channel: Channel
    roles: list[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]] = []
    units: list[Annotated[str, Field(max_length=60)]] = []
    customers: list[Id] = []

    def takes(self, roles: Collection[str], unit: str | None, customer: str | None) -> bool:
        return (
            (not self.roles or not set(self.roles).isdisjoint(roles))
            and (not self.units or unit in self.units)
            and (not self.customers or customer in self.customers)
        )


class Notices(Value):
    """`direct`: whether those who may decide are told in person, too. `most_a_day` bounds how often anybody is.

    `executives`: the channel that gets the day's exceptions at `summary_at`, in the firm's zone.
    """

    routes: Annotated[list[Route], Field(max_length=200)] = []
    direct: Literal["always", "unrouted", "never"] = "unrouted"
    most_a_day: Annotated[int, Field(ge=1, le=100)] = 15
    executives: Channel | None = None
    summary_at: Clock = "08:00"

    def channels(self, roles: Collection[str], unit: str | None, customer: str | None) -> list[str]:
        found = [route.channel for route in self.routes if route.takes(roles, unit, customer)]
        return list(dict.fromkeys(found))

"""Playbooks: what is done at each stage of the firm's work, as data. They say whose plan an event's is, and what of it.

A plan that holds anything else than its playbook says is not proposed: a stage is changed where people can read it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter

from tools.actions import ACTIONS
from tools.events import EVENT_TYPES
from tools.values import Value

Stage = Literal[
    "opportunity_to_contract", "project_initiation", "delivery", "billing_and_revenue", "renewal_and_expansion"
]


class Playbook(Value):
    """`actions`: tool → the tools whose results it refers to, as far as they are planned."""

    specialist: str
    actions: dict[str, list[str]]


class PlaybookInvalid(ValueError):
    """The playbooks do not fit what the firm knows; the message names stage and event."""


_STAGES = TypeAdapter(dict[Stage, dict[str, Playbook]])


@cache
def stages() -> Mapping[Stage, Mapping[str, Playbook]]:
    """Stage → event type → playbook, those that come with the product. Raises PlaybookInvalid."""
    return read((Path(__file__).parent / "playbooks.yaml").read_text("utf-8"))


def read(text: str) -> Mapping[Stage, Mapping[str, Playbook]]:
    """Raises PlaybookInvalid for an event that is unknown, missing or twice there, and for a tool that there is not."""
    found = _STAGES.validate_python(yaml.safe_load(text))
    seen: set[str] = set()
    for stage, books in found.items():
        for event, book in books.items():
            if event not in EVENT_TYPES or event in seen:
                raise PlaybookInvalid(f"{stage}: {event} is {'there twice' if event in seen else 'no event type'}")
            seen.add(event)
            named = {*book.actions, *(each for several in book.actions.values() for each in several)}
            if unknown := sorted(named - ACTIONS.keys()):
                raise PlaybookInvalid(f"{stage}: {event}: there is no action {unknown[0]}")
    if missing := sorted(EVENT_TYPES.keys() - seen):
        raise PlaybookInvalid(f"no stage says what is done on {missing[0]}")
    return found


def playbook_of(event_type: str) -> Playbook:
    """Raises KeyError for an event type that is not known."""
    return stages()[stage_of(event_type)][event_type]


def stage_of(event_type: str) -> Stage:
    """Raises KeyError for an event type that is not known."""
    for stage, books in stages().items():
        if event_type in books:
            return stage
    raise KeyError(event_type)

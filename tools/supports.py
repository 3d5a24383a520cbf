"""Which record and field may support an argument. An equal value anywhere else supports nothing."""

from typing import Annotated, Literal

from pydantic import Field

from tools.values import Line, RecordKind, Value


class InReach(Value):
    """The argument is the id of a record of `kind` that the case's subject reaches."""

    by: Literal["in_reach"] = "in_reach"
    kind: RecordKind


class Existing(Value):
    """The argument is the id of any record of `kind` that the firm has (people: whoever works here)."""

    by: Literal["existing"] = "existing"
    kind: RecordKind


class FieldOf(Value):
    """The argument equals `field` of the record whose id is in the action's `argument`, a record in reach."""

    by: Literal["field_of"] = "field_of"
    argument: Line
    kind: RecordKind
    field: Line


class ReachedField(Value):
    """The argument equals `field` of a record of `kind` in reach, one that is tied to the action by `match`.

    `match` is the record's field of that name, or its id where it reads `<kind>_id`; it equals the action's argument of
    that name, or, where the action has none, that field of a record that the action names.
    """

    by: Literal["reached_field"] = "reached_field"
    kind: RecordKind
    field: Line
    match: Line


class EventField(Value):
    """The argument equals `field` of the event's data, as far as that field's author is trusted."""

    by: Literal["event_field"] = "event_field"
    field: Line


class Bounded(Value):
    """The type alone bounds the argument (an enumeration, a percentage); no record has to support it."""

    by: Literal["bounded"] = "bounded"


class Prose(Value):
    """Words for people. Their numbers and names are checked by grounding, not here."""

    by: Literal["prose"] = "prose"


Support = Annotated[
    InReach | Existing | FieldOf | ReachedField | EventField | Bounded | Prose, Field(discriminator="by")
]

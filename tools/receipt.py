"""Receipt: what a connector says it did."""

from pydantic import JsonValue

from tools.values import Line, Moment, Value


class Receipt(Value):
    """What a connector says it did under one idempotency key.

    `result` holds the ids and values that later actions may refer to; `before` what an undo needs to restore;
    `versions` the version at which it left each record that it changed, by `<kind>/<id>`, where it can tell.
    """

    key: Line
    tool: Line
    result: dict[str, JsonValue]
    before: dict[str, JsonValue] = {}
    versions: dict[Line, int] = {}
    applied_at: Moment


class Effect(Value):
    """What a connector's ledger says took effect under one key: `count` times, where one is right."""

    key: Line
    tool: Line
    args_digest: Line
    count: int
    applied_at: Moment

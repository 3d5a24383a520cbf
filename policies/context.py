"""What the decision is told beside the action: read from the database and the system of record by the caller."""

from typing import Annotated

from pydantic import Field

from tools.actions import Action
from tools.facts import DEFAULT_TRUST, Scalar, Trust
from tools.reach import Reach
from tools.records import ExchangeRate, LendingRule
from tools.values import Currency, Id, Line, Moment, RecordKey, Value

Sum = Annotated[int, Field(ge=0)]


class EventValue(Value):
    """One field of the triggering event's data as recorded, with the trust in whoever wrote it."""

    value: Scalar
    trust: Trust


class Cumulated(Value):
    """Minor units of the base currency executed, reserved or pending in the window, without this action."""

    contract_minor: Sum = 0
    customer_minor: Sum = 0
    tool_minor: Sum = 0
    principal_minor: Sum = 0


class RequestContext(Value):
    """Everything but the action and the reach of its case's subject.

    tenant, unit, workflow: where it happens; `workflow` is the event type or `triage.<kind>`.
    now, outside_hours: the time, and whether the unit's working hours exclude it.
    event_fields: the triggering event's data, field by field. trigger_trust: who asked for the action; `CUSTOMER` where
    only customer text did.
    trust: author kind → trust, the tenant's mapping.
    roots: further subjects of the case, linked to it by the system of record or a person.
    named: the records that the arguments name (`targets.named_records`), read one by one with what they link to.
    editor, edited: who typed which arguments anew, if anybody did.
    cumulated, duplicates: money moved, and live proposals or executions of the same tool on the same target, in the
    window. executions, reversals: of this tool, ever.
    exchange_rates: by currency, to the base currency. closed_periods: ids (`2026-03`) of the closed months.
    lending: the rules by which units lend each other people.
    earlier: proposal id → action of the same case's earlier proposals, what a `$ref` may lead to.
    results: `$ref` target → the value read back, once its execution succeeded.
    created: keys (`task/t-1`) of the records that this tenant's executions created.
    case_customers, evidence_customers: ids of the customers of the case, and of each cited fact.
    channels: the firm's internal channels. foreign_names: names of the customers and projects outside this case.
    """

    tenant: Line
    unit: Line | None
    workflow: Line
    now: Moment
    outside_hours: bool
    base_currency: Currency
    trigger_trust: Trust
    event_fields: dict[str, EventValue] = {}
    trust: dict[str, Trust] = dict(DEFAULT_TRUST)
    roots: list[RecordKey] = []
    named: Reach | None = None
    editor: Line | None = None
    edited: list[str] = []
    cumulated: Cumulated = Cumulated()
    duplicates: Annotated[int, Field(ge=0)] = 0
    executions: Annotated[int, Field(ge=0)] = 0
    reversals: Annotated[int, Field(ge=0)] = 0
    exchange_rates: dict[str, ExchangeRate] = {}
    closed_periods: list[str] = []
    lending: list[LendingRule] = []
    earlier: dict[str, Action] = {}
    results: dict[str, Scalar] = {}
    created: list[str] = []
    case_customers: list[Id] = []
    evidence_customers: list[Id] = []
    channels: list[str] = []
    foreign_names: list[str] = []

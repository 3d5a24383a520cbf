"""The policy request: an action as the records see it. It holds no argument's value and nothing that a model claims."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, cast

from pydantic import Field

from policies import booking, walls
from policies.attributes import MAX_NUMBER
from policies.backing import Argument, back
from policies.context import Cumulated, RequestContext
from policies.targets import named_records, with_results
from tools import stakes
from tools.actions import Action, CancelRecord, CreateOnboardingTasks
from tools.reach import Reach
from tools.records import Contract, Customer, Invoice, Record, TimeEntry
from tools.registry import TOOLS, RiskClass, ToolSpec
from tools.values import Currency, Line, Money, RecordKey, Value

ContractType = Literal["none", "retainer", "time_and_materials", "fixed_price", "unknown"]
Tier = Literal["none", "standard", "key", "strategic", "unknown"]
Count = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Flag = Annotated[int, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=0, le=2)]
BasisPoints = Annotated[int, Field(ge=0, le=MAX_NUMBER)]


class PolicyRequest(Value):
    """What is decided about. Amounts are minor units of `base_currency`; attributes are explained in attributes.py.

    There are no defaults: a request that leaves one out does not exist, so nothing is decided on an assumption.
    `unit` is "" where no record names one; restricting rules of every unit then apply, permitting ones of none.
    """

    tool: Line
    tenant: Line
    unit: Annotated[str, Field(max_length=200)]
    workflow: Line
    risk_class: RiskClass
    base_currency: Currency
    amount_minor: Count
    amount_unknown: Flag
    share_bp: BasisPoints
    cumulated_contract_minor: Count
    cumulated_customer_minor: Count
    cumulated_tool_minor: Count
    cumulated_principal_minor: Count
    recipients_external: Count
    recipients_unknown: Count
    reach_level: Level
    reversibility_level: Level
    records_touched: Count
    data_class_level: Level
    contract_type: ContractType
    customer_tier: Tier
    line_manager: booking.LineManager
    lending: booking.Lending
    untrusted_arguments: Count
    unsupported_arguments: Count
    edited_arguments: Count
    tainted_trigger: Flag
    possible_duplicates: Count
    closed_period: Flag
    outside_hours: Flag
    reversal_rate_bp: BasisPoints
    cross_customer: Flag
    missing_records: Count
    invoice_hours_gap_bp: BasisPoints


_REVERSIBILITY = {"reversible": 0, "within_window": 1, "irreversible": 2}
_DATA_CLASS = {"none": 0, "personal": 1, "financial": 2}
_TIER_ORDER = {"none": 0, "standard": 1, "key": 2, "strategic": 3, "unknown": 4}
_SEEN_BY_CUSTOMER = frozenset({"release_invoice", "send_customer_message"})
_FEW = 10
"""Reversal rates of fewer executions than this are taken as if there had been so many: one of one is no pattern."""


class ToolAttributes(NamedTuple):
    """The attributes that follow from the tool alone."""

    tool: str
    risk_class: RiskClass
    recipients_external: int
    reach_level: int
    reversibility_level: int
    data_class_level: int


def tool_attributes(tool: str) -> ToolAttributes:
    """Raises KeyError for a tool that is not registered."""
    spec = TOOLS[tool]
    return ToolAttributes(
        tool, spec.risk_class, int(spec.recipient_argument is not None), int(tool in _SEEN_BY_CUSTOMER),
        _REVERSIBILITY[spec.reversibility], _DATA_CLASS[spec.data_class],
    )  # fmt: skip


def build_request(
    action: Action, reached: Reach, context: RequestContext, backed: Sequence[Argument] | None = None
) -> PolicyRequest:
    """The request for one action. `reached` is what the case's subject leads to, freshly read; `backed` what
    `backing.back` said of the action before.

    Raises KeyError (a tool that is not registered) and ValueError (records that cannot be); the caller must not go on.
    """
    spec, own = TOOLS[action.tool], tool_attributes(action.tool)
    backings = [one.backing for _, _, one in (back(action, reached, context) if backed is None else backed)]
    known = _merged(reached, context)
    settled = with_results(action, context.results)
    touched = walls.customers_touched(settled, known)
    proxies = _with_proxies(settled, context)
    contract = _contract(proxies, known)
    amount = _amount(spec, settled, known, context)
    moved = amount or 0
    # An action that moves no money is not the riskier for what others moved.
    before = Cumulated() if amount == 0 else context.cumulated
    return PolicyRequest(
        tool=action.tool,
        risk_class=own.risk_class,
        recipients_external=own.recipients_external,
        reversibility_level=own.reversibility_level,
        data_class_level=own.data_class_level,
        tenant=context.tenant,
        unit=context.unit or "",
        workflow=context.workflow,
        base_currency=context.base_currency,
        amount_minor=moved,
        amount_unknown=int(amount is None),
        share_bp=_share(moved, contract, context),
        cumulated_contract_minor=before.contract_minor + moved,
        cumulated_customer_minor=before.customer_minor + moved,
        cumulated_tool_minor=before.tool_minor + moved,
        cumulated_principal_minor=before.principal_minor + moved,
        recipients_unknown=walls.recipients_unknown(settled, known, context),
        reach_level=2 if len(touched) > 1 else own.reach_level,
        records_touched=_touched(action),
        contract_type=cast(ContractType, contract.type if contract else _unknown_or_none(proxies, "contract")),
        customer_tier=_tier(touched, proxies, known, context),
        line_manager=booking.line_manager(settled, known, context),
        lending=booking.lending(settled, known, context),
        untrusted_arguments=backings.count("untrusted"),
        unsupported_arguments=backings.count("unsupported"),
        edited_arguments=len(set(context.edited) & action.args().keys()) if context.editor else 0,
        tainted_trigger=int(not context.trigger_trust.trusted),
        possible_duplicates=context.duplicates,
        closed_period=int(_closed(settled, known, context)),
        outside_hours=int(context.outside_hours),
        reversal_rate_bp=context.reversals * 10_000 // max(context.executions, _FEW),
        cross_customer=int(walls.crosses(touched, settled, known, context)),
        missing_records=_missing(settled, known, context),
        invoice_hours_gap_bp=_hours_gap(settled, known),
    )


def _merged(reached: Reach, context: RequestContext) -> Reach:
    named = context.named.records if context.named is not None else {}
    return reached.model_copy(update={"records": {**named, **reached.records}})


def _with_proxies(action: Action, context: RequestContext) -> list[RecordKey]:
    """The records named, and for a reference those that the earlier proposal's own arguments name."""
    keys = named_records(action)
    for ref in action.refs().values():
        if (earlier := context.earlier.get(ref.proposal)) is not None:
            keys.extend(named_records(earlier))
    return keys


def _contract(keys: list[RecordKey], known: Reach) -> Contract | None:
    """The contract of the first named record that leads to one, through its project if need be."""
    for key in keys:
        record = known.records.get(str(key))
        for _ in range(4):
            if record is None or isinstance(record, Contract):
                break
            record = _towards_contract(record, known)
        if isinstance(record, Contract):
            return record
    return None


def _towards_contract(record: Record, known: Reach) -> Record | None:
    if isinstance(record, Customer):
        return None
    for field in ("contract_id", "project_id"):
        ident = getattr(record, field, None)
        if isinstance(ident, str):
            return known.records.get(f"{field.removesuffix('_id')}/{ident}")
    return None


def _unknown_or_none(keys: list[RecordKey], about: str) -> str:
    """A record that has a contract by its nature, yet leads to none, has an unknown one."""
    contractual = {"contract", "project", "milestone", "invoice", "time_entry", "change_request"}
    return "unknown" if any(key.kind in contractual or key.kind == about for key in keys) else "none"


def _tier(touched: set[str], keys: list[RecordKey], known: Reach, context: RequestContext) -> Tier:
    """The highest tier among the customers that the action touches, else the case's."""
    customers = touched or set(context.case_customers)
    tiers: list[Tier] = []
    for ident in customers:
        customer = known.get("customer", ident)
        tiers.append(customer.tier if isinstance(customer, Customer) else "unknown")
    if not customers and _unknown_or_none(keys, "customer") == "unknown":
        tiers.append("unknown")
    return max(tiers, key=_TIER_ORDER.__getitem__, default="none")


def _amount(spec: ToolSpec, action: Action, known: Reach, context: RequestContext) -> int | None:
    """Money at stake in minor units of the base currency; None where it is at stake but cannot be told."""
    if spec.stake is stakes.none:
        return 0
    stake = spec.stake(action, known)
    return None if stake is None else _in_base(stake, context)


def _in_base(money: Money, context: RequestContext) -> int | None:
    if money.currency == context.base_currency:
        return abs(money.amount_minor)
    rate = context.exchange_rates.get(money.currency)
    if rate is None or rate.base_currency != context.base_currency or rate.id != money.currency:
        return None
    return -(-abs(money.amount_minor) * rate.rate_ppm // 1_000_000)


def _share(amount: int, contract: Contract | None, context: RequestContext) -> int:
    """Basis points of the contract's value; all of it where the contract or its value is not known."""
    if amount == 0:
        return 0
    value = Money(amount_minor=contract.value_minor, currency=contract.currency) if contract else None
    whole = _in_base(value, context) if value else None
    return min(-(-amount * 10_000 // whole), MAX_NUMBER) if whole else 10_000


def _touched(action: Action) -> int:
    if isinstance(action, CreateOnboardingTasks):
        return len(action.tasks)
    return len(action.ids) if isinstance(action, CancelRecord) else 1


def _closed(action: Action, known: Reach, context: RequestContext) -> bool:
    """Whether an invoice or time entry that the action names belongs to a month that is closed."""
    months: set[str] = set()
    for key in named_records(action):
        record = known.records.get(str(key))
        if isinstance(record, Invoice):
            months.update((f"{record.period_start_on:%Y-%m}", f"{record.period_end_on:%Y-%m}"))
        elif isinstance(record, TimeEntry):
            months.add(f"{record.day:%Y-%m}")
    return not months.isdisjoint(context.closed_periods)


def _missing(action: Action, known: Reach, context: RequestContext) -> int:
    absent = sum(str(key) not in known.records for key in named_records(action))
    return absent + sum(ref.proposal not in context.earlier for ref in action.refs().values())


def _hours_gap(action: Action, known: Reach) -> int:
    """How far an invoice's amount is from its hours at the contract's rate, where the contract bills by the hour."""
    invoice = known.get("invoice", getattr(action, "invoice_id", None))
    contract = known.get("contract", invoice.contract_id) if isinstance(invoice, Invoice) else None
    if not isinstance(invoice, Invoice) or not isinstance(contract, Contract) or contract.type != "time_and_materials":
        return 0
    expected = invoice.minutes * contract.hourly_rate_minor // 60
    gap = abs(abs(invoice.amount_minor) - expected)
    return min(gap * 10_000 // expected, MAX_NUMBER) if expected > 0 else (10_000 if gap else 0)

"""What rules may speak of: every attribute of a decision, its direction, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tools.registry import TOOLS

ROLES = (
    "viewer", "reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance",
    "auditor", "admin",
)  # fmt: skip
APPROVER_ROLES = (
    "reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance",
)  # fmt: skip
"""The roles an approval may ask for. Viewers and auditors change nothing; admins keep accounts, they do not approve."""

RISK_CLASSES = ("internal", "people", "money", "contract", "customer", "protective")
TIERS = ("none", "standard", "key", "strategic", "unknown")
CONTRACT_TYPES = ("none", "retainer", "time_and_materials", "fixed_price", "unknown")

MAX_NUMBER = 2**53
"""Bound of every number in a rule and a request: what canonical JSON carries, far inside Cedar's 64 bits."""

Kind = Literal["scope", "number", "levels"]


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    scope: a name without an order (a tool, a unit). number: a whole number ≥ 0. levels: a name in `levels`, which rise
    in risk. Of numbers and levels more is always riskier. `from_records` is False for what a model had a part in: a
    rule may restrict by it, never permit by it. `most` is the largest number it can be.
    """

    name: str
    kind: Kind
    words: str
    levels: tuple[str, ...] = ()
    from_records: bool = True
    most: int = MAX_NUMBER


def _scope(name: str, words: str, values: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name, "scope", words, values)


def _number(name: str, words: str, most: int = MAX_NUMBER) -> Attribute:
    return Attribute(name, "number", words, most=most)


def _doubt(name: str, words: str, most: int = 100) -> Attribute:
    return Attribute(name, "number", words, from_records=False, most=most)


_ALL = (
    _scope("tool", "the tool", tuple(sorted(TOOLS))),
    _scope("tenant", "the firm"),
    _scope("unit", "the business unit"),
    _scope("workflow", "the event type, or triage.<kind>"),
    _scope("risk_class", "the tool's risk class", RISK_CLASSES),
    _number("amount_minor", "money at stake"),
    _number("amount_unknown", "money at stake that no record puts a figure on", 1),
    _number("share_bp", "share of the contract's value"),
    _number("cumulated_contract_minor", "money moved on this contract in the window"),
    _number("cumulated_customer_minor", "money moved for this customer in the window"),
    _number("cumulated_tool_minor", "money moved by this tool in the window"),
    _number("cumulated_principal_minor", "money asked for by the same requester in the window"),
    _number("recipients_external", "recipients outside the firm"),
    _number("recipients_unknown", "recipients that no trusted record knows"),
    _number("reach_level", "reach: 0 internal, 1 a customer, 2 several customers", 2),
    _number("reversibility_level", "reversibility: 0 reversible, 1 for a while, 2 not", 2),
    _number("records_touched", "records changed"),
    _number("data_class_level", "data: 0 none, 1 personal, 2 financial", 2),
    Attribute("contract_type", "levels", "the contract's type", CONTRACT_TYPES),
    Attribute("customer_tier", "levels", "the customer's tier", TIERS),
    _number("untrusted_arguments", "arguments on a customer's word alone"),
    _number("unsupported_arguments", "arguments that no record supports"),
    _number("edited_arguments", "arguments typed by an editor"),
    _number("tainted_trigger", "asked for by customer text alone", 1),
    _number("possible_duplicates", "similar actions on the same record in the window"),
    _number("closed_period", "falls into a closed period of the ledger", 1),
    _number("outside_hours", "outside business hours", 1),
    _number("reversal_rate_bp", "reversals of this tool's executions"),
    _number("cross_customer", "mixes records of different customers", 1),
    _number("missing_records", "records named that are not there"),
    _number("invoice_hours_gap_bp", "invoice against its hours at the contract's rate"),
    _doubt("low_confidence", "100 minus the assessment's confidence"),
    _doubt("novelty", "distance from every precedent, 0 to 100"),
    _doubt("ungrounded", "phrases that no fact supports", 10_000),
    _doubt("risk_score", "the risk score"),
)

ATTRIBUTES: Mapping[str, Attribute] = {attribute.name: attribute for attribute in _ALL}

SCOPES = tuple(attribute.name for attribute in _ALL if attribute.kind == "scope")
FACTORS = tuple(a.name for a in _ALL if a.kind != "scope" and a.name != "risk_score")
RECORD_FACTORS = tuple(name for name in FACTORS if ATTRIBUTES[name].from_records)
DOUBTS = tuple(name for name in FACTORS if not ATTRIBUTES[name].from_records)

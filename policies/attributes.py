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

RELATIONS = ("line_manager",)
"""What an approver may be to whom the action concerns, asked for like a role; nobody is granted one."""

RISK_CLASSES = ("internal", "people", "money", "contract", "customer", "protective")
TIERS = ("none", "standard", "key", "strategic", "unknown")
LINE_MANAGERS = ("none", "known", "unknown")
LENDING = ("none", "ruled", "beyond", "unruled", "unknown")
CONTRACT_TYPES = ("none", "retainer", "time_and_materials", "fixed_price", "unknown")

MAX_NUMBER = 2**53
"""Bound of every number in a rule and a request: what canonical JSON carries, far inside Cedar's 64 bits."""

Kind = Literal["scope", "number", "levels"]


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    scope: a name without an order (a tool, a unit). number: a whole number ≥ 0. levels: a name in `levels`, which rise
    in risk. Of numbers and levels more is always riskier. `from_records` is False for what a model had a part in: a
    rule may restrict by it, never permit by it. `most` is the largest number it can be. `said` holds what a small
    number means, in words, by its value; where it is empty, the number itself is said.
    """

    name: str
    kind: Kind
    words: str
    levels: tuple[str, ...] = ()
    from_records: bool = True
    most: int = MAX_NUMBER
    said: tuple[str, ...] = ()


def _scope(name: str, words: str, values: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name, "scope", words, values)


def _number(name: str, words: str, most: int = MAX_NUMBER, said: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name, "number", words, most=most, said=said)


def _flag(name: str, words: str) -> Attribute:
    return Attribute(name, "number", words, most=1, said=(f"not: {words}", words))


def _doubt(name: str, words: str, most: int = 100, said: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name, "number", words, from_records=False, most=most, said=said)


_ALL = (
    _scope("tool", "the tool", tuple(sorted(TOOLS))),
    _scope("tenant", "the firm"),
    _scope("unit", "the business unit"),
    _scope("workflow", "the event type, or triage.<kind>"),
    _scope("risk_class", "the tool's risk class", RISK_CLASSES),
    _number("amount_minor", "money at stake"),
    _flag("amount_unknown", "money at stake that no record puts a figure on"),
    _number("share_bp", "share of the contract's value"),
    _number("cumulated_contract_minor", "money moved on this contract in the window"),
    _number("cumulated_customer_minor", "money moved for this customer in the window"),
    _number("cumulated_tool_minor", "money moved by this tool in the window"),
    _number("cumulated_principal_minor", "money asked for by the same requester in the window"),
    _number("recipients_external", "recipients outside the firm"),
    _number("recipients_unknown", "recipients that no trusted record knows"),
    _number(
        "reach_level",
        "reach: 0 internal, 1 a customer, 2 several customers",
        2,
        ("stays inside the firm", "reaches a customer", "reaches several customers"),
    ),
    _number(
        "reversibility_level",
        "reversibility: 0 reversible, 1 for a while, 2 not",
        2,
        ("can be taken back", "can be taken back for a short while only", "cannot be taken back"),
    ),
    _number("records_touched", "records changed"),
    _number(
        "data_class_level",
        "data: 0 none, 1 personal, 2 financial",
        2,
        ("touches no sensitive data", "touches personal data", "touches financial data"),
    ),
    Attribute("contract_type", "levels", "the contract's type", CONTRACT_TYPES),
    Attribute("customer_tier", "levels", "the customer's tier", TIERS),
    Attribute("line_manager", "levels", "the line manager of who would be booked", LINE_MANAGERS),
    Attribute("lending", "levels", "how the rules lend who would be booked to another unit", LENDING),
    _number("untrusted_arguments", "arguments on a customer's word alone"),
    _number("unsupported_arguments", "arguments that no record supports"),
    _number("edited_arguments", "arguments typed by an editor"),
    _flag("tainted_trigger", "asked for by customer text alone"),
    _number("possible_duplicates", "similar actions on the same record in the window"),
    _flag("closed_period", "falls into a closed period of the ledger"),
    _flag("outside_hours", "outside business hours"),
    _number("reversal_rate_bp", "reversals of this tool's executions"),
    _flag("cross_customer", "mixes records of different customers"),
    _number("missing_records", "records named that are not there"),
    _number("invoice_hours_gap_bp", "invoice against its hours at the contract's rate"),
    _doubt(
        "low_confidence",
        "100 minus the assessment's confidence",
        said=tuple(f"the assistant is {100 - doubt} % sure what this is about" for doubt in range(101)),
    ),
    _doubt(
        "novelty",
        "distance from every precedent, 0 to 100",
        said=tuple(f"unlike anything decided before, by {distance} of 100" for distance in range(101)),
    ),
    _doubt("ungrounded", "phrases that no fact supports", 10_000),
    _doubt("risk_score", "the risk score"),
)

ATTRIBUTES: Mapping[str, Attribute] = {attribute.name: attribute for attribute in _ALL}

SCOPES = tuple(attribute.name for attribute in _ALL if attribute.kind == "scope")
FACTORS = tuple(a.name for a in _ALL if a.kind != "scope" and a.name != "risk_score")
RECORD_FACTORS = tuple(name for name in FACTORS if ATTRIBUTES[name].from_records)
DOUBTS = tuple(name for name in FACTORS if not ATTRIBUTES[name].from_records)

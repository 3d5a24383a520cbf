"""Customers are walled: what an action names, cites and says must belong to one customer, its own."""

from collections.abc import Set

from policies.context import RequestContext
from policies.targets import named_records
from tools.actions import Action
from tools.folding import Naming
from tools.reach import Reach
from tools.records import Contact


def customers_touched(action: Action, known: Reach) -> set[str]:
    """The customers whose records the arguments name; an address that is not its customer's counts as its holders'."""
    found = {
        customer
        for key in named_records(action)
        if (record := known.records.get(str(key))) is not None and (customer := known.customer_of(record))
    }
    recipient = getattr(action, "recipient", None)
    if isinstance(recipient, str):
        holders = [c for c in known.of_kind("contact") if isinstance(c, Contact) and c.email == recipient]
        own = getattr(action, "customer_id", None)
        if not any(contact.customer_id == own for contact in holders):
            found.update(contact.customer_id for contact in holders)
    return found


def crosses(touched: Set[str], action: Action, known: Reach, context: RequestContext) -> bool:
    """Whether the action mixes customers: its records, its cited evidence, its case, or the names it mentions."""
    case = set(context.case_customers) or _case_customers(known)
    if len(touched) > 1 or (case and not touched <= case):
        return True
    cited = set(context.evidence_customers)
    own = touched or case
    mixed = not cited <= own if own else len(cited) > 1
    return mixed or _mentions(action, context.foreign_names)


def _case_customers(known: Reach) -> set[str]:
    subject = known.records.get(str(known.subject)) if known.subject is not None else None
    customer = known.customer_of(subject) if subject is not None else None
    return {customer} if customer else set()


def _mentions(action: Action, names: list[str]) -> bool:
    if not names:
        return False
    words = Naming("\n".join(_texts(action.args())))
    return any(words.names(name) for name in names)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []


def recipients_unknown(action: Action, known: Reach, context: RequestContext) -> int:
    """1 where a message's address is no trusted contact's of its customer, or a channel is none of the firm's."""
    recipient, channel = getattr(action, "recipient", None), getattr(action, "channel", None)
    if isinstance(recipient, str):
        customer = getattr(action, "customer_id", None)
        return int(not any(
            isinstance(contact, Contact) and contact.email == recipient and contact.customer_id == customer
            and all(contact.trust(field, context.trust).trusted for field in ("email", "customer_id"))
            for contact in known.of_kind("contact")
        ))  # fmt: skip
    if isinstance(channel, str):
        own = {getattr(project, "channel", None) for project in known.of_kind("project")}
        bare = {name.lstrip("#") for name in (*context.channels, *own) if isinstance(name, str)}
        return int(channel.lstrip("#") not in bare)
    return 0

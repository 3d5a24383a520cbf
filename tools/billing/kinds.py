"""The kinds of findings: what each is called, who owns the correct value, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Owner = Literal["person", "manager", "project_lead", "contract_owner", "account_lead", "finance"]
"""Who knows or decides what is right: whose record it is, their manager, who leads the work, who owns the terms."""

Kind = Literal[
    "rate_differs", "rate_not_positive", "currency_differs", "duplicate_time", "impossible_hours", "time_on_leave",
    "wrong_project", "wrong_phase", "approval_missing", "closed_period", "amount_differs", "amount_not_positive",
    "duplicate_invoice", "cap_exceeded", "time_unapproved", "time_flagged", "milestone_open", "contact_missing",
    "contract_missing", "outside_contract", "draft_stale", "project_missing", "duplicate_expense", "round_amounts",
    "unit_price_outlier", "terms_differ", "terms_missing", "terms_impossible", "language_unread", "rate_below_card",
    "rate_card_missing", "exchange_rate_missing", "exchange_rate_stale", "skills_missing", "calendar_stale",
    "calendar_missing", "orphan_project", "budget_missing", "customer_twice",
]  # fmt: skip


@dataclass(frozen=True)
class KindSpec:
    """`holds`: money does not go out while such a finding is open; the others are said beside what is proposed.

    `sure`: of ten findings so many are taken to be right before a firm has given verdicts of its own. That is our
    judgement: less where there often turns out to be a good reason than where two records are merely compared.
    """

    title: str
    owner: Owner
    remedy: str
    holds: bool = True
    sure: float = 9.5


KINDS: Mapping[Kind, KindSpec] = {
    "rate_differs": KindSpec("Rate differs from the contract", "contract_owner", "Correct the rate of the entry."),
    "rate_not_positive": KindSpec("Rate is zero or negative", "contract_owner", "Enter the contract's rate."),
    "currency_differs": KindSpec("Another currency than the contract's", "contract_owner", "Settle which one holds."),
    "duplicate_time": KindSpec("Time entered twice", "person", "Take out the repetition.", sure=8),
    "impossible_hours": KindSpec("More hours than a day can hold", "person", "Ask what was meant, and correct it."),
    "time_on_leave": KindSpec("Time on a day of leave", "manager", "Correct the entry or the leave.", sure=8),
    "wrong_project": KindSpec("Not booked there that day", "project_lead", "Move the entry, or book them.", sure=8),
    "wrong_phase": KindSpec("A phase that it cannot belong to", "project_lead", "Move the entry to its phase."),
    "approval_missing": KindSpec("Counts as approved, but nobody else approved it", "manager", "Have it approved."),
    "closed_period": KindSpec("Lies in a closed month", "finance", "Date it into an open month, or reopen the month."),
    "amount_differs": KindSpec("Amount differs from what the records give", "project_lead", "Correct the draft."),
    "amount_not_positive": KindSpec("Amount is not positive", "finance", "Correct the draft, or issue a credit note."),
    "duplicate_invoice": KindSpec("Billed twice", "finance", "Cancel one of the two."),
    "cap_exceeded": KindSpec("More than the contract allows", "contract_owner", "Bill up to it, or amend it."),
    "time_unapproved": KindSpec("Bills time that nobody approved", "project_lead", "Have the time approved first."),
    "time_flagged": KindSpec("Time of the period is flagged", "project_lead", "Clear the flags first."),
    "milestone_open": KindSpec("Bills a milestone not reached", "project_lead", "Complete the milestone first."),
    "contact_missing": KindSpec("Nobody on record to send it to", "account_lead", "Enter the billing contact."),
    "contract_missing": KindSpec("No such contract on record", "contract_owner", "Enter the contract."),
    "outside_contract": KindSpec("Outside the contract's dates", "contract_owner", "Check dates, or amend them."),
    "draft_stale": KindSpec("Draft that nobody moved", "project_lead", "Release or cancel it.", holds=False, sure=8),
    "project_missing": KindSpec("Belongs to no project", "manager", "Name the project that pays for it."),
    "duplicate_expense": KindSpec("Expense entered twice", "person", "Take out the repetition.", sure=8),
    "round_amounts": KindSpec("Too many round amounts", "manager", "Ask for the receipts.", sure=8),
    "unit_price_outlier": KindSpec("Unit price unlike others", "finance", "Compare with quote and delivery.", sure=8),
    "terms_differ": KindSpec("Systems differ on a term", "contract_owner", "Carry the signed term into the system."),
    "terms_missing": KindSpec("A system lacks a term", "contract_owner", "Enter it before work starts."),
    "terms_impossible": KindSpec("Terms that cannot hold", "contract_owner", "Correct the signed terms on record."),
    "language_unread": KindSpec("Contract in a language not read here", "contract_owner",
                                "Have the terms on record checked by somebody who reads it."),
    "rate_below_card": KindSpec("Rate below what discount rules allow", "account_lead", "Have the discount approved."),
    "rate_card_missing": KindSpec("No list price for a role", "finance", "Add the role to the rate card.", holds=False),
    "exchange_rate_missing": KindSpec("No exchange rate", "finance", "Enter the rate with its date."),
    "exchange_rate_stale": KindSpec("Exchange rate out of date", "finance", "Enter today's rate.", holds=False),
    "skills_missing": KindSpec("Person without skills", "manager", "Record their skills.", holds=False),
    "calendar_stale": KindSpec("Booked beyond their calendar", "manager", "Correct the calendar or the booking.",
                               holds=False),
    "calendar_missing": KindSpec("Booked without a calendar", "manager", "Enter their calendar.", holds=False),
    "orphan_project": KindSpec("Project that nobody answers for", "account_lead", "Name who does.", holds=False),
    "budget_missing": KindSpec("Project without a budget", "contract_owner", "Set it from the contract.", holds=False),
    "customer_twice": KindSpec("Customer entered twice", "account_lead", "Merge the two records.", holds=False, sure=8),
}  # fmt: skip

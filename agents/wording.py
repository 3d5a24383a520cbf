"""What each tool's effect and undoing are called, beside how values are written."""

from collections.abc import Mapping

from tools.actions import MESSAGE_DELAY_S
from tools.currency import exponent_of as exponent_of
from tools.wording import day as day
from tools.wording import hours as hours
from tools.wording import line as line
from tools.wording import money as money

EFFECT: Mapping[str, str] = {
    "create_project": "A planned project stands under this contract; nobody is booked and nothing is billed by it.",
    "provision_workspace": "The workspace exists and is linked to the project.",
    "create_onboarding_tasks": "Each named colleague gets the tasks with their due dates.",
    "assign_person": "The booking stands on the person's schedule with this share of their week.",
    "shift_milestone": "The milestone carries the new due date; its amount and status stay.",
    "update_forecast": "The project's forecast shows this remaining effort and finish date.",
    "change_budget": "The project's budget is this amount from now on.",
    "create_change_order": "A draft change order stands in the PSA; it binds nobody before it is signed.",
    "sync_contract_terms": "The system that disagreed carries the signed contract's value of this term.",
    "hold_invoice": "The invoice stays in the house until somebody takes it off hold.",
    "resume_invoice": "The invoice is a draft again.",
    "release_invoice": "The invoice goes out to the customer with this amount.",
    "flag_time_entry": "The time entry is marked for a look and is not billed meanwhile.",
    "unflag_time_entry": "The time entry counts as approved again.",
    "write_off": "The written-off part is no longer owed by the customer.",
    "reverse_write_off": "The amount is owed again.",
    "send_customer_message": f"The message leaves {MESSAGE_DELAY_S} seconds after it is approved.",
    "recall_message": "The message does not leave.",
    "notify_channel": "The channel's members read the note.",
    "create_task": "The task stands on the named colleague's list.",
    "set_ticket_priority": "The ticket carries this priority, and the clock of its service level runs by it.",
    "open_renewal": "A renewal stands open with its owner and due date.",
    "cancel_record": "The records are marked cancelled; nothing is deleted.",
}

UNDO: Mapping[str, str] = {
    "create_project": "Cancel the project; it stays on record as cancelled.",
    "provision_workspace": "Cancel the workspace.",
    "create_onboarding_tasks": "Cancel the tasks.",
    "assign_person": "Release the booking.",
    "shift_milestone": "Move the milestone back to the date it had.",
    "update_forecast": "Write the earlier forecast back.",
    "change_budget": "Set the earlier budget again.",
    "create_change_order": "Cancel the draft.",
    "sync_contract_terms": "Write the earlier value back.",
    "hold_invoice": "Take the invoice off hold.",
    "resume_invoice": "Hold the invoice again.",
    "release_invoice": "None: what has gone out can only be credited.",
    "flag_time_entry": "Clear the flag.",
    "unflag_time_entry": "Flag the entry again.",
    "write_off": "Take the write-off back.",
    "reverse_write_off": "Write the amount off again.",
    "send_customer_message": f"Recall it within {MESSAGE_DELAY_S} seconds; afterwards only a correction can be sent.",
    "recall_message": "None: write the message again.",
    "notify_channel": "None: post a correction.",
    "create_task": "Cancel the task.",
    "set_ticket_priority": "Set the earlier priority again.",
    "open_renewal": "Cancel the renewal.",
    "cancel_record": "None: create the record anew.",
}

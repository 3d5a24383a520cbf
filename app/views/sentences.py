"""Sentences: what each tool would do, said in one. `{argument}` stands for its value, records by their names."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "create_project": "Create the project {name} for {customer_id} with a budget of {budget_minor}",
    "provision_workspace": "Set up the {type} {name} for {project_id}",
    "create_onboarding_tasks": "Create {count} for {about}",
    "assign_person": "Assign {person_id} to {project_id} as {role} at {percent} from {start_on} to {end_on}",
    "shift_milestone": "Move the milestone {milestone_id} to {due_on}",
    "update_forecast": "Set the forecast of {project_id} to {remaining_minutes} remaining, finished on {finish_on}",
    "change_budget": "Set the budget of {project_id} to {budget_minor}",
    "create_change_order": "Draft a change order for {project_id}: {minutes}, {amount_minor}",
    "sync_contract_terms": "Correct the {term} of {contract_id} in the {system} to {value}",
    "hold_invoice": "Hold the invoice {invoice_id}",
    "resume_invoice": "Take the invoice {invoice_id} off hold",
    "release_invoice": "Release the invoice {invoice_id} over {amount_minor}",
    "flag_time_entry": "Flag the time entry {time_entry_id}",
    "unflag_time_entry": "Clear the flag of the time entry {time_entry_id}",
    "write_off": "Write off {amount_minor} of the invoice {invoice_id}",
    "reverse_write_off": "Take back the write-off of {amount_minor} on the invoice {invoice_id}",
    "send_customer_message": "Send {recipient} of {customer_id} the message “{subject}”",
    "recall_message": "Recall the message {message_id} before it leaves",
    "notify_channel": "Post to {channel}: {text}",
    "create_task": "Create the task “{title}” for {assignee_id}, due {due_on}",
    "set_ticket_priority": "Set the priority of the ticket {ticket_id} to {priority}",
    "open_renewal": "Open the renewal of {contract_id}, owned by {owner_id}, due {due_on}",
    "cancel_record": "Cancel {count} that an earlier action created",
}
KIND_OF_ARGUMENT: Mapping[str, str] = {
    "customer_id": "customer", "contract_id": "contract", "project_id": "project", "person_id": "person",
    "lead_id": "person", "assignee_id": "person", "owner_id": "person", "milestone_id": "milestone",
    "invoice_id": "invoice", "ticket_id": "ticket", "time_entry_id": "time_entry", "message_id": "message",
    "change_request_id": "change_request",
}  # fmt: skip
TERMS: Mapping[str, str] = {
    "value_minor": "value", "hourly_rate_minor": "hourly rate", "cap_minor": "cap", "start_on": "start date",
    "end_on": "end date", "payment_days": "payment term", "currency": "currency", "type": "type",
    "billing_contact_id": "billing contact",
}  # fmt: skip
"""What the terms of a contract are called."""

"""Which records an action names, so that they can be read before it is decided about."""

from collections.abc import Mapping

from tools.actions import (
    ACTIONS,
    Action,
    AssignPerson,
    CancelRecord,
    CreateChangeOrder,
    CreateOnboardingTasks,
    CreateProject,
    CreateTask,
    OpenRenewal,
    ProvisionWorkspace,
    SendCustomerMessage,
)
from tools.facts import Scalar
from tools.values import RecordKey, RecordKind

_KIND_OF_ARGUMENT: Mapping[str, RecordKind] = {
    "customer_id": "customer", "contract_id": "contract", "project_id": "project", "milestone_id": "milestone",
    "invoice_id": "invoice", "time_entry_id": "time_entry", "ticket_id": "ticket", "message_id": "message",
    "change_request_id": "change_request", "change_order_id": "change_order", "person_id": "person",
    "assignee_id": "person", "lead_id": "person",
    "owner_id": "person",
}  # fmt: skip

_CREATES: Mapping[type[Action], RecordKind] = {
    CreateProject: "project", ProvisionWorkspace: "workspace", AssignPerson: "assignment", CreateTask: "task",
    CreateChangeOrder: "change_order", OpenRenewal: "renewal", SendCustomerMessage: "message",
}  # fmt: skip


def created_kind(action: Action, field: str) -> RecordKind | None:
    """The kind of record whose id `action`'s result holds under `field`; None where its result has no such id."""
    kind = _CREATES.get(type(action))
    return kind if kind is not None and field == f"{kind}_id" else None


def created_by(tool: str) -> RecordKind | None:
    """The kind of record that a tool creates one of. Raises KeyError for a tool that is not registered."""
    return _CREATES.get(ACTIONS[tool])


def kind_of_argument(action: Action, argument: str) -> RecordKind | None:
    """The kind of record whose id the argument is; None for a plain value."""
    if isinstance(action, CreateOnboardingTasks) and argument == "about":
        return action.about_kind
    return _KIND_OF_ARGUMENT.get(argument)


def named_records(action: Action) -> list[RecordKey]:
    """The records whose ids stand in the arguments, in their order; references are left aside."""
    keys: list[RecordKey] = []
    for argument in type(action).model_fields:
        kind, value = kind_of_argument(action, argument), getattr(action, argument)
        if kind is not None and isinstance(value, str):
            keys.append(RecordKey(kind=kind, id=value))
    if isinstance(action, CreateOnboardingTasks):
        keys.extend(RecordKey(kind="person", id=task.assignee_id) for task in action.tasks)
    if isinstance(action, CancelRecord):
        keys.extend(RecordKey(kind=action.kind, id=ident) for ident in action.ids)
    return keys


def with_results(action: Action, results: Mapping[str, Scalar]) -> Action:
    """The action with each reference replaced by the value read back for it, where there is one."""
    known = {name: result for name, ref in action.refs().items() if isinstance(result := results.get(ref.target), str)}
    return action.model_copy(update=known) if known else action

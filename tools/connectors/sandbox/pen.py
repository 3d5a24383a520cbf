"""Who stands behind the values that an action of ours wrote into the firm's records."""

from dataclasses import dataclass
from datetime import datetime

from tools.actions import Action
from tools.records import Record
from tools.registry import TOOLS
from tools.supports import Bounded, Existing, FieldOf, InReach, Prose, ReachedField

RECORD, FIRM = "system/countersign", "system/sandbox"


@dataclass(frozen=True)
class Pen:
    """Names the author of each value that the action under `key` writes.

    Our own writes must not launder trust: a date that a customer asked for, or words that a model chose, would
    otherwise come back in the next case as a system's fact and support the next action. So a written value is
    - `system/countersign` only where the argument it came from has to be supported by a record (or by a trusted
      event beside one): before it was written, such a value was compared with that record, or a person countersigned
      that it differs;
    - `system/sandbox` where this firm set it itself (a status, a unit that it copied, the time a message leaves);
    - `assistant/<key>`, which no default trust mapping knows and which therefore counts as a customer's word, for the
      rest: free text, amounts and efforts that no record can support, dates that only an event gave, and choices
      that the argument's type alone bounds.
    A value that an action restates without changing it keeps the author it had. Contacts are never written.
    """

    action: Action
    key: str
    now: datetime

    def __call__(self, argument: str) -> str:
        supports = TOOLS[self.action.tool].supports.get(argument, ())
        by_record = any(isinstance(support, InReach | Existing | FieldOf | ReachedField) for support in supports)
        if by_record and not any(isinstance(support, Bounded | Prose) for support in supports):
            return RECORD
        return f"assistant/{self.key}"

    def firm(self, field: str) -> str:
        return FIRM

    def authors(self, model: type[Record], **arguments: str) -> dict[str, str]:
        """`authors` of a new record; `arguments` maps a field to the argument it came from, where names differ."""
        anybody = f"assistant/{self.key}"
        found = {field: self(arguments.get(field, field)) for field in model.model_fields}
        # What stands in no argument, the firm filled in.
        own = {
            field: FIRM for field in ("status", "send_at", "unit")
            if field in model.model_fields and field not in type(self.action).model_fields
        }  # fmt: skip
        return {"*": anybody} | {field: author for field, author in found.items() if author != anybody} | own

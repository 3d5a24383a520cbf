"""The tables, a file a noun. Rows are the truth; what people or customers wrote lies sealed in `payload`.

Every table but `source` and those of Slack (whose ids are global) and the tenants' own leads with `tenant`; nothing is
read without it.
Columns named `*_payload` hold ids of sealed payloads: what customers and reviewers wrote lives nowhere else. In the
clear stand the accounts of the firm's own people, its own records (app/own_records.py), and short reasons (`because`,
`error`, `nothing_because`, `abstained`) in the words of the service, a connector or a model; an erasure overwrites the
reasons and deletes the records.
"""

from app.store.models.audit import AuditEntry, AuditHead, AuditNode, Checkpoint, Cursor, Payload, SubjectKey
from app.store.models.cases import Case, Event, ModelCall, TriageRun
from app.store.models.control import IdempotencyKey, Pause, Setting, SettingChange, Source
from app.store.models.desk import CaseClaim, SavedView, Snooze
from app.store.models.executions import Execution, ManualTask, Reservation
from app.store.models.identity import Delegation, Logo, Principal, RoleGrant, SignInLink, Tenant, Token, WebSession
from app.store.models.records import ImportDraft, ImportHeading, OwnRecord, OwnRecordField
from app.store.models.reviews import Decision, Proposal, Review, Verdict
from app.store.models.single_sign_on import IdentityProvider, LinkedIdentity
from app.store.models.slack import SlackCode, SlackLink, SlackMessage, SlackShown, SlackWorkspace

__all__ = [
    "AuditEntry", "AuditHead", "AuditNode", "Case", "CaseClaim", "Checkpoint", "Cursor", "Decision", "Delegation",
    "Event", "Execution", "IdempotencyKey", "IdentityProvider", "ImportDraft", "ImportHeading", "LinkedIdentity",
    "Logo", "ManualTask", "ModelCall", "OwnRecord", "OwnRecordField", "Pause", "Payload", "Principal", "Proposal",
    "Reservation", "Review", "RoleGrant", "SavedView", "Setting", "SettingChange", "SignInLink", "SlackCode",
    "SlackLink", "SlackMessage", "SlackShown", "SlackWorkspace", "Snooze", "Source", "SubjectKey", "Tenant", "Token",
    "TriageRun", "Verdict", "WebSession",
]  # fmt: skip

"""What the API answers about what waits by hand, switches, settings, the log, indicators and health: types as in
app/api/answers.py."""

from typing import Any, Literal

from pydantic import ConfigDict

from agents.summaries import RefKind, Section
from app.api.answers import Answer, Asked, Base64, BasisPoints, Named, Natural, Time
from policies.simulate import Simulation
from tools.figures.business import Business
from tools.figures.incidents import Incident


class Task(Answer):
    id: str
    execution_id: str
    case_id: str
    customer: str | None
    assignee: Named | None
    status: Literal["open", "done", "declined"]
    action: Asked | None
    tool: str
    mine: bool
    created_at: Time


class TaskClosed(Answer):
    task_id: str
    status: Literal["done", "declined"]


class Simulated(Simulation):
    """`skipped`: decisions whose request is not of this version's form."""

    skipped: Natural


class Paused(Answer):
    scope: Literal["tenant", "workflow", "tool", "agent"]
    name: str
    by: str
    at: Time


class Switches(Answer):
    paused: list[Paused]


class Setting(Answer):
    name: str
    value: Any
    version: Natural
    set_at: Time
    set_by: Named


class SettingChange(Answer):
    id: str
    name: str
    value: Any
    proposed_at: Time
    proposed_by: Named


class Settings(Answer):
    settings: list[Setting]
    pending: list[SettingChange]


class ChangeAsked(Answer):
    change_id: str
    status: Literal["pending", "confirmed", "withdrawn"]


def _always(*fields: str) -> ConfigDict:
    """Of an entry of the log nothing is shown that has no value: only these fields are always there."""
    return ConfigDict(extra="forbid", json_schema_extra={"required": list(fields)})


class EntryGrant(Answer):
    model_config = _always("role")

    role: str
    unit: str | None = None
    from_id: str | None = None


class EntryActor(Answer):
    model_config = _always("id", "kind", "grants")

    id: str
    kind: Literal["person", "service", "system"]
    grants: list[EntryGrant]
    limit_minor: int | None = None
    delegated_by: str | None = None
    signed_in_how: str | None = None
    signed_in_at: Time | None = None


class EntryPayload(Answer):
    name: str
    subject: str
    digest: str


class EntryErased(Answer):
    name: str
    seq: Natural


class LogEntry(Answer):
    """As in its leaf, whose hash is `leaf_hash`; `actor_name` is looked up, since no leaf holds a name."""

    model_config = _always(
        "v", "seq", "tenant", "at", "kind", "actor", "surface", "refs", "digests", "versions", "details", "payloads",
        "leaf_hash", "actor_name",
    )  # fmt: skip

    v: Literal[1]
    seq: Natural
    tenant: str
    at: Time
    kind: str
    actor: EntryActor
    surface: str
    refs: dict[str, str]
    digests: dict[str, str]
    versions: dict[str, str]
    details: dict[str, str | bool | int | list[str] | None]
    shown_at: Time | None = None
    decided_at: Time | None = None
    erased: list[EntryErased] | None = None
    payloads: list[EntryPayload]
    leaf_hash: Base64
    actor_name: str | None


class SignedHead(Answer):
    """`checkpoint` is a C2SP signed note, `verifier_key` the key that it verifies with."""

    size: Natural
    checkpoint: str
    verifier_key: str


class InclusionProof(Answer):
    seq: Natural
    size: Natural
    leaf_hash: Base64
    proof: list[Base64]


class ConsistencyProof(Answer):
    old: Natural
    new: Natural
    proof: list[Base64]


class SchemaName(Answer):
    name: str
    kind: Literal["event", "action"]


class Latency(Answer):
    p50: Natural | None
    p90: Natural | None
    p95: Natural | None
    n: Natural


class Waiting(Answer):
    pending: Natural
    oldest_age_s: int | None


class IndicatorsOf(Answer):
    automation_rate_bp: str
    reversal_rate_bp: str
    approved_as_proposed_bp: str


class WindowBefore(Answer):
    """The same figures of as many days before."""

    automation_rate_bp: BasisPoints | None
    reversal_rate_bp: BasisPoints | None
    approved_as_proposed_bp: BasisPoints | None
    approval_latency_s: Latency


class Incidents(Answer):
    """What has to be looked at: by the firm, and by whoever runs the service."""

    business: list[Incident]
    technical: list[Incident]


class Went(Answer):
    """How the cases of a time went; `to_effect_s` is the median from a case's opening to its first effect."""

    cases: Natural
    auto_bp: BasisPoints | None
    undone_bp: BasisPoints | None
    to_effect_s: int | None


class Automated(Answer):
    """A workflow that was set to run by itself, None for all without a mode of their own; `days` before and after."""

    workflow: str | None
    at: Time
    days: Natural
    before: Went
    after: Went


class Indicators(Answer):
    """Counts by status or word; rates in basis points of what `of` says, None where there is nothing to count.

    `observed` counts what would have been decided in workflows that are only observed; `rules_alone` what people said
    of actions that waited for them only because their workflow proposes; `sentiment` how those who wrote sounded.
    """

    since: Time
    until: Time
    cases: dict[str, Natural]
    decisions: dict[str, Natural]
    verdicts: dict[str, Natural]
    executions: dict[str, Natural]
    automation_rate_bp: BasisPoints | None
    reversal_rate_bp: BasisPoints | None
    approved_as_proposed_bp: BasisPoints | None
    approval_latency_s: Latency
    before: WindowBefore
    queue: Waiting
    observed: dict[str, Natural]
    rules_alone: dict[str, Natural]
    sentiment: dict[str, Natural]
    automated: list[Automated]
    business: Business | None
    incidents: Incidents
    of: IndicatorsOf


class SummaryRef(Answer):
    """A record of ours by its id, or an entry of the log by its number."""

    kind: RefKind
    id: str


class SummaryStatement(Answer):
    """What is so, of `count` things, some of which are in `refs`; money at stake in minor units of `currency`."""

    id: str
    text: str
    count: Natural
    amount_minor: int | None
    refs: list[SummaryRef]


class SummaryParagraph(Answer):
    """Words for the statements that it names."""

    text: str
    statements: list[str]


class SummarySection(Answer):
    name: Section
    title: str
    paragraphs: list[SummaryParagraph]
    statements: list[SummaryStatement]


class ExceptionSummary(Answer):
    """`replaced`: how many of a model's paragraphs said what no record says, and gave way to the templates."""

    since: Time
    until: Time
    time_zone: str
    currency: str
    headline: str
    worded_by: str
    replaced: Natural
    sections: list[SummarySection]


class Alive(Answer):
    status: Literal["ok"]


class Readiness(Answer):
    """Each check says `ok`, and what it found."""

    status: Literal["ready", "degraded", "not_ready"]
    checks: dict[str, dict[str, Any]]

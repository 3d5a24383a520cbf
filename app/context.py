"""Context: everything that workflow functions need from outside themselves, made once by app/bootstrap.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from agents.journal import Journal
from agents.learner import Learner
from app.audit.log import Log
from app.audit.vault import Vault
from app.clock import Clock
from app.durable.port import WorkQueue
from app.experience import Experience
from app.gathering import Gathering
from app.intake import Intake
from app.rulesets import Rulesets
from app.secret_box import SecretBox
from app.settings import Settings
from tools.billing.confidence import Learned
from tools.events import WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.ports import ReadPort
from tools.proposals import Outcome
from tools.write_port import WritePort


class Connectors(Protocol):
    """The connectors of all tenants. Reading is for everyone; `writer` is for execution and reconciliation alone."""

    def reader(self, tenant: str) -> ReadPort:
        """The tenant's system of record. Raises SourceUnavailable."""

    def writer(self, tenant: str, connector: str) -> WritePort:
        """The write port of a connector by name. Raises KeyError for an unknown one."""


class Agents(Protocol):
    """Whatever makes proposals of an event: agents.graph.Triage. Nothing that it says is believed."""

    def run(
        self,
        event: WorkflowEvent,
        *,
        tenant: str,
        now: datetime,
        lookups: Lookups,
        journal: Journal,
        trust: Mapping[str, Trust],
        new_proposal_id: Callable[[], str],
        learned: Callable[[], Learned],
    ) -> Outcome:
        """See agents.graph.Triage.run."""


@dataclass(frozen=True)
class Context:
    """`clock` is the only source of time, `queue` the only way to have work done later."""

    settings: Settings
    clock: Clock
    engine: Engine
    vault: Vault
    secrets: SecretBox
    log: Log
    queue: WorkQueue
    intake: Intake
    gathering: Gathering
    rulesets: Rulesets
    triage: Agents
    learner: Learner | None
    experience: Experience
    connectors: Connectors

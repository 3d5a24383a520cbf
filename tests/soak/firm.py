"""The firm that is supervised: an installation set up as its owner would, with people who decide and one source."""

from dataclasses import dataclass
from pathlib import Path

from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.actor import Grant
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.cli_commands.local import make_firm
from app.clock import system_clock
from app.ground import Groundwork
from app.identity.principals import add_principal, machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from app.identity.tokens import create_token
from app.secret_box import SecretBox
from app.settings import Settings, audit_seed, make_home, secret_key
from app.store.engine import make_engine
from app.store.migrate import migrate
from app.systems import RECORDS, SANDBOX
from tools.registry import TOOLS

TENANT = "soak"
PEOPLE = 4
BY_HAND = frozenset({"provision_workspace", "open_renewal"})
"""Tools without a connector, whose actions become tasks."""
_DECIDING = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance")
# What rules let run by itself may do so in these workflows; in the others people see everything first.
_AUTO = (
    "crm.opportunity.won", "crm.contract.expiring", "psa.sow.approved", "psa.milestone.slipped",
    "psa.timesheet.approved", "psa.timesheet.missing", "erp.invoice.drafted", "erp.milestone.completed",
    "support.ticket.opened", "hr.person.joined", "psa.change_request.submitted",
)  # fmt: skip


@dataclass(frozen=True)
class Firm:
    home: Path
    database_url: str
    sink: Path
    source: str
    secret: str
    people: dict[str, str]
    """Principal id → token; each holds every role that decides."""

    @property
    def ledger_file(self) -> Path:
        return self.home / "sandbox" / f"{TENANT}.db"


def set_up(folder: Path, database_url: str | None) -> Firm:
    """Makes the installation in `folder`; without an address its database is SQLite in the home folder."""
    home = folder / "home"
    settings = Settings(home=home) if database_url is None else Settings(home=home, database_url=database_url)
    make_home(settings)
    EmbeddedReasoner(Encoder(settings.models_dir)).load()  # built once, or every life would be spent on it
    engine = make_engine(settings.database_url)
    try:
        migrate(engine)
        key = secret_key(settings)
        ground = Groundwork(
            settings, system_clock, engine, Vault(key), SecretBox(key), Log(SigningKey(audit_seed(settings)))
        )
        wired = {tool: SANDBOX for tool in TOOLS if tool not in BY_HAND}
        modes = {f"mode/{workflow}": "auto" for workflow in _AUTO}
        add_tenant(
            ground, TENANT, "Soak", connectors={RECORDS: SANDBOX} | wired,
            settings={"mode": "propose", "channels": ["delivery"]} | modes,
        )  # fmt: skip
        make_firm(ground, TENANT)
        machine = machine_actor(TENANT)
        people = {}
        for number in range(1, PEOPLE + 1):
            row = add_principal(
                ground, machine, name=f"Person {number}", kind="person", roles=[Grant(role) for role in _DECIDING]
            )
            people[row.id] = create_token(ground, machine, row.id, "soak")
        source, secret = add_source(ground, machine, "soak", verifier="standard-webhooks")
    finally:
        engine.dispose()
    return Firm(home, settings.database_url, folder / "checkpoints", source, secret, people)

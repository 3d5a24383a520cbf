"""A run: every injected text against a house, at one depth, and what is counted of it."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agents.reasoners.base import Reasoner
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from agents.reasoners.openai import Client, Endpoint, Limits, OpenAIReasoner
from app.context import Agents
from evals.adversary.attacks import Attack, Way, attacks, without_any
from evals.adversary.count import Outcome, Wall, outcome, shares
from evals.adversary.house import TENANTS, House, Template, house
from evals.adversary.model import HostileModel
from evals.adversary.overtaken import OvertakenAgents
from evals.adversary.server import Asked, Loopback
from evals.adversary.texts import Injection

Depth = Literal["embedded", "model", "agents"]
DEPTHS: Sequence[Depth] = ("embedded", "model", "agents")
"""Who has fallen for the texts: nobody (the embedded reasoner reads them), the model, or all that stands in the graph's
place."""


@dataclass
class Ran:
    """`strangers_told`: lookups by which the model got to see another customer's record."""

    depth: Depth
    outcomes: list[Outcome] = field(default_factory=list)
    clean: dict[str, Outcome] = field(default_factory=dict)
    asked: int = 0
    strangers_told: int = 0
    failures: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Stable key → (how many, of how many), as far as it means anything at this depth."""
        found = shares(self.outcomes, self.clean, self.depth)
        return found | ({"strangers_told": (self.strangers_told, self.asked)} if self.depth == "model" else {})


def run(
    template: Template,
    depth: Depth,
    injections: Sequence[Injection],
    embedded: Reasoner,
    *,
    mails: Sequence[str] = (),
    always: str | None = None,
    agents: Agents | None = None,
    rules: Path | None = None,
    mode: str = "auto",
    settings: Mapping[str, object] | None = None,
    way: Way | None = None,
    clean: Mapping[str, Outcome] | None = None,
) -> Ran:
    """All attacks of these texts in one house. `embedded` reads, or reads instead of the model.

    `always`, `agents`, `rules`, `mode`, `settings` and `way` are for looking at one guard: what the model always does,
    what stands in the graph's place, under which rules, mode and settings, and by which way the texts come. `clean` is
    what a run before found of the real requests without any text.
    """
    ran = Ran(depth)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="countersign-adversary-")))
        reasoner, server = embedded, None
        if depth == "model":
            server = stack.enter_context(Loopback(HostileModel(always)).serving())
            endpoint, limits = Endpoint("hostile", "none", server.url, timeout_s=10.0), Limits(retries=0)
            reasoner = OpenAIReasoner(endpoint, embedded, limits, Client(endpoint, limits))
        overtaken = (agents or OvertakenAgents()) if depth == "agents" else None
        ran.clean = dict(clean) if clean is not None else unharmed(template, embedded)
        attacked = stack.enter_context(
            house(template, folder / "attacked", reasoner=reasoner, agents=overtaken, rules=rules)
        )
        for name, value in {"mode": mode, **(settings or {})}.items():
            for tenant in TENANTS:
                attacked.set(tenant, name, value)
        wall = Wall.of(attacked)
        sent = [(attack, _send(attacked, attack)) for attack in attacks(attacked, injections, mails, way=way)]
        attacked.work()
        ran.outcomes = [outcome(attacked, attack, case, wall, mode=mode) for attack, case in sent]
        ran.failures = [f"{type(error).__name__}: {error}" for error in attacked.failed]
        if server is not None:
            ran.asked = len(server.asked)
            ran.strangers_told = sum(_strangers(asked, ran.outcomes, wall) for asked in server.asked)
    return ran


def together(parts: Sequence[Ran]) -> Ran:
    """Several runs at one depth as one."""
    return Ran(
        parts[0].depth, [one for part in parts for one in part.outcomes], parts[0].clean,
        sum(part.asked for part in parts), sum(part.strangers_told for part in parts),
        [one for part in parts for one in part.failures],
    )  # fmt: skip


def run_apart(
    template: Template, depth: Depth, injections: Sequence[Injection], cache: Path, mails: Sequence[str],
    clean: Mapping[str, Outcome],
) -> Ran:  # fmt: skip
    """`run` with a reasoner of its own, for a process of its own."""
    return run(template, depth, injections, EmbeddedReasoner(Encoder(cache)), mails=mails, clean=clean)


def _send(attacked: House, attack: Attack) -> str:
    tenant, kind, data = attack.tenant, attack.kind, attack.data
    if attack.way == "mapped":
        return attacked.deliver_mapped(tenant, kind, data)
    if attack.way == "batch":
        # Beside something harmless of the same project.
        harmless = {"project_id": data["project_id"], "text": "When is the next workshop?"}
        return attacked.deliver_batch(tenant, [(kind, harmless), (kind, data)])[1]
    if attack.way == "said_again":
        attacked.deliver(tenant, kind, data | {"text": str(attack.carrier)})
        attacked.work()
    return attacked.deliver(tenant, kind, data)


def unharmed(template: Template, embedded: Reasoner) -> dict[str, Outcome]:
    """What becomes of each real request without any text in it, as a request and as a ticket."""
    with (
        tempfile.TemporaryDirectory(prefix="countersign-adversary-") as folder,
        house(template, Path(folder) / "plain", reasoner=embedded) as plain,
    ):
        wall = Wall.of(plain)
        sent = [(attack, _send(plain, attack)) for attack in without_any(plain)]
        plain.work()
        return {attack.plain_key: outcome(plain, attack, case, wall) for attack, case in sent}


def _strangers(asked: Asked, outcomes: Sequence[Outcome], wall: Wall) -> bool:
    """Whether what the model was told in this dialogue holds a record of another customer than the case's."""
    if not asked.answers or asked.schema != "assess":
        return False
    message = str(asked.data["message"])
    whose = next((one.attack for one in outcomes if str(one.attack.data.get("text", ""))[-24:] == message[-24:]), None)
    told = [str(one["id"]).partition("/")[2] for answer in asked.answers for one in answer.get("records", [])]
    return whose is not None and wall.strangers(whose.tenant, whose.customer, told)

"""Real logs through the API: a service desk's incidents and two approval logs, in time order, a tenth of it twice."""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Engine, func, text
from sqlmodel import col, select

from app.bootstrap import TenantConnectors
from app.identity.principals import machine_actor
from app.identity.sources import add_source
from app.settings import load_settings
from app.store.engine import make_engine, read_only
from app.store.models import Case, Event, Execution, TriageRun
from evals.bench.figure import Figure, at_most, quantile, stated
from evals.bench.firm import SEED, TENANT, Firm, firm
from evals.bench.serving import Serving, serving
from evals.bench.site import Home, Site
from evals.replay import logs
from evals.replay.logs import Sent
from evals.replay.people import approve_all, approver
from evals.replay.senders import Tally, deliver, with_duplicates
from tools.records import Customer, Project, Ticket

EVENTS, TWICE = 5_000, 0.1
MAPPINGS = {"desk": "desk.json", "declarations": "approvals.json", "payments": "approvals.json"}
_FOLDER = Path(__file__).parents[1] / "replay"
_PRIORITY = {"1": "p1", "2": "p2", "3": "p3", "4": "p4"}
_PATIENCE_S, _POLL_S = 3_600.0, 0.5


@dataclass(frozen=True)
class Plan:
    """What is replayed. `events`: None is all of the logs. `workers`: processes beside one for HTTP; 0: one process
    does both."""

    events: int | None = EVENTS
    workers: int = 0


def plan_of(environment: Mapping[str, str]) -> Plan:
    """From REPLAY_EVENTS (a number or `all`) and REPLAY_WORKERS."""
    events = environment.get("REPLAY_EVENTS", str(EVENTS))
    return Plan(None if events == "all" else int(events), int(environment.get("REPLAY_WORKERS", "0")))


def measure(site: Site) -> list[Figure]:
    """The plan of the environment; nothing, saying so, where the public data sets are not there."""
    data = load_settings().data_dir
    if absent := logs.missing(data):
        typer.echo(f"replay: left out, {data} holds no {absent[0]}", err=True)
        return []
    return replay(site, data, plan_of(os.environ))


def replay(site: Site, data: Path, plan: Plan) -> list[Figure]:
    """Raises RuntimeError where something was lost, refused or done twice: then the figures would mean nothing."""
    with site.home() as home:
        return _replay(home, data, plan)


def _replay(home: Home, data: Path, plan: Plan) -> list[Figure]:
    events = logs.merged(data, plan.events, datetime.now(UTC))
    deliveries = with_duplicates(events, TWICE, SEED)
    with firm(home, mode="auto") as one:
        slugs, secrets = _sources(one)
        _enter_tickets(one, events)
        token = approver(one)
    engine = make_engine(home.database_url)
    try:
        before = _bytes(engine)
        with _running(home, plan) as (server, pids), _sampled(server, pids) as samples:
            begun = time.perf_counter()
            tally = deliver(server, slugs, secrets, deliveries)
            accepted_s = time.perf_counter() - begun
            _worked_off(engine)
            worked_s = time.perf_counter() - begun
            approved = approve_all(server, token)
            _worked_off(engine)
        counts = _counts(engine)
        grown = _bytes(engine) - before
    finally:
        engine.dispose()
    with firm_again(home) as ledger:
        effects, doubled = len(ledger), sum(int(str(entry["count"])) - 1 for entry in ledger)
    _must_hold(events, tally, counts, approved, effects, doubled)
    lost = len(events) - counts["events"] + counts["unfinished"]
    every = len(events)
    return [
        stated("replay.sent", len(deliveries), "deliveries", len(deliveries)),
        stated("replay.duplicates", tally.known, "deliveries known already", len(deliveries)),
        stated("replay.came_back", tally.came_back, "deliveries sent away for later", len(deliveries)),
        stated("replay.accepted", tally.taken, "events", every),
        stated("replay.stored", counts["events"], "events", every),
        stated("replay.cases", counts["cases"], "cases", every),
        stated("replay.triaged", counts["triaged"], "runs", every),
        stated("replay.approved", approved, "reviews, by a person", every),
        stated("replay.effects", effects, "effects", every),
        at_most("replay.lost", lost, "events", 0, every),
        at_most("replay.doubled", doubled, "effects", 0, max(effects, 1)),
        stated("replay.accept_p50", quantile(tally.spent, 0.5) * 1e3, "ms", len(tally.spent)),
        stated("replay.accept_p99", quantile(tally.spent, 0.99) * 1e3, "ms", len(tally.spent)),
        stated("replay.accepted_per_s", len(deliveries) / accepted_s, "deliveries/s", len(deliveries)),
        stated("replay.worked_off_per_s", every / worked_s, "events/s", every),
        stated("replay.triaged_per_s", counts["triaged"] / worked_s, "runs/s", counts["triaged"]),
        stated("replay.bytes", grown / every, "bytes of database/event", every),
        *(
            stated(f"replay.memory_{share}", samples[share * (len(samples) - 1) // 100][1], "MB, all processes", every)
            for share in (0, 20, 40, 60, 80, 100)  # per cent of the time
        ),
        stated("replay.memory_slope", _slope(samples), "MB/min, last half", len(samples)),
    ]


def _sources(one: Firm) -> tuple[dict[str, str], dict[str, str]]:
    """A source for each system, with its mapping file: slugs and secrets by system."""
    slugs, secrets = {}, {}
    for name, file in MAPPINGS.items():
        mapping = json.loads((_FOLDER / file).read_text("utf-8"))
        slugs[name], secrets[name] = add_source(
            one.service.context, machine_actor(TENANT), name, verifier="standard-webhooks", mapping=mapping
        )
    return slugs, secrets


def _enter_tickets(one: Firm, events: list[Sent]) -> None:
    """The desk's own records of its incidents, each of a project of the firm; none where the caller is not known."""
    connectors = one.service.connectors
    assert isinstance(connectors, TenantConnectors)
    sandbox = connectors.sandbox(TENANT)
    projects = sandbox.find(Project, {}, 1_000)
    known = {each.id for each in sandbox.find(Customer, {}, 1_000)}
    tickets: dict[str, Ticket] = {}
    for sent in events:
        body = sent.body
        if sent.source != "desk" or body["ident_state"] != "New" or body["caller_id"] == "?":
            continue
        project = projects[int(body["caller_id"]) % len(projects)]
        if project.customer_id not in known:
            continue
        tickets[body["number"]] = Ticket.model_validate({
            "id": body["number"], "unit": project.unit, "customer_id": project.customer_id, "project_id": project.id,
            "title": f"Incident {body['number']}", "text": f"Category {body['category']}.", "status": "open",
            "priority": _PRIORITY[body["priority"]], "authors": {"*": "system/support"},
        })  # fmt: skip
    sandbox.enter(tickets.values())


@contextmanager
def _running(home: Home, plan: Plan) -> Iterator[tuple[Serving, list[Serving]]]:
    """The process that answers, and all of them."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(home, "api" if plan.workers else "all"))
        beside = [stack.enter_context(serving(home, "worker")) for _ in range(plan.workers)]
        yield server, [server, *beside]


@contextmanager
def _sampled(_server: Serving, processes: list[Serving]) -> Iterator[list[tuple[float, float]]]:
    """Seconds and resident MB of all processes together, twice a second; the first after a warm-up of the reasoner."""
    over, samples = threading.Event(), list[tuple[float, float]]()

    def sample() -> None:
        while True:
            samples.append((time.monotonic(), sum(each.memory_mb() for each in processes)))
            if over.wait(_POLL_S):
                return

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _worked_off(engine: Engine) -> None:
    until = time.monotonic() + _PATIENCE_S
    runs = select(func.count()).where(col(TriageRun.status).in_(("waiting", "running")))
    executions = select(func.count()).where(
        col(Execution.status).in_(("waiting", "running", "unknown")), col(Execution.connector) != "manual"
    )
    while True:
        with read_only(engine) as session:
            if session.exec(runs).one() + session.exec(executions).one() == 0:
                return
        if time.monotonic() > until:
            raise RuntimeError(f"the events were not worked off within {_PATIENCE_S:g} s")
        time.sleep(_POLL_S)


def _counts(engine: Engine) -> dict[str, int]:
    def many(session: Any, model: Any, *where: Any) -> int:
        return int(session.exec(select(func.count()).select_from(model).where(*where)).one())

    with read_only(engine) as session:
        ended = col(TriageRun.status).in_(("done", "superseded"))
        return {
            "events": many(session, Event), "cases": many(session, Case), "triaged": many(session, TriageRun, ended),
            "unfinished": many(session, TriageRun, ~ended), "recognised": many(session, Event, col(Event.recognised)),
            "runs": many(session, TriageRun),
            "failed": many(session, Execution, col(Execution.status).in_(("failed", "void"))),
        }  # fmt: skip


def _must_hold(
    events: list[Sent], tally: Tally, counts: dict[str, int], approved: int, effects: int, doubled: int
) -> None:
    wrong = []
    if tally.refused:
        wrong.append(f"{len(tally.refused)} deliveries were refused, as {tally.refused[0]}")
    if not len(events) == tally.taken == counts["events"]:
        wrong.append(f"{len(events)} events were sent, {tally.taken} taken, {counts['events']} are stored")
    if counts["recognised"] > counts["runs"] or counts["unfinished"]:
        wrong.append(f"{counts['recognised']} events to triage, {counts['triaged']} triaged")
    if effects < approved - counts["failed"]:
        wrong.append(f"{approved} reviews were approved, {effects} took effect, {counts['failed']} failed")
    if doubled:
        wrong.append(f"{doubled} effects twice")
    if wrong:
        raise RuntimeError("; ".join(wrong))


def _bytes(engine: Engine) -> int:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    with engine.connect() as connection:
        pages, size = (
            connection.exec_driver_sql(f"PRAGMA {each}").scalar_one() for each in ("page_count", "page_size")
        )
        return int(pages) * int(size)


@contextmanager
def firm_again(home: Home) -> Iterator[list[dict[str, object]]]:
    """The ledger of the firm that is in `home`: every effect, and how often it was applied."""
    engine = make_engine(home.database_url)
    connectors = TenantConnectors(engine, home.folder / "sandbox", lambda: datetime.now(UTC))
    try:
        yield [entry for entry in connectors.sandbox(TENANT).ledger() if str(entry["key"]).startswith("cs_")]
    finally:
        connectors.close()
        engine.dispose()


def _slope(samples: list[tuple[float, float]]) -> float:
    """MB a minute over the last half of the time, by least squares."""
    half = samples[len(samples) // 2 :]
    at = [(moment - half[0][0]) / 60 for moment, _ in half]
    mean_at, mean = sum(at) / len(at), sum(held for _, held in half) / len(half)
    spread = sum((each - mean_at) ** 2 for each in at)
    return sum((each - mean_at) * (held - mean) for each, (_, held) in zip(at, half, strict=True)) / (spread or 1)

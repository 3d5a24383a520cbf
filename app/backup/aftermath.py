"""Aftermath: what a restored database no longer knows, made visible before anything runs.

Whatever may have run since the backup is unknown until the connector was asked under its idempotency key. Effects under
keys that the database does not know are put on record for people to look at, and so is the restore itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from app import tenancy
from app.audit import erasure
from app.audit.note import Checkpoint, NoteError, SigningKey
from app.backup.manifest import Manifest
from app.context import Context
from app.identity.entries import code
from app.identity.principals import MACHINE, machine_actor
from app.store.engine import read_only, unit_of_work
from app.store.models import Event, Execution, Pause, Proposal, SignInLink, Source, Tenant, Token, WebSession
from app.workflow import execute, route
from app.workflow.record import log
from tools.receipt import Effect

_KEY = "cs_"


@dataclass(frozen=True)
class Since:
    """What the former database still told of the time since: it must not come back to life with a restore."""

    erased: frozenset[tuple[str, str]] = frozenset()
    revoked: frozenset[str] = frozenset()


@dataclass
class Told:
    """What a restore tells of one firm. `outside`: entries in the newest checkpoint at the sink, None without one."""

    tenant: str
    size: int
    outside: int | None
    unknown: int = 0
    unexplained: list[dict[str, str]] = field(default_factory=list)
    listed: bool = True
    paused: bool = False
    erased_again: int = 0
    revoked_again: int = 0
    tokens: int = 0
    sources: list[dict[str, Any]] = field(default_factory=list)


def settle_all(
    ctx: Context, manifest: Manifest, effects: dict[str, list[Effect] | None], since: Since | None, *, pause: bool
) -> list[Told]:
    """Brings every firm of a restored database to where work may go on. `effects`: by tenant, None where its connector
    cannot list them. Raises log.LogBroken."""
    with read_only(ctx.engine) as session:
        tenants = list(session.exec(select(Tenant.id).order_by(col(Tenant.id))))
    _end_sessions(ctx)
    outside = newest_outside(ctx.settings.checkpoint_sink, ctx.log.key, tenants)
    return [
        _settle(ctx, manifest, tenant, effects.get(tenant), outside.get(tenant), since, pause=pause)
        for tenant in tenants
    ]


def newest_outside(sink: Path | None, key: SigningKey, tenants: Sequence[str]) -> dict[str, Checkpoint]:
    """The largest checkpoint of each tenant's log in the outside file."""
    if sink is None or not sink.exists():
        return {}
    keys = {key.origin(tenant): (tenant, key.verifier(tenant)) for tenant in tenants}
    found: dict[str, Checkpoint] = {}
    parts = sink.read_text().strip("\n").split("\n\n")
    for body, signature in zip(parts[::2], parts[1::2], strict=False):
        owner = keys.get(body.partition("\n")[0])
        if owner is None:
            continue
        try:
            each = Checkpoint.open(f"{body}\n\n{signature}\n", owner[1])
        except NoteError:
            continue
        if owner[0] not in found or found[owner[0]].size < each.size:
            found[owner[0]] = each
    return found


def _settle(
    ctx: Context, manifest: Manifest, tenant: str, effects: list[Effect] | None, outside: Checkpoint | None,
    since: Since | None, *, pause: bool,
) -> Told:  # fmt: skip
    now, actor = ctx.clock(), machine_actor(tenant)
    with read_only(ctx.engine) as session:
        head = ctx.log.head(session, tenant)
        doubtful = _doubtful(session, tenant)
    told = Told(tenant, head.size, None if outside is None else outside.size, listed=effects is not None)
    behind = outside is not None and outside.size > head.size
    with unit_of_work(ctx.engine) as session:
        details = {
            "backup": manifest.id, "taken_at": code(manifest.taken_at), "size": head.size,
            "root": head.root().hex(), "outside_size": told.outside, "outside_root": outside and outside.root.hex(),
            "behind_outside": behind, "unknown": len(doubtful), "effects_listed": told.listed,
        }  # fmt: skip
        log(ctx, session, actor, "backup.restored", refs={}, details=details)
    for execution_id in doubtful:
        told.unknown += _now_unknown(ctx, execution_id)
    with unit_of_work(ctx.engine) as session:
        _put_effects_on_record(ctx, session, tenant, effects or [], told)
        _repeat(ctx, session, tenant, since or Since(), told, now)
        told.paused = _hold(ctx, session, tenant, now) if pause or told.unexplained or not told.listed else False
        told.sources = _last_events(session, tenant)
        told.tokens = session.exec(
            select(func.count()).where(col(Token.tenant) == tenant, col(Token.revoked_at).is_(None))
        ).one()
    return told


def _doubtful(session: Session, tenant: str) -> list[str]:
    """Executions by a connector that may have run since. What waits for a review is asked of people anew."""
    found = session.exec(
        select(Execution).where(
            col(Execution.tenant) == tenant, col(Execution.status).in_(("waiting", "running", "unknown")),
            col(Execution.connector) != route.MANUAL,
        ).order_by(col(Execution.id))
    )  # fmt: skip
    return [row.id for row in found if row.waits_for is None or row.waits_for.startswith("prp_")]


def _now_unknown(ctx: Context, execution_id: str) -> bool:
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = execute.locked(session, execution_id)
        if execution is None:
            return False
        execution.fence += 1
        execution.due_at = now
        execute.finish(ctx, session, execution, now, status="unknown", error="restored from a backup")
        return True


def _put_effects_on_record(ctx: Context, session: Session, tenant: str, effects: list[Effect], told: Told) -> None:
    """An entry for each effect under our keys that no execution here accounts for."""
    known = dict(session.connection().execute(
        select(Execution.key, Execution.status).where(col(Execution.tenant) == tenant)
    ).all())  # fmt: skip
    lost = []
    for each in effects:
        if not each.key.startswith(_KEY) or each.count == 0:
            continue
        if known.get(each.key) in ("succeeded", "undone", "unknown", "running", "waiting"):
            continue
        proposal = session.get(Proposal, each.key.removeprefix(_KEY))
        mine = proposal if proposal is not None and proposal.tenant == tenant else None
        log(
            ctx, session, machine_actor(tenant), "effect.unexplained",
            refs={"case": mine.case_id if mine else None, "proposal": mine.id if mine else None},
            digests={"args": each.args_digest},
            details={"tool": each.tool, "key": code(each.key), "applied_at": code(each.applied_at.isoformat())},
        )  # fmt: skip
        if mine is None:
            lost.append(f"{each.tool}:{each.args_digest}")
        told.unexplained.append({"key": each.key, "tool": each.tool, "at": each.applied_at.isoformat()})
    if lost or not told.listed:
        tenancy.put(session, tenant, "restored_at", ctx.clock().isoformat(), MACHINE, ctx.clock())
    if lost:
        # Sources send again what was lost; planned once more, it is a possible duplicate of what took effect already.
        before = tenancy.read(session, tenant).settings.get("unexplained", [])
        tenancy.put(session, tenant, "unexplained", sorted({*before, *lost}), MACHINE, ctx.clock())


def _repeat(ctx: Context, session: Session, tenant: str, since: Since, told: Told, now: datetime) -> None:
    """Erases and revokes again what the former database had erased and revoked."""
    tokens = session.exec(select(Token).where(col(Token.tenant) == tenant, col(Token.revoked_at).is_(None)))
    for token in tokens.all():
        if token.digest in since.revoked:
            token.revoked_at = now
            session.add(token)
            told.revoked_again += 1
            log(
                ctx, session, machine_actor(tenant), "token.revoked",
                refs={"principal": token.principal_id, "token": token.digest[:16]}, details={"after_restore": True},
            )  # fmt: skip
    subjects = sorted(subject for of, subject in since.erased if of == tenant)
    if subjects:
        session.flush()
        told.erased_again = erasure.erase(session, ctx.log, machine_actor(tenant), subjects, now).payloads


def _hold(ctx: Context, session: Session, tenant: str, now: datetime) -> bool:
    """Nothing runs until a person has looked: switches set and things revoked since the backup are forgotten too."""
    if session.get(Pause, (tenant, "tenant", "")) is None:
        session.add(Pause(tenant=tenant, scope="tenant", name="", by=MACHINE, at=now))
        session.flush()
        log(
            ctx,
            session,
            machine_actor(tenant),
            "control.paused",
            refs={},
            details={"scope": "tenant"},
        )
    return True


def _end_sessions(ctx: Context) -> None:
    """Sessions and links that ended since the backup would be back; all end, people sign in again."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        session.exec(update(WebSession).where(col(WebSession.ended_at).is_(None)).values(ended_at=now))
        session.exec(update(SignInLink).where(col(SignInLink.used_at).is_(None)).values(used_at=now))


def _last_events(session: Session, tenant: str) -> list[dict[str, Any]]:
    """Of each source the last event that the restored database knows: what came later has to be sent again."""
    found = []
    for source in session.exec(select(Source).where(col(Source.tenant) == tenant).order_by(col(Source.slug))):
        last = session.exec(
            select(func.max(col(Event.received_at)), func.max(col(Event.time))).where(
                col(Event.tenant) == tenant, col(Event.source) == source.slug
            )
        ).one()
        received, happened = (_stamp(each) for each in last)
        found.append({"source": source.slug, "last_received": received, "last_event": happened})
    return found


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

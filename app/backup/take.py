"""Taking a backup while the service runs: one consistent copy of the database, with a signed manifest."""

import shutil
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.audit.export import snapshot
from app.backup import postgres, sqlite
from app.backup.manifest import MANIFEST, SIGNATURE, Firm, Manifest, public_key, secret_check, sign
from app.backup.package import Say, described, publish, refuse_overwriting
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import machine_actor
from app.ids import new_id
from app.settings import secret_key
from app.store.engine import unit_of_work
from app.store.models import Tenant

SECRET_FILE, AUDIT_FILE = "secret.key", "audit.key"
_ROOM = 1.1


def take(ground: Ground, path: Path, say: Say, *, keys: bool = False) -> Manifest:
    """Writes a backup to `path`: a folder, or one file where it ends in `.tar`. Each firm's log tells of it.

    `keys`: with the files of the secret key and of the log's key, without which nobody can read a backup.
    Raises Problem (`conflict`: `path` is there already; `unavailable`: a program of PostgreSQL is missing), OSError.
    """
    refuse_overwriting(path)
    now, url = ground.clock(), sa.make_url(ground.settings.database_url)
    ident = new_id("bkp", now)
    secrets = _key_files(ground) if keys else []
    _require_room(ground, path)
    draft = path.parent / f".{path.name}.{ident}"
    draft.mkdir(mode=0o700)
    try:
        _tell(ground, ident, keys=keys)
        backend = sqlite if url.get_backend_name() == "sqlite" else postgres
        with backend.dumped(url, draft, say) as session:
            manifest = _described(ground, session, ident, now, draft / backend.FILE, keys=keys)
        for each in secrets:
            target = draft / each.name
            target.touch(mode=0o600)
            target.write_bytes(each.read_bytes())
            manifest = manifest.model_copy(update={"files": [*manifest.files, described(target)]})
        text = manifest.text()
        (draft / MANIFEST).write_bytes(text)
        (draft / SIGNATURE).write_text(sign(text, ground.log.key))
        publish(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _described(ground: Ground, session: Session, ident: str, now: datetime, database: Path, *, keys: bool) -> Manifest:
    """What the copy holds, read from the copy (SQLite) or at the moment of the dump (PostgreSQL)."""
    sqlite_used = database.name == sqlite.FILE
    firms = []
    for tenant in session.exec(select(Tenant.id).order_by(col(Tenant.id))):
        head = ground.log.head(session, tenant)
        note = ground.log.key.checkpoint(tenant, head.size, head.root())
        firms.append(Firm(tenant=tenant, size=head.size, root=head.root().hex(), checkpoint=note))
    revision = session.connection().scalar(sa.text("SELECT version_num FROM alembic_version"))
    return Manifest(
        id=ident, taken_at=now.isoformat(), program=version("countersign"), revision=str(revision),
        backend="sqlite" if sqlite_used else "postgresql",
        backend_version=sqlite.version() if sqlite_used else postgres.version(session), dbos=version("dbos"),
        installation=ground.log.key.installation, public_key=public_key(ground.log.key),
        secret_check=secret_check(secret_key(ground.settings), ident), keys=keys, tenants=firms,
        files=[described(database)],
    )  # fmt: skip


def _tell(ground: Ground, ident: str, *, keys: bool) -> None:
    """On record before the copy is made, so that it stands in the copy too."""
    with snapshot(ground.engine) as session:
        tenants = list(session.exec(select(Tenant.id).order_by(col(Tenant.id))))
    for tenant in tenants:
        with unit_of_work(ground.engine) as session:
            details: dict[str, Any] = {"backup": ident, "keys": keys}
            put_on_record(ground, session, machine_actor(tenant), "backup.taken", details=details)


def _key_files(ground: Ground) -> list[Path]:
    settings = ground.settings
    if settings.secret_key is not None:
        raise Problem(
            "invalid_query",
            "The secret key is not in a file but in COUNTERSIGN_SECRET_KEY; keep it where it is kept now.",
        )
    return [settings.secret_key_file, settings.audit_key_file]


def _require_room(ground: Ground, path: Path) -> None:
    url = sa.make_url(ground.settings.database_url)
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    wanted = int(Path(url.database).stat().st_size * _ROOM) * (2 if path.suffix == ".tar" else 1)
    if (free := shutil.disk_usage(path.parent).free) < wanted:
        raise Problem("unavailable", f"{path.parent} has room for {free} bytes; {wanted} are needed.")

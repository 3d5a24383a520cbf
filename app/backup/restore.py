"""Restoring a backup: checked whole, loaded beside what there is, settled, and put in its place at one stroke."""

import hmac
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from app.audit.note import SigningKey
from app.backup import postgres, sqlite
from app.backup.aftermath import Since, Told, settle_all
from app.backup.manifest import Manifest, public_key, secret_check, unusable
from app.backup.package import Package, Say
from app.backup.postgres import PostgresPlace
from app.backup.sqlite import SqlitePlace
from app.backup.take import AUDIT_FILE, SECRET_FILE
from app.bootstrap import Service, TenantConnectors, build
from app.clock import Clock, system_clock
from app.errors import Problem
from app.settings import Settings, audit_seed, make_home, secret_key
from app.store.engine import make_engine, read_only
from app.store.migrate import HEAD
from app.store.models import SubjectKey, Tenant, Token


def restore(
    settings: Settings, path: Path, say: Say, *, replace: bool = False, pause: bool = True,
    clock: Clock = system_clock,
) -> dict[str, Any]:  # fmt: skip
    """Puts the backup at `path` in the place of the installation's database, and answers what has to be known of it.

    Until everything is checked and loaded nothing is touched; a failure leaves all as it was. With `replace` a former
    database is kept aside. `pause`: every firm is paused until a person resumes it; one with effects that nothing
    accounts for is paused in any case.
    Raises Problem: `invalid_body` (the backup does not hold), `conflict` (the service runs, there is a database),
    `unavailable` (a program of PostgreSQL is missing), OSError.
    """
    package = Package(path)
    manifest = package.manifest()
    package.check(manifest, say)
    url = sa.make_url(settings.database_url)
    _require_fitting(manifest, url)
    place = (
        PostgresPlace(url, manifest.id[-10:] + clock().strftime("%H%M%S")) if _on_postgres(url) else SqlitePlace(url)
    )
    _require_keys(settings, package, manifest)
    place.require_stopped()
    occupied = place.occupied()
    if occupied and not replace:
        raise Problem("conflict", "There is a database already; --replace keeps it aside and restores in its place.")
    with _keys_in_place(settings, package, manifest):
        try:
            place.load(package, _database_of(manifest), say)
            since = _since(settings) if occupied else Since()
            told = _settled(settings, place.draft_url, manifest, since, clock, say, pause=pause)
            aside = settings.home / f"before-{manifest.id}-{clock():%Y%m%dT%H%M%S}"
            aside.mkdir(mode=0o700)
            kept = place.swap(aside)
        except BaseException:
            place.discard()
            raise
    kept += _forget_precedents(settings, aside)
    if not any(aside.iterdir()):
        aside.rmdir()
    return {
        "backup": manifest.id, "taken_at": manifest.taken_at, "revision": HEAD, "kept": kept,
        "aside": str(aside) if aside.exists() else None, "former_readable": since is not None,
        "tenants": [asdict(each) for each in told],
    }  # fmt: skip


def _require_fitting(manifest: Manifest, url: sa.URL) -> None:
    backend = "postgresql" if _on_postgres(url) else "sqlite"
    if manifest.backend != backend:
        raise unusable(f"it is of {manifest.backend}, and COUNTERSIGN_DATABASE_URL names {backend}")
    if manifest.revision > HEAD:
        raise unusable(f"it is of revision {manifest.revision}, this version knows {HEAD}; install the later version")


def _require_keys(settings: Settings, package: Package, manifest: Manifest) -> None:
    """The keys that there are must be those of the backup; those that there are not must be in it."""
    if settings.secret_key is not None or settings.secret_key_file.exists():
        if not hmac.compare_digest(secret_check(secret_key(settings), manifest.id), manifest.secret_check):
            raise unusable("it was made under another secret key")
    elif manifest.file(SECRET_FILE) is None:
        raise unusable(f"it holds no keys; put its secret key into {settings.secret_key_file} first")
    if settings.audit_key_file.exists():
        if public_key(SigningKey(audit_seed(settings))) != manifest.public_key:
            raise unusable("it is signed by another key than the log's key here")
    elif manifest.file(AUDIT_FILE) is None:
        raise unusable(f"it holds no keys; put its log's key into {settings.audit_key_file} first")


@contextmanager
def _keys_in_place(settings: Settings, package: Package, manifest: Manifest) -> Iterator[None]:
    """An empty home gets the keys of the backup, and loses them again where the restore fails."""
    empty = not settings.home.exists()
    make_home(settings)
    made: list[Path] = []
    wanted = [(settings.audit_key_file, AUDIT_FILE)]
    if settings.secret_key is None:
        wanted.append((settings.secret_key_file, SECRET_FILE))
    try:
        for target, name in wanted:
            file = manifest.file(name)
            if not target.exists() and file is not None:
                made.append(target)
                package.extract(file, target)
        _require_keys(settings, package, manifest)
        yield
    except BaseException:
        for each in made:
            each.unlink(missing_ok=True)
        if empty:
            shutil.rmtree(settings.home, ignore_errors=True)
        raise


def _since(settings: Settings) -> Since | None:
    """What the database that is replaced had erased and revoked; None where it cannot be read."""
    engine = make_engine(settings.database_url)
    try:
        with read_only(engine) as session:
            erased = session.exec(
                select(SubjectKey.tenant, SubjectKey.data_subject).where(col(SubjectKey.erased_at).is_not(None))
            )
            revoked = session.exec(select(Token.digest).where(col(Token.revoked_at).is_not(None)))
            return Since(frozenset((of, subject) for of, subject in erased), frozenset(revoked))
    except sa.exc.SQLAlchemyError:
        return None
    finally:
        engine.dispose()


def _settled(
    settings: Settings, url: str, manifest: Manifest, since: Since | None, clock: Clock, say: Say, *, pause: bool
) -> list[Told]:
    service = build(settings.model_copy(update={"database_url": url}), clock=clock)
    try:
        _require_logs(service, manifest)
        say("asking the firms' systems what took effect")
        connectors = service.connectors
        effects = {
            firm.tenant: connectors.effects(firm.tenant) if isinstance(connectors, TenantConnectors) else None
            for firm in manifest.tenants
        }
        say("settling what may have run since")
        return settle_all(service.context, manifest, effects, since, pause=pause)
    finally:
        service.close()


def _require_logs(service: Service, manifest: Manifest) -> None:
    """The logs are of the size and root that the manifest's signature covers."""
    log = service.context.log
    with read_only(service.context.engine) as session:
        tenants = set(session.exec(select(Tenant.id)))
        for firm in manifest.tenants:
            head = log.head(session, firm.tenant)
            if (head.size, head.root().hex()) != (firm.size, firm.root):
                raise unusable(f"the log of {firm.tenant} is not the one of the manifest")
    if tenants != {firm.tenant for firm in manifest.tenants}:
        raise unusable("its database holds other firms than its manifest")


def _forget_precedents(settings: Settings, aside: Path) -> list[str]:
    """Precedents learned since the backup go aside; they are learned again from the log."""
    folder = settings.cache_dir / "precedents"
    if not folder.exists():
        return []
    folder.rename(aside / "precedents")
    return ["precedents"]


def _database_of(manifest: Manifest) -> Any:
    name = sqlite.FILE if manifest.backend == "sqlite" else postgres.FILE
    file = manifest.file(name)
    if file is None:
        raise unusable(f"{name} is missing")
    return file


def _on_postgres(url: sa.URL) -> bool:
    return url.get_backend_name() == "postgresql"

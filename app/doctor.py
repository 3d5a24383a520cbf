"""What `countersign doctor` looks at, from the settings to the disk."""

import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, func, select

from app.clock import system_clock
from app.settings import Settings, audit_seed, load_settings, secret_key
from app.store.engine import make_engine, read_only
from app.store.migrate import HEAD, revision
from app.store.models import AuditEntry, Tenant

_LEAST_FREE_BYTES = 500 * 1024 * 1024
_TOLERATED = timedelta(seconds=30)

Finding = dict[str, Any]


def examine() -> list[Finding]:
    """`[{"what","ok","detail"}]`, without changing anything. Raises SettingsInvalid."""
    settings = load_settings()
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("settings", lambda settings: f"{settings.environment}, reasoner {settings.reasoner}"),
        ("home folder", _home), ("secret key", _secret), ("log's key", _log_key), ("database", _database),
        ("clock", _clock), ("rules", _rules), ("sentence encoder", _encoder), ("precedents", _precedents),
        ("sandbox firms", _sandbox), ("disk", _disk), ("address", _address),
    ]  # fmt: skip
    return [_found(what, check, settings) for what, check in checks]


class _Amiss(Exception):
    pass


def _found(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return {"what": what, "ok": True, "detail": check(settings)}
    except Exception as amiss:  # noqa: BLE001 - every reason is a finding
        said = str(amiss) if isinstance(amiss, _Amiss) else f"{type(amiss).__name__}: {amiss}"
        return {"what": what, "ok": False, "detail": " ".join(said.split())}


def _home(settings: Settings) -> str:
    if not settings.home.exists():
        return f"{settings.home} is made at the first start"
    mode = stat.S_IMODE(settings.home.stat().st_mode)
    if mode & 0o077:
        raise _Amiss(f"{settings.home} may be read by others (mode {mode:04o}); set it to 0700")
    return str(settings.home)


def _secret(settings: Settings) -> str:
    if settings.secret_key is None and not settings.secret_key_file.exists():
        return "is made at the first start"
    secret_key(settings)
    return "from the environment" if settings.secret_key else str(settings.secret_key_file)


def _log_key(settings: Settings) -> str:
    if not settings.audit_key_file.exists():
        return "is made at the first start"
    audit_seed(settings)
    return str(settings.audit_key_file)


def _database(settings: Settings) -> str:
    engine = make_engine(settings.database_url)
    kind = engine.dialect.name
    try:
        if not _there(engine):
            return "is made at the first start"
        found = revision(engine)
    finally:
        engine.dispose()
    if found is not None and found != HEAD:
        raise _Amiss(f"{kind} at revision {found}, this version needs {HEAD}; run `countersign migrate`")
    return f"{kind} at revision {found}" if found else f"{kind}, empty; the first start migrates it"


def _there(engine: Engine) -> bool:
    """Whether there is a database; connecting to SQLite would make one."""
    return engine.dialect.name != "sqlite" or Path(engine.url.database or "").exists()


@contextmanager
def _tables(settings: Settings) -> Iterator[Engine | None]:
    """The database where it has this version's tables, else None."""
    engine = make_engine(settings.database_url)
    try:
        yield engine if _there(engine) and revision(engine) == HEAD else None
    finally:
        engine.dispose()


def _clock(settings: Settings) -> str:
    """A clock that runs behind the log would have signatures and deadlines judged by the wrong time."""
    now = system_clock()
    with _tables(settings) as engine:
        if engine is None:
            return f"{now:%Y-%m-%d %H:%M:%S} UTC"
        with read_only(engine) as session:
            newest: datetime | None = session.exec(select(func.max(col(AuditEntry.at)))).one()
    if newest is not None and newest > now + _TOLERATED:
        raise _Amiss(f"{now:%Y-%m-%d %H:%M:%S} UTC, but the log has an entry of {newest:%Y-%m-%d %H:%M:%S}")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC, not behind the log"


def _rules(settings: Settings) -> str:
    from policies.examples import run_examples
    from policies.ruleset import RULES, load_ruleset

    ruleset = load_ruleset(settings.rules or RULES)
    failed = [each for each in run_examples(ruleset) if not each.ok]
    if failed:
        raise _Amiss(f"{len(failed)} examples come out otherwise; run `countersign policy test`")
    return f"{len(ruleset.rules)} rules, {ruleset.digest[:19]}"


def _encoder(settings: Settings) -> str:
    from agents.reasoners.embedded.encoder import Encoder

    with tempfile.TemporaryDirectory() as folder:
        # Where nothing was built yet, nothing is left: a home, with its mode, is the first start's to make.
        encoder = Encoder(settings.models_dir if settings.models_dir.exists() else Path(folder))
        vectors = encoder.encode(["a change request"])
    return f"{encoder.version}, {len(vectors[0])} dimensions"


def _precedents(_settings: Settings) -> str:
    """The vector store, tried in a folder of its own: that of a running service is that service's alone."""
    import numpy as np

    from agents.memory import DIMENSIONS, Memory

    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "precedents", "doctor")
        vector = np.zeros(DIMENSIONS, np.float32)
        vector[0] = 1.0
        recall = memory.nearest("doctor", vector, None, 1)
        memory.close()
    if recall.fault is not None:
        raise _Amiss(recall.fault)
    return "the vector store opens and answers"


def _sandbox(settings: Settings) -> str:
    from app.bootstrap import TenantConnectors
    from app.systems import RECORDS, SANDBOX

    with _tables(settings) as engine:
        if engine is None:
            return "none"
        with read_only(engine) as session:
            firms = [row.id for row in session.exec(select(Tenant)) if row.connectors.get(RECORDS) == SANDBOX]
        connectors = TenantConnectors(engine, settings.home / "sandbox", system_clock)
        empty = [each for each in firms if connectors.sandbox(each).seed() is None]
        connectors.close()
    if empty:
        raise _Amiss(f"{', '.join(empty)}: there is no firm in it; run `countersign sandbox reset`")
    return ", ".join(firms) or "none"


def _disk(settings: Settings) -> str:
    place = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        raise _Amiss(f"{free // 2**20} MiB free, {_LEAST_FREE_BYTES // 2**20} are the least")
    return f"{free // 2**30} GiB free"


def _address(settings: Settings) -> str:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    return f"{settings.public_url}" + (" answers" if taken else " is free")

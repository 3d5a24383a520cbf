"""What `countersign doctor` looks at: settings, keys, database, rules, model file, disk, address."""

import shutil
import socket
import stat
from collections.abc import Callable
from typing import Any

from app.settings import Settings, audit_seed, load_settings, secret_key
from app.store.engine import make_engine
from app.store.migrate import HEAD, revision

_LEAST_FREE_BYTES = 500 * 1024 * 1024

Finding = dict[str, Any]


def examine() -> list[Finding]:
    """`[{"what","ok","detail"}]`, without changing anything. Raises SettingsInvalid."""
    settings = load_settings()
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("settings", lambda settings: f"{settings.environment}, reasoner {settings.reasoner}"),
        ("home folder", _home), ("secret key", _secret), ("log's key", _log_key), ("database", _database),
        ("rules", _rules), ("sentence encoder", _encoder), ("disk", _disk), ("address", _address),
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
    if kind == "sqlite" and not settings.home.exists():
        return "is made at the first start"
    try:
        found = revision(engine)
    finally:
        engine.dispose()
    if found is not None and found != HEAD:
        raise _Amiss(f"{kind} at revision {found}, this version needs {HEAD}; run `countersign migrate`")
    return f"{kind} at revision {found}" if found else f"{kind}, empty; the first start migrates it"


def _rules(_settings: Settings) -> str:
    from policies.examples import run_examples
    from policies.ruleset import load_ruleset

    ruleset = load_ruleset()
    failed = [each for each in run_examples(ruleset) if not each.ok]
    if failed:
        raise _Amiss(f"{len(failed)} examples come out otherwise; run `countersign policy test`")
    return f"{len(ruleset.rules)} rules, {ruleset.digest[:19]}"


def _encoder(settings: Settings) -> str:
    from agents.reasoners.embedded.encoder import Encoder

    encoder = Encoder(settings.cache_dir)
    vectors = encoder.encode(["a change request"])
    return f"{encoder.version}, {len(vectors[0])} dimensions"


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

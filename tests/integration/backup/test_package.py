"""A backup that is half, tampered with or of something else is refused, and nothing is changed."""

import json
import resource
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.backup.manifest import MANIFEST, SIGNATURE
from app.backup.restore import restore
from app.backup.sqlite import SqlitePlace
from app.backup.take import take
from app.clock import system_clock
from app.errors import Problem
from app.ground import Groundwork
from app.identity.tenants import add_tenant
from app.secret_box import SecretBox
from app.settings import Settings, audit_seed, make_home, secret_key
from app.store.engine import make_engine
from app.store.migrate import migrate


def quiet(_line: str) -> None:
    pass


@pytest.fixture
def ground(tmp_path: Path) -> Groundwork:
    settings = Settings(home=tmp_path / "home")
    make_home(settings)
    engine = make_engine(settings.database_url)
    migrate(engine)
    key = secret_key(settings)
    made = Groundwork(settings, system_clock, engine, Vault(key), SecretBox(key), Log(SigningKey(audit_seed(settings))))
    add_tenant(made, "acme", "Acme", connectors={}, settings={})
    engine.dispose()
    return made


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _flip(folder: Path) -> None:
    raw = bytearray((folder / "database.sqlite").read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / "database.sqlite").write_bytes(bytes(raw))


def _cut(folder: Path) -> None:
    raw = (folder / "database.sqlite").read_bytes()
    (folder / "database.sqlite").write_bytes(raw[: len(raw) // 2])


def _rewrite(folder: Path) -> None:
    said = json.loads((folder / MANIFEST).read_text())
    said["tenants"][0]["size"] += 1
    (folder / MANIFEST).write_text(json.dumps(said, indent=1) + "\n")


def _more(folder: Path) -> None:
    (folder / "more").write_text("?")


def _link(folder: Path) -> None:
    (folder / "database.sqlite").rename(folder.parent / "elsewhere")
    (folder / "database.sqlite").symlink_to(folder.parent / "elsewhere")


HARM: dict[str, Callable[[Path], object]] = {
    "flipped": _flip, "cut": _cut, "rewritten": _rewrite, "more": _more, "link": _link,
    "no database": lambda folder: (folder / "database.sqlite").unlink(),
    "no manifest": lambda folder: (folder / MANIFEST).unlink(),
    "no signature": lambda folder: (folder / SIGNATURE).unlink(),
    "no JSON": lambda folder: (folder / MANIFEST).write_text("{"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("tar", [False, True], ids=["folder", "tar"])
def test_harmed_it_is_refused(ground: Groundwork, tmp_path: Path, harm: str, *, tar: bool) -> None:
    take(ground, tmp_path / "good", quiet)
    ground.engine.dispose()
    shutil.copytree(tmp_path / "good", tmp_path / "bad")
    HARM[harm](tmp_path / "bad")
    bad = tmp_path / "bad"
    if tar:
        if harm == "link":
            pytest.skip("the same as a missing file")
        bad = tmp_path / "bad.tar"
        with tarfile.open(bad, "w") as file:
            file.add(tmp_path / "bad", ".", filter=lambda member: None if member.name == "." else member)
            for each in sorted((tmp_path / "bad").iterdir()):
                file.add(each, each.name)
    before = everything(tmp_path / "home")
    with pytest.raises(Problem) as raised:
        restore(ground.settings, bad, quiet, replace=True)
    assert raised.value.code == "invalid_body"
    assert "nothing was changed" in raised.value.detail
    assert everything(tmp_path / "home") == before


def test_half_a_tar_is_refused(ground: Groundwork, tmp_path: Path) -> None:
    take(ground, tmp_path / "good.tar", quiet)
    ground.engine.dispose()
    before, raw = everything(tmp_path / "home"), (tmp_path / "good.tar").read_bytes()
    for part in (0, 100, 3000, len(raw) // 2):
        (tmp_path / "half.tar").write_bytes(raw[:part])
        with pytest.raises(Problem, match="cannot be used"):
            restore(ground.settings, tmp_path / "half.tar", quiet, replace=True)
    assert everything(tmp_path / "home") == before


def test_keys_and_places_must_fit(ground: Groundwork, tmp_path: Path) -> None:
    bare, full = tmp_path / "bare", tmp_path / "full.tar"
    take(ground, bare, quiet)
    take(ground, full, quiet, keys=True)
    assert not [path for path in bare.iterdir() if path.suffix == ".key"]
    with pytest.raises(Problem, match="overwrites nothing"):
        take(ground, bare, quiet)
    with pytest.raises(Problem, match="in use"):
        restore(ground.settings, bare, quiet, replace=True)
    ground.engine.dispose()
    with pytest.raises(Problem, match="--replace"):
        restore(ground.settings, bare, quiet)

    empty = Settings(home=tmp_path / "empty")
    with pytest.raises(Problem, match="holds no keys"):
        restore(empty, bare, quiet)
    assert not empty.home.exists()
    told = restore(empty, full, quiet)
    assert [each["tenant"] for each in told["tenants"]] == ["acme"]
    assert secret_key(empty) == secret_key(ground.settings)

    stranger = Settings(home=tmp_path / "stranger", secret_key="another-key-that-is-quite-long-0123456789")  # type: ignore[arg-type]
    with pytest.raises(Problem, match="another secret key"):
        restore(stranger, full, quiet)
    assert not stranger.home.exists()


def test_a_restore_that_fails_leaves_what_there_was(
    ground: Groundwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(ground, tmp_path / "good", quiet)
    ground.engine.dispose()
    before = everything(tmp_path / "home")

    def fails(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.backup.restore.settle_all", fails)
    with pytest.raises(OSError, match="No space"):
        restore(ground.settings, tmp_path / "good", quiet, replace=True)
    after = everything(tmp_path / "home")
    # Only that the write-ahead log was folded in may be seen of it.
    assert after.keys() == before.keys()
    assert sqlite3.connect(tmp_path / "home" / "countersign.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_is_not_called_a_running_service(ground: Groundwork) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(Problem) as raised:
            SqlitePlace(sa.make_url(ground.settings.database_url)).require_stopped()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.code == "unavailable"
    assert "Nothing was changed" in raised.value.detail

from multiprocessing import get_context
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.settings import Settings, SettingsInvalid, load_settings, make_home, secret_key

STRONG = "q7Jt2vXw9LmZ4bRk8NcPd5HsGf3YaEu6"


def test_the_defaults_need_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.home == tmp_path / ".countersign"
    assert settings.database_url == f"sqlite:///{tmp_path}/.countersign/countersign.db"
    assert settings.data_dir == tmp_path / ".." / "shared" / "data"
    assert (settings.public_url, settings.port) == ("http://127.0.0.1:8700", 8700)
    assert (settings.environment, settings.timezone, settings.reasoner) == ("development", "UTC", "embedded")
    assert settings.max_body_bytes == 1024 * 1024
    assert list(tmp_path.iterdir()) == [], "reading the settings makes nothing"


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "COUNTERSIGN_HOME": str(tmp_path / "elsewhere"),
        "COUNTERSIGN_DATABASE_URL": "postgres://me:pass@db/firm",
        "COUNTERSIGN_PUBLIC_URL": "https://countersign.example/",
        "COUNTERSIGN_PORT": "9000",
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "COUNTERSIGN_TIMEZONE": "Europe/Zurich",
        "COUNTERSIGN_REASONER": "model",
        "COUNTERSIGN_MODEL": "some-model",
        "COUNTERSIGN_FAULTS": "execute.applied, execute.recorded",
        "COUNTERSIGN_WORKERS": "",
        "OPENAI_API_KEY": "sk-something",
        "OPENAI_BASE_URL": "http://127.0.0.1:11434/v1/",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.home == tmp_path / "elsewhere"
    assert settings.database_url == "postgresql+psycopg://me:pass@db/firm"
    assert settings.public_url == "https://countersign.example"
    assert (settings.port, settings.log_level, settings.timezone) == (9000, "DEBUG", "Europe/Zurich")
    assert settings.openai_base_url == "http://127.0.0.1:11434/v1"
    assert settings.openai_api_key == SecretStr("sk-something")
    assert settings.faults == ("execute.applied", "execute.recorded")
    assert settings.workers == 16, "an empty variable is an unset one"
    assert "pass@" not in repr(settings)
    assert "sk-something" not in repr(settings)


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:8700"), ("::1", "http://[::1]:8700")])
def test_the_public_address_is_one_that_can_be_opened(host: str, url: str) -> None:
    assert Settings(host=host).public_url == url


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("COUNTERSIGN_DATABSE_URL", "COUNTERSIGN_DATABASE_URL"),
        ("COUNTERSIGN_OPENAI_API_KEY", "OPENAI_API_KEY"),
        ("COUNTERSIGN_", "is not a setting"),
    ],
)
def test_a_variable_that_is_no_setting_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str, suggestion: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    assert name in str(refused.value)
    assert suggestion in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_PORT", "0"),
        ("COUNTERSIGN_PORT", "http"),
        ("COUNTERSIGN_ENVIRONMENT", "staging"),
        ("COUNTERSIGN_TIMEZONE", "Mars/Olympus"),
        ("COUNTERSIGN_TIMEZONE", "../../etc/passwd"),
        ("COUNTERSIGN_DATABASE_URL", "mysql://me:hunter2@db/firm"),
        ("COUNTERSIGN_DATABASE_URL", "sqlite:///:memory:"),
        ("COUNTERSIGN_DATABASE_URL", "sqlite://"),
        ("COUNTERSIGN_PUBLIC_URL", "countersign.example"),
        ("COUNTERSIGN_MAX_BODY_BYTES", "0"),
        ("COUNTERSIGN_WORKERS", "0"),
        ("COUNTERSIGN_LOG_LEVEL", "loud"),
        ("COUNTERSIGN_REASONER", "oracle"),
        ("COUNTERSIGN_FAULTS", "rm -rf"),
        ("OPENAI_BASE_URL", "ftp://models"),
    ],
)
def test_a_bad_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    assert name in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1, "what was derived from it is not a second fault"


def test_every_bad_variable_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_PORT", "x")
    monkeypatch.setenv("COUNTERSIGN_WORKERS", "y")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "COUNTERSIGN_PORT",
        "COUNTERSIGN_WORKERS",
    ]


@pytest.mark.parametrize("missing", ["COUNTERSIGN_MODEL", "OPENAI_API_KEY"])
def test_a_model_needs_its_name_and_its_key(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given = {"COUNTERSIGN_REASONER": "model", "COUNTERSIGN_MODEL": "m", "OPENAI_API_KEY": "k"}
    for name, value in given.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=missing):
        load_settings()


@pytest.mark.parametrize("secret", [None, "changeme", "x" * 64])
def test_production_refuses_a_missing_or_weak_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str | None
) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    monkeypatch.setenv("COUNTERSIGN_ENVIRONMENT", "production")
    if secret is not None:
        monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", secret)
    with pytest.raises(SettingsInvalid, match="COUNTERSIGN_SECRET_KEY") as refused:
        load_settings()
    assert secret is None or secret not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_production_takes_a_strong_secret_and_no_faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    monkeypatch.setenv("COUNTERSIGN_ENVIRONMENT", "production")
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", STRONG)
    assert secret_key(load_settings()) == STRONG.encode()
    monkeypatch.setenv("COUNTERSIGN_FAULTS", "execute.applied")
    with pytest.raises(SettingsInvalid, match="COUNTERSIGN_FAULTS"):
        load_settings()


def test_production_takes_a_key_file_that_was_put_there(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text(STRONG + "\n")
    file.chmod(0o600)
    assert secret_key(Settings(home=tmp_path, environment="production")) == STRONG.encode()


def test_development_makes_a_key_file_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    key = secret_key(settings)
    assert len(key) >= 32
    assert secret_key(settings) == key
    assert settings.secret_key_file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in settings.home.iterdir()] == ["secret.key"], "no draft is left behind"
    assert secret_key(Settings(home=tmp_path / "other")) != key


@pytest.mark.parametrize(("text", "mode", "why"), [(STRONG, 0o644, "0600"), ("short", 0o600, "fewer"), ("", 0o600, "")])
def test_a_key_file_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, mode: int, why: str) -> None:
    file = tmp_path / "secret.key"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(SettingsInvalid, match=f"secret.key.*{why}"):
        secret_key(Settings(home=tmp_path))


def _key_of(home: str) -> bytes:
    return secret_key(Settings(home=Path(home)))


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    with get_context("spawn").Pool(4) as pool:
        keys = pool.map(_key_of, [str(tmp_path / "home")] * 16, chunksize=1)
    assert len(set(keys)) == 1


def test_home_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    home = make_home(Settings(home=tmp_path / "a" / "b"))
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"MODEL_INPUT_PRICE": "0.15"}, "are set together"),
        ({"MODEL_DAY_COST": "5"}, "needs COUNTERSIGN_MODEL_INPUT_PRICE"),
        ({"MODEL_CASE_COST": "0.5"}, "needs COUNTERSIGN_MODEL_INPUT_PRICE"),
        ({"MODEL_DAY_COST": "-1"}, "COUNTERSIGN_MODEL_DAY_COST"),
        ({"MODEL_CASE_TOKENS": "many"}, "COUNTERSIGN_MODEL_CASE_TOKENS"),
    ],
)
def test_what_a_model_may_cost_is_checked_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"COUNTERSIGN_{name}", value)
    with pytest.raises(SettingsInvalid, match=named):
        load_settings()

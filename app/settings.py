"""Every setting of the service, read from the environment: `COUNTERSIGN_<NAME>`, and OpenAI's two usual names."""

import difflib
import os
import re
import secrets
import stat
import sys
import tempfile
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.workflow.faults import checked

PREFIX = "COUNTERSIGN_"
_MIN_SECRET_LENGTH = 32
# A key of fewer different characters than this was typed or repeated, not drawn: 32 random hex digits have about 14.
_MIN_SECRET_VARIETY = 8


class SettingsInvalid(Exception):
    """The environment does not make a usable configuration; each line of the message names a variable or a file."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError(f"{name!r} is not an IANA time zone") from unknown
    return name


def _database(url: str) -> str:
    """SQLite in a file, or PostgreSQL through psycopg 3 whichever of its usual schemes was written."""
    if url.startswith("sqlite:///") and url not in ("sqlite:///", "sqlite:///:memory:"):
        return url
    scheme, found, rest = url.partition("://")
    if found and rest and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")


def _site(url: str) -> str:
    return str(AnyHttpUrl(url)).rstrip("/")


def _listed(raw: Any) -> Any:
    return tuple(part.strip() for part in raw.split(",") if part.strip()) if isinstance(raw, str) else raw


def _upper(raw: Any) -> Any:
    return raw.upper() if isinstance(raw, str) else raw


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
SiteUrl = Annotated[str, AfterValidator(_site)]
Price = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
FaultPoint = Annotated[str, AfterValidator(checked)]


class Settings(BaseSettings):
    """The whole configuration, frozen. Build it with `load_settings`, whose errors name the environment's variables."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        # An error text must not repeat a password or a key.
        hide_input_in_errors=True,
    )

    environment: Literal["development", "production"] = "development"
    home: AbsolutePath = Path(".countersign")
    """Folder of all embedded state; made with mode 0700."""
    data_dir: AbsolutePath = Path("../shared/data")
    """Folder of public data sets that evaluations and some tests read; never needed by the service."""
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        default_factory=lambda known: f"sqlite:///{known['home'] / 'countersign.db'}", repr=False
    )
    secret_key: SecretStr | None = None
    """Key material for credentials at rest and sessions; without it, the text of `secret_key_file`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8700
    public_url: SiteUrl = Field(default_factory=lambda known: f"http://{_in_url(known['host'])}:{known['port']}")
    """How people and webhooks reach this service, without a closing slash."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    request_timeout: Annotated[int, Field(ge=1, le=3600)] = 20
    """Seconds within which a small request must have arrived whole; each 8 KiB of a large one gives one more."""
    max_waiting: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    """Pieces of work that may wait in all; above it deliveries are answered with 503 and a time to come back."""
    tenant_max_waiting: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000
    """The same of one firm, with 429."""
    tenant_max_reviews: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000
    """Reviews of one firm that may wait for its people; above it events are taken in, but not worked off yet."""
    source_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    """Events a second of one source, in one process; above it 429."""
    tenant_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 2_000
    """Events a second of one firm's sources together, in one process."""
    tenant_behind: Annotated[int, Field(ge=1, le=10_000_000)] = 200
    """Pieces of one firm's work from which, while others have work too, `tenant_rate_behind` holds for it."""
    tenant_rate_behind: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    """Events a second of such a firm, in one process; above it 429."""
    token_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """Requests a second under one token, in one process."""
    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """Items of durable work that one process has under way at a time."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """IANA zone of a firm that has none of its own."""
    checkpoint_sink: AbsolutePath | None = None
    """File outside `home` to which every signed checkpoint of the log is also appended."""

    rules: AbsolutePath | None = None
    """Folder of the rule files; without it those that are shipped."""

    reasoner: Literal["embedded", "model"] = "embedded"
    model: str | None = None
    model_timeout: Annotated[int, Field(ge=1, le=600)] = 30
    """Seconds within which an answer of the model must be there as a whole."""
    model_input_price: Price | None = None
    """Of a million tokens that the model reads, in units of any one currency; without prices no money is counted."""
    model_output_price: Price | None = None
    """Of a million tokens that it writes."""
    model_case_tokens: Annotated[int, Field(ge=0)] = 100_000
    """Most tokens for one case, read and written, over all its runs; what goes beyond is read without the model."""
    model_case_calls: Annotated[int, Field(ge=0)] = 40
    model_case_seconds: Annotated[int, Field(ge=0)] = 300
    """Most time that the model's answers for one case may take together."""
    model_case_cost: Price | None = None
    """Most money for one case, in the prices' currency."""
    model_day_tokens: Annotated[int, Field(ge=0)] = 5_000_000
    """Most tokens for all cases of one firm on one day (UTC)."""
    model_day_cost: Price | None = None
    """Most money for all cases of one firm on one day (UTC)."""
    model_patience: Annotated[int, Field(ge=0, le=86_400)] = 900
    """Seconds for which a case waits for a model that is busy, before it is read without it."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: SiteUrl | None = Field(default=None, validation_alias="OPENAI_BASE_URL")

    slack_bot_token: SecretStr | None = None
    """Token (`xoxb-…`) by which `countersign slack connect` connects a workspace; it is kept encrypted from then on."""
    slack_signing_secret: SecretStr | None = None
    """With it Slack's requests are taken at `/slack/events`."""
    slack_app_token: SecretStr | None = None
    """With it (`xapp-…`) Slack's requests are fetched over a socket, where nothing can reach this service."""
    slack_api_url: SiteUrl = "https://slack.com/api"

    faults: Annotated[tuple[FaultPoint, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Points of app.workflow.faults at which a test has the process die, separated by commas; never in production."""

    token: SecretStr | None = None
    """Bearer token as whose principal the command line acts (`countersign queue`, `approve`, `triage`)."""

    @property
    def slack(self) -> bool:
        """Whether Slack is used; without either way in it is off."""
        return self.slack_signing_secret is not None or self.slack_app_token is not None

    @property
    def local_url(self) -> str:
        """How a program on this machine reaches the service, without a closing slash."""
        return f"http://{_in_url(self.host)}:{self.port}"

    @property
    def secret_key_file(self) -> Path:
        return self.home / "secret.key"

    @property
    def audit_key_file(self) -> Path:
        return self.home / "audit.key"

    @property
    def cache_dir(self) -> Path:
        """What can be rebuilt from the database: the vectors of precedents."""
        return self.home / "cache"

    @property
    def models_dir(self) -> Path:
        """What is built once of the weights and texts that are shipped. It says nothing of any firm, so it lies with
        the installation, where that is a virtual environment that may be written to; else in the cache folder."""
        installed = Path(sys.prefix) / "var" / "countersign"
        own = sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)
        return installed if own else self.cache_dir

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.reasoner == "model":
            if self.model is None:
                raise ValueError("COUNTERSIGN_REASONER=model needs COUNTERSIGN_MODEL")
            if self.openai_api_key is None and self.openai_base_url is None:
                raise ValueError("COUNTERSIGN_REASONER=model needs OPENAI_API_KEY, or OPENAI_BASE_URL of an own server")
        if (self.model_input_price is None) != (self.model_output_price is None):
            raise ValueError("COUNTERSIGN_MODEL_INPUT_PRICE and COUNTERSIGN_MODEL_OUTPUT_PRICE are set together")
        if self.model_input_price is None and not (self.model_case_cost is None and self.model_day_cost is None):
            raise ValueError("a limit on the model's cost needs COUNTERSIGN_MODEL_INPUT_PRICE and _OUTPUT_PRICE")
        if self.environment == "production":
            if self.faults:
                raise ValueError("COUNTERSIGN_FAULTS is for tests; production refuses it")
            if self.secret_key is None and not self.secret_key_file.exists():
                raise ValueError(
                    f"COUNTERSIGN_SECRET_KEY is not set and there is no {self.secret_key_file}; "
                    "production makes no key of its own"
                )
            if self.secret_key is not None and (weakness := _weakness(self.secret_key.get_secret_value())):
                raise ValueError(f"COUNTERSIGN_SECRET_KEY {weakness}; production refuses it")
        return self


def load_settings() -> Settings:
    """The settings of this process's environment. Raises SettingsInvalid, which names each variable at fault."""
    if unknown := _unknown_variables():
        raise SettingsInvalid("\n".join(unknown))
    try:
        return Settings()
    except ValidationError as refused:
        lines = [_explained(error) for error in refused.errors() if error["type"] != "default_factory_not_called"]
        raise SettingsInvalid("\n".join(lines)) from None


def secret_key(settings: Settings) -> bytes:
    """The key material: the environment's, else the key file's, which development makes on first use (mode 0600).

    Derive a key for each purpose from it; use it for nothing directly. Raises SettingsInvalid for a key file that
    others may read, or that is too weak, and for a missing one in production.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.secret_key_file
    if not path.exists():
        if settings.environment == "production":
            raise SettingsInvalid(f"{PREFIX}SECRET_KEY is not set and there is no {path}")
        _make_key_file(path)
    return _key_in(path)


def audit_seed(settings: Settings) -> bytes:
    """32 bytes: the seed of the Ed25519 key that signs the log's checkpoints.

    From a file of its own, made on first use, so that a change of the secret key leaves the log's key what it was.
    Raises SettingsInvalid as `secret_key` does.
    """
    if not settings.audit_key_file.exists():
        _make_key_file(settings.audit_key_file)
    return sha256(b"countersign checkpoints\n" + _key_in(settings.audit_key_file)).digest()


def _key_in(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SettingsInvalid(f"{path} may be read by others (mode {mode:04o}); set it to 0600")
    text = path.read_text().strip()
    if weakness := _weakness(text):
        raise SettingsInvalid(f"{path} {weakness}")
    return text.encode()


def make_home(settings: Settings) -> Path:
    """The home folder, made if need be for this user alone (mode 0700)."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.home


def _make_key_file(path: Path) -> None:
    # Written whole elsewhere and then linked: of two processes that start at once one wins, and neither reads half.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".key.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _weakness(key: str) -> str | None:
    if len(key) < _MIN_SECRET_LENGTH:
        return f"has fewer than {_MIN_SECRET_LENGTH} characters"
    if len(set(key)) < _MIN_SECRET_VARIETY:
        return "is not random"
    return None


def _in_url(host: str) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound to
    return f"[{reachable}]" if ":" in reachable else reachable


def _variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def _unknown_variables() -> list[str]:
    """One line for each `COUNTERSIGN_` variable that is no setting: a misspelt one would otherwise do nothing."""
    known = sorted(_variable(field) for field in Settings.model_fields)
    lines = []
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            lines.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    return lines


def _explained(error: Any) -> str:
    message = re.sub(r"^Value error, ", "", error["msg"])
    if not error["loc"]:
        return message
    place = str(error["loc"][0])
    name = _variable(place) if place in Settings.model_fields else place
    return f"{name}: {message}"

"""Ground: the part of the context that identity, settings and views stand on. It needs no model and no queue."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine

from app.audit.log import Log
from app.audit.vault import Vault
from app.clock import Clock
from app.secret_box import SecretBox
from app.settings import Settings


class Ground(Protocol):
    """What app.context.Context also has, so that either is handed in."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def secrets(self) -> SecretBox: ...
    @property
    def log(self) -> Log: ...


@dataclass(frozen=True)
class Groundwork:
    """The ground alone, for commands that run beside the service."""

    settings: Settings
    clock: Clock
    engine: Engine
    vault: Vault
    secrets: SecretBox
    log: Log

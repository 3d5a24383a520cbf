"""ReadPort: how anything above reads the firm's records. A connector implements it for one tenant."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from tools.records import Record

R = TypeVar("R", bound=Record)


class SourceUnavailable(Exception):
    """The system of record could not be asked; nothing was learned and nothing may be concluded from it."""


class ReadPort(Protocol):
    def get(self, model: type[R], ident: str) -> R | None:
        """The record as it stands now, or None. Raises SourceUnavailable."""

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        """Records whose fields equal `where`, by id, at most `limit`. Raises SourceUnavailable, KeyError (field)."""

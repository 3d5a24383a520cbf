"""What the model is told: one file a version, `<name>/v<version>.md`, loaded with its SHA-256."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class PromptMissing(LookupError):
    """There is no prompt of that name and version."""


@dataclass(frozen=True)
class Prompt:
    """`sha256` is the hex digest of the file's bytes; `stamp` is what a result made with it carries."""

    name: str
    version: int
    text: str
    sha256: str

    @property
    def stamp(self) -> str:
        return f"{self.name}/v{self.version}/{self.sha256[:12]}"


@lru_cache
def load(name: str, version: int) -> Prompt:
    """The prompt `name` in that version. Raises PromptMissing."""
    path = _HERE / name / f"v{version}.md"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise PromptMissing(f"no prompt {name!r} in version {version}")
    raw = path.read_bytes()
    return Prompt(name, version, raw.decode("utf-8"), hashlib.sha256(raw).hexdigest())


__all__ = ["Prompt", "PromptMissing", "load"]

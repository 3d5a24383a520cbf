"""Rulesets: the rules in force. A file that cannot be read or does not hold leaves the last good ruleset in force."""

import threading
from dataclasses import dataclass
from pathlib import Path

from policies.engine import Engine
from policies.reading import RulesetInvalid
from policies.ruleset import load_ruleset

SHIPPED = Path(__file__).resolve().parent.parent / "policies" / "rules"


@dataclass(frozen=True)
class Standing:
    """The engine in force and, where the files say something else by now, why that was not taken."""

    engine: Engine
    broken: tuple[str, ...] = ()


class Rulesets:
    """Watches one folder of rule files. `standing` is cheap: files are read again only when one of them changed."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Raises RulesetInvalid: without one good ruleset nothing can be decided, so the service does not start."""
        self._folder = folder
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._standing = Standing(Engine(load_ruleset(folder)))

    @property
    def standing(self) -> Standing:
        return self._standing

    def texts(self) -> dict[str, str]:
        """File name → text, as the files stand now, in force or not."""
        files = sorted([*self._folder.glob("*.yaml"), *self._folder.glob("*.yml")])
        return {file.name: file.read_text("utf-8") for file in files}

    def refresh(self) -> tuple[str, ...]:
        """Looks at the files; returns what is newly wrong with them (empty: nothing, or it was said before)."""
        with self._lock:
            stamp = self._stamp()
            if stamp == self._seen:
                return ()
            self._seen = stamp
            try:
                self._standing = Standing(Engine(load_ruleset(self._folder)))
            except RulesetInvalid as invalid:
                self._standing = Standing(self._standing.engine, tuple(str(error) for error in invalid.errors))
                return self._standing.broken
            return ()

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for path in sorted([*self._folder.glob("*.yaml"), *self._folder.glob("*.yml")]):
            try:
                status = path.stat()
            except OSError:  # gone meanwhile, or a link to nowhere: reading it will say
                found.append((path.name, 0, -1))
            else:
                found.append((path.name, status.st_mtime_ns, status.st_size))
        return tuple(found)

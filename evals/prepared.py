"""What a task hands to the harness: rows to answer, how to answer them, and what figures follow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from evals.intervals import Estimate

Answer = Mapping[str, Any]


class SetUnusable(Exception):
    """The data of a task is absent or not as the task needs it; the message names the file."""


@dataclass(frozen=True)
class Files:
    """Where a task's data is: files that were named, else the folder of public sets. `cache` may be written to."""

    data: Path
    cache: Path
    train: Path | None
    test: Path | None
    told: Callable[[str], None]

    def given(self, standard: str) -> tuple[Path, Path | None]:
        """Training file and test file; of the standard set the one file, to be split. Raises SetUnusable."""
        if (self.train is None) != (self.test is None):
            raise SetUnusable("--train and --test go together")
        if self.train is not None:
            return _there(self.train), _there(self.test) if self.test else None
        return _there(self.data / standard), None


@dataclass(frozen=True)
class Prepared:
    """A task ready to run. `answer` takes row numbers; `figures` takes the truths and answers of all rows in order."""

    truths: Sequence[Any]
    answer: Callable[[Sequence[int]], list[Answer]]
    figures: Callable[[Sequence[Any], Sequence[Answer]], Mapping[str, Estimate]]
    train_file: str | None
    test_file: str | None
    notes: Mapping[str, Any] = field(default_factory=dict)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return sha256(file.read()).hexdigest()


def _there(path: Path) -> Path:
    if not path.exists():
        raise SetUnusable(f"{path} is not there; COUNTERSIGN_DATA_DIR names the folder of the public sets")
    return path

"""What a task hands to the harness: rows to answer, how to answer them, and what figures follow."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from agents.reasoners.base import Reasoner
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.settings import Settings
from evals.intervals import Estimate

Answer = Mapping[str, Any]
ReasonerName = Literal["embedded", "model"]


class SetUnusable(Exception):
    """The data of a task is absent or not as the task needs it; the message names the file."""


@dataclass(frozen=True)
class Files:
    """Where a task's data is: files that were named, else the folder of public sets. `cache` may be written to.

    `reasoner` says what reads and words where a task asks a reasoner; `settings` say which model that is. `limit`:
    seconds that a solver gets for a row. `quick`: of tasks whose rows take long only a sample is answered.
    """

    data: Path
    cache: Path
    train: Path | None
    test: Path | None
    told: Callable[[str], None]
    reasoner: ReasonerName = "embedded"
    settings: Settings | None = None
    limit: float | None = None
    quick: bool = False

    def given(self, standard: str) -> tuple[Path, Path | None]:
        """Training file and test file; of the standard set the one file, to be split. Raises SetUnusable."""
        if (self.train is None) != (self.test is None):
            raise SetUnusable("--train and --test go together")
        if self.train is not None:
            return _there(self.train), _there(self.test) if self.test else None
        return _there(self.data / standard), None

    def none_given(self, name: str, what: str) -> None:
        """For a task on the shipped data. Raises SetUnusable."""
        if self.train or self.test:
            raise SetUnusable(f"{name} measures {what}; it takes no files")

    @property
    def embedded(self) -> EmbeddedReasoner:
        """The embedded reasoner, without precedents, loaded once a process. Raises EncoderUnavailable."""
        return _embedded(self.cache)

    @property
    def encoder(self) -> Encoder:
        """The same one for every task of a process."""
        return _encoder(self.cache)

    def read_by(self) -> Reasoner:
        """The reasoner that was asked for. Raises EncoderUnavailable, SetUnusable where no model is set up."""
        if self.reasoner == "embedded":
            return self.embedded
        from app.bootstrap import chosen_reasoner

        if self.settings is None or self.settings.model is None:
            raise SetUnusable(
                "no model is set up: COUNTERSIGN_REASONER=model, COUNTERSIGN_MODEL and a key or an address"
            )
        return chosen_reasoner(self.settings.model_copy(update={"reasoner": "model"}), self.embedded)


@dataclass(frozen=True)
class Row:
    """One row as it was asked and answered; of several repetitions the first answer."""

    name: str
    truth: Any
    answer: Answer


@dataclass(frozen=True)
class Shown:
    """What the report draws of a task's rows.

    `labels`: field → (the true label, the label given) of each row. `sure`: (confidence 0 to 1, whether it was right)
    of each row that was answered.
    """

    labels: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    sure: Sequence[tuple[float, bool]] = ()


@dataclass(frozen=True)
class Prepared:
    """A task ready to run. `answer` takes row numbers; `figures` takes the truths and answers of all rows in order.

    `right`: whether a row was answered well as a whole, for pass^k. `ids` name the rows from run to run; without them
    a row is known by its place in its file. `shown` makes what the report draws.
    `listed`: the answers themselves are what --json prints of the task alone.
    """

    truths: Sequence[Any]
    answer: Callable[[Sequence[int]], list[Answer]]
    figures: Callable[[Sequence[Any], Sequence[Answer]], Mapping[str, Estimate]]
    train_file: str | None
    test_file: str | None
    notes: Mapping[str, Any] = field(default_factory=dict)
    right: Callable[[Any, Answer], bool] | None = None
    ids: Sequence[str] = ()
    shown: Callable[[Sequence[Any], Sequence[Answer]], Shown] | None = None
    listed: bool = False

    def sampled(self, most: int, seed: int) -> "Prepared":
        """So many of the rows, drawn by the seed, in their order; itself where there are no more."""
        if len(self.truths) <= most:
            return self
        kept = sorted(random.Random(seed).sample(range(len(self.truths)), most))  # noqa: S311 - a draw, no secret
        names = self.names()
        return replace(
            self, truths=[self.truths[place] for place in kept], ids=[names[place] for place in kept],
            answer=lambda places: self.answer([kept[place] for place in places]),
            notes={**self.notes, "sampled": {"rows": most, "of": len(self.truths), "seed": seed}},
        )  # fmt: skip

    def names(self) -> list[str]:
        """What each row is called, equal from run to run as long as it is the same row."""
        whence = (self.test_file or self.train_file or "")[:12]
        return list(self.ids) or [f"{whence}/{place}" for place in range(len(self.truths))]


@lru_cache(maxsize=1)
def _encoder(cache: Path) -> Encoder:
    return Encoder(cache)


@lru_cache(maxsize=1)
def _embedded(cache: Path) -> EmbeddedReasoner:
    made = EmbeddedReasoner(_encoder(cache))
    made.load()
    return made


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return sha256(file.read()).hexdigest()


def _there(path: Path) -> Path:
    if not path.exists():
        raise SetUnusable(f"{path} is not there; COUNTERSIGN_DATA_DIR names the folder of the public sets")
    return path

"""Playing: a scene from its beginning to its end on a stage of its own, and what it cost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from agents.reasoners.base import Reasoner
from evals.adversary.house import Template
from evals.scenes.cost import cost_of
from evals.scenes.firm import make_template
from evals.scenes.scene import Scene
from evals.scenes.seen import seen
from evals.scenes.stage import Stage, stage


@dataclass(frozen=True)
class Played:
    """`cost` has `wall_ms` and `cpu_ms` of the whole scene and what models took: see evals.scenes.cost."""

    answer: dict[str, Any]
    cost: dict[str, Any]


class Theatre:
    """One template for all scenes; each is played in a folder that is gone afterwards. Use as a context manager."""

    def __init__(self, reasoner: Reasoner, rules: Path | None = None) -> None:
        self._reasoner, self._rules = reasoner, rules
        self._folder = TemporaryDirectory(prefix="countersign-scenes-")
        self._template: Template | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    def play(self, scene: Scene) -> Played:
        """Raises SceneUnusable."""
        with self.set_up(scene) as made:
            before = made.snapshot()
            wall, cpu = time.perf_counter(), time.process_time()
            made.play(scene.steps)
            wall_ms, cpu_ms = (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3
            return Played(seen(made, before), cost_of(made) | {"wall_ms": wall_ms, "cpu_ms": cpu_ms})

    @contextmanager
    def set_up(self, scene: Scene) -> Iterator[Stage]:
        """The stage at the beginning of the scene. Raises SceneUnusable."""
        if self._template is None:
            self._template = make_template(Path(self._folder.name) / "template")
        with (
            TemporaryDirectory(dir=self._folder.name) as folder,
            stage(self._template, Path(folder) / "home", scene, self._reasoner, self._rules) as made,
        ):
            yield made

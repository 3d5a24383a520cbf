"""The heads that the embedded reasoner starts with, trained on the starter set when they are first asked for."""

from functools import cached_property
from pathlib import Path

import yaml

from agents.reasoners.embedded import cues
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.head import Head, train
from tools.values import digest

STARTER = Path(__file__).parent / "starter.yaml"


class Heads:
    """One head a task: `request`, `ticket`, `urgency`, `impact`. Training takes a second, once a process."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __getitem__(self, task: str) -> Head:
        return self._trained[0][task]

    @property
    def version(self) -> str:
        """Names the encoder and the starter set that the heads came from."""
        return self._trained[1]

    @cached_property
    def _trained(self) -> tuple[dict[str, Head], str]:
        examples: dict[str, dict[str, list[str]]] = yaml.safe_load(STARTER.read_text(encoding="utf-8"))
        heads: dict[str, Head] = {}
        for task, texts in examples.items():
            rows = [(label, text) for label, several in texts.items() for text in several]
            vectors = self._encoder.encode([text for _, text in rows])
            odds = [cues.odds(task, text) for _, text in rows]
            heads[task] = train(vectors, [label for label, _ in rows], odds)
        return heads, f"{self._encoder.version}+{digest(examples)[7:15]}"

"""The classifiers that the embedded reasoner starts with, of the labelled texts that are shipped beside this file.

They are trained when first asked for, in a process of its own, because training needs libraries and memory that a
service would keep for good, and kept in the cache folder under the digest of what they were trained on.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from agents.reasoners.embedded.artefact import FORMAT, Artefact, ArtefactUnusable, load, save
from agents.reasoners.embedded.classifier import Classifier
from agents.reasoners.embedded.encoder import Encoder, EncoderUnavailable
from agents.reasoners.embedded.glossary import GLOSSARY, for_encoder
from agents.reasoners.embedded.language import language_of
from agents.reasoners.embedded.reading import encoded, prepared
from tools.values import digest

STARTER = Path(__file__).parent / "starter"
"""Plain texts, a file's name beginning with its language."""
TEXTS = Path(__file__).parent / "texts"
FIELDS = {"request": "category", "urgency": "urgency", "impact": "impact", "sentiment": "sentiment"}
"""Task → field of the items in `texts` that labels it, if they have it; `ticket` has the starter set alone."""

LANGUAGES = ("en", "de")
"""Learnt from and read, all by the same classifiers. The encoder is English: of German it is given the words that the
glossary knows, and the n-grams do the rest."""

ERROR_TARGET = 0.2
BUILD_TIMEOUT_S = 900
"""Half a minute on a machine that has nothing else to do; on a very busy one minutes."""
_ROOT = Path(__file__).resolve().parents[3]
# libyaml where PyYAML was built with it: the texts are read at each start, and pure Python takes eight times as long.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Heads:
    """One classifier a task: `request`, `ticket`, `urgency`, `impact`, `sentiment`; trained by a cache's first use."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __getitem__(self, task: str) -> Classifier:
        """Raises EncoderUnavailable where the classifiers can neither be read nor trained."""
        return self._trained[0][task].classifier

    def report(self, task: str) -> dict[str, Any]:
        """The cross-validated report of the task's training."""
        report: dict[str, Any] = self._trained[0][task].document["report"]
        return report

    def threshold(self, task: str, language: str) -> float:
        """The least confidence of what is not abstained on in one of `LANGUAGES`, by that language's own errors."""
        least: float = self.report(task)["thresholds"].get(language, self[task].threshold)
        return least

    @property
    def version(self) -> str:
        """Names the encoder and the texts that the classifiers came from."""
        return self._trained[1]

    @cached_property
    def _trained(self) -> tuple[dict[str, Artefact], str]:
        examples = labelled()
        glossary = GLOSSARY.read_text(encoding="utf-8")
        mark = digest([FORMAT, self._encoder.version, examples, glossary, str(ERROR_TARGET), LANGUAGES])[7:15]
        folder = self._encoder.cache_dir / f"heads-{mark}"
        try:
            found = self._read(folder, examples)
            if found is None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                # The kernel drops the lock when its holder dies, so a killed training blocks nobody.
                with (folder / "lock").open("a") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    found = self._read(folder, examples)
                    if found is None:
                        _train_apart(self._encoder.cache_dir, folder)
                        found = {task: load(folder / f"{task}.npz", self._encoder.version) for task in examples}
        except (OSError, ArtefactUnusable) as error:
            raise EncoderUnavailable(f"the classifiers cannot be kept: {error}") from error
        return found, f"{self._encoder.version}+{mark}"

    def _read(self, folder: Path, examples: dict[str, Any]) -> dict[str, Artefact] | None:
        try:
            return {task: load(folder / f"{task}.npz", self._encoder.version) for task in examples}
        except ArtefactUnusable:
            return None


def labelled() -> dict[str, list[list[str]]]:
    """Task → [text, label] of each shipped text in one of the languages."""
    rows: dict[str, list[list[str]]] = {}
    for path in sorted(path for language in LANGUAGES for path in STARTER.glob(f"{language}*.yaml")):
        starter: dict[str, dict[str, list[str]]] = _parsed(path)
        for task, of in starter.items():
            rows.setdefault(task, []).extend([text, label] for label, texts in of.items() for text in texts)
    for path in sorted(TEXTS.glob("*.yaml")):
        for item in _parsed(path):
            if item["language"] in LANGUAGES:
                for task, field in FIELDS.items():
                    if field in item:
                        rows[task].append([item["text"], item[field]])
    return rows


def _parsed(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe in either form


def train_all(cache: Path, folder: Path, told: Callable[[str], object]) -> None:
    """Trains each task's classifier and saves it in `folder`. Raises EncoderUnavailable; OSError."""
    from agents.reasoners.embedded.training import train

    encoder = Encoder(cache)
    for task, rows in labelled().items():
        told(task)
        texts = prepared([text for text, _ in rows])
        languages = list(map(language_of, texts))
        features = encoded(encoder, list(map(for_encoder, texts, languages)), told)
        labels = [label for _, label in rows]
        made, quality = train([texts], [features], labels, ERROR_TARGET, told, languages)
        save(folder / f"{task}.npz", Artefact(made, {"encoder": encoder.version, "report": quality.document()}))


def _train_apart(cache: Path, folder: Path) -> None:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        run = subprocess.run(  # noqa: S603 — our own module, no outside argument
            [sys.executable, "-m", "agents.reasoners.embedded.heads", str(cache), str(folder)],
            # Some hundred rows: on a busy machine a second thread of the linear algebra waits more than it works.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EncoderUnavailable(f"training the classifiers took more than {BUILD_TIMEOUT_S} s") from error
    if run.returncode != 0:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise EncoderUnavailable(f"training the classifiers failed: {last}")


if __name__ == "__main__":
    train_all(Path(sys.argv[1]), Path(sys.argv[2]), sys.stderr.write)

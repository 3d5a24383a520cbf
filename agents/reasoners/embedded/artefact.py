"""A trained classifier as one file: numpy arrays and one JSON document in a .npz, nothing in it that could run."""

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.reasoners.embedded.classifier import Classifier, Logistic
from agents.reasoners.embedded.likeness import Outlook
from agents.reasoners.embedded.ngrams import Lexicon

FORMAT = 3
"""Raise it when what is stored changes, or how n-grams are hashed: an older file is then refused, not misread."""


class ArtefactUnusable(Exception):
    """The file cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Artefact:
    """A classifier and what is known of it. `document` holds at least `encoder`, the version that made its vectors."""

    classifier: Classifier
    document: dict[str, Any]


def save(path: Path, artefact: Artefact) -> None:
    """Writes the file in one step: a failure leaves the former one as it was. Raises OSError."""
    import numpy as np

    made = artefact.classifier
    described = {
        **artefact.document, "format": FORMAT, "labels": made.labels, "temperature": made.temperature,
        "threshold": made.threshold, "strangest": made.strangest, "inner": made.inner,
    }  # fmt: skip
    arrays = {
        "document": np.frombuffer(json.dumps(described, ensure_ascii=False).encode(), np.uint8),
        "ngrams": made.lexicon.weights, "lexical": made.lexical, "sentence": made.sentence, "bias": made.bias,
        "centre": made.outlook.centre, "spread": made.outlook.spread,
        **{f"landmarks_{place}": one for place, one in enumerate(made.landmarks)},
        **{
            f"{name}_{part}": getattr(one, part)
            for name, one in (("confidence", made.confidence), ("strangeness", made.strangeness))
            for part in ("mean", "spread", "weights")
        },
    }  # fmt: skip
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def load(path: Path, encoder: str) -> Artefact:
    """Reads the file. `encoder` is the version whose vectors it will be given. Raises ArtefactUnusable."""
    import numpy as np

    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            described = json.loads(file["document"].tobytes())
            _fits(path, described, encoder)
            logistics = [
                Logistic(*(file[f"{name}_{part}"] for part in ("mean", "spread", "weights")))
                for name in ("confidence", "strangeness")
            ]
            made = Classifier(
                tuple(described["labels"]), Lexicon(file["ngrams"]), file["lexical"],
                Outlook(file["centre"], file["spread"]), described["inner"],
                tuple(file[f"landmarks_{place}"] for place in range(len(file["centre"]))), file["sentence"],
                file["bias"], described["temperature"], logistics[0], logistics[1], described["threshold"],
                described["strangest"],
            )  # fmt: skip
    except FileNotFoundError as missing:
        raise ArtefactUnusable(f"there is no classifier {path.stem}: no file {path}") from missing
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as broken:
        raise ArtefactUnusable(f"{path} is not a whole classifier: {broken}") from broken
    return Artefact(made, described)


def _fits(path: Path, described: dict[str, Any], encoder: str) -> None:
    found = described.get("format")
    if found != FORMAT:
        raise ArtefactUnusable(f"{path} has format {found!r}, this version reads {FORMAT}: train it anew")
    if described.get("encoder") != encoder:
        raise ArtefactUnusable(
            f"{path} was trained with the sentence encoder {described.get('encoder')!r}, and {encoder!r} is in use: "
            "their vectors must not be mixed, train it anew"
        )

"""Runs: what an evaluation leaves behind, one folder each: `run.json` with every row, the report, Inspect's logs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evals.prepared import Row

VERSION = 1
FILE = "run.json"


class RunUnusable(Exception):
    """There is no run there, or it is none of this form; the message names the file."""


@dataclass(frozen=True)
class Earlier:
    """A task's result as a run kept it. `folder` says where."""

    task: str
    commit: str | None
    reasoner: str
    rows: Sequence[Row]


def folder_of(home: Path, at: datetime, commit: str | None) -> Path:
    """A new folder `<moment>-<commit>` under `home`. Raises OSError."""
    name = f"{at:%Y-%m-%dT%H-%M-%S}-{(commit or 'none')[:7]}"
    folder, more = home / "evals" / name, 1
    while folder.exists():
        more += 1
        folder = home / "evals" / f"{name}-{more}"
    folder.mkdir(parents=True)
    return folder


def keep(folder: Path, results: Sequence[Mapping[str, Any]], at: datetime) -> Path:
    """Writes `run.json` whole or not at all; answers its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"version": VERSION, "at": at.isoformat(), "results": list(results)}
    path, part = folder / FILE, folder / f"{FILE}.part"
    part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
    return path


def earlier(path: Path) -> dict[str, Earlier]:
    """The results of a run by task; `path` is its folder or its file. Raises RunUnusable."""
    file = path / FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise RunUnusable(f"{file}: a run of version {document['version']}, not {VERSION}")
        return {
            one["task"]: Earlier(
                one["task"], one["commit"], one["reasoner"],
                [Row(row["name"], row["truth"], row["answer"]) for row in one["rows"]],
            )
            for one in document["results"]
        }  # fmt: skip
    except OSError as error:
        raise RunUnusable(f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunUnusable(
            f"{file}: not a run that `countersign eval` wrote ({type(error).__name__}: {error})"
        ) from error

"""The built model in the cache folder: made once, by one process, and never trusted without its digest."""

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.reasoners.embedded.onnx_build import PINNED

RECIPE = "int8r2"
"""Raise it when the graph or its quantisation changes: it is part of the file's name and of every vector's version."""

VERSION = f"all-minilm-l6-v2/{PINNED['model.safetensors'][:12]}/{RECIPE}"
BUILD_TIMEOUT_S = 300

_PREFIX = f"minilm-{PINNED['model.safetensors'][:12]}-{RECIPE}-"
_WORK = "minilm-work-"
_ROOT = Path(__file__).resolve().parents[3]
_log = logging.getLogger(__name__)


class ModelUnavailable(Exception):
    """The model could neither be read from the cache nor built."""


def model_file(cache: Path) -> Path:
    """The built model (ONNX, about 23 MB), built first when the cache holds none that is whole.

    The file's name ends in the sha256 of its content, so that a truncated or altered one is seen and built again.
    Several processes may call this at once: one builds, the others wait and read.
    Raises ModelUnavailable.
    """
    try:
        whole = _whole(cache)
        if whole is not None:
            return whole
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache):
            whole = _whole(cache)
            if whole is not None:
                return whole
            _clean(cache)
            return _build(cache)
    except OSError as error:
        raise ModelUnavailable(f"the model cache cannot be used: {error}") from error


def _candidates(cache: Path) -> list[Path]:
    return sorted(cache.glob(f"{_PREFIX}*.onnx"))


def _whole(cache: Path) -> Path | None:
    for path in _candidates(cache):
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            continue  # the builder is replacing it; the lock comes next
        if path.stem.removeprefix(_PREFIX) == found:
            return path
        _log.warning("the cached model %s does not have the digest of its name", path.name)
    return None


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    # The kernel drops the lock when its holder dies, so a killed build blocks nobody.
    with (cache / "minilm.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clean(cache: Path) -> None:
    """Removes what a killed or truncated build left. Only under the lock, where nobody else is building."""
    for path in _candidates(cache):
        path.unlink()
    for folder in cache.glob(f"{_WORK}*"):
        shutil.rmtree(folder)


def _build(cache: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=cache, prefix=_WORK) as folder:
        made = Path(folder) / "int8.onnx"
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            run = subprocess.run(  # noqa: S603 — our own module, no outside argument
                [sys.executable, "-m", "agents.reasoners.embedded.onnx_build", str(made)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ModelUnavailable(f"building the model took more than {BUILD_TIMEOUT_S} s") from error
        if run.returncode != 0:
            last = (run.stderr.strip().splitlines() or ["no message"])[-1]
            raise ModelUnavailable(f"building the model failed: {last}")
        with made.open("rb+") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        return made.rename(cache / f"{_PREFIX}{found}.onnx")

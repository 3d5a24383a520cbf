"""Running: several tasks, one after the other or some at a time, each process then doing one after another."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from evals.harness import Result, run
from evals.prepared import Files
from evals.runs import Earlier
from evals.tasks import ALONE, LONGEST

Outcome = Result | Exception
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def each(
    wanted: Sequence[str], files: Files, repeat: int, logs: Path, before: Mapping[str, Earlier], jobs: int
) -> Iterator[tuple[str, Outcome]]:
    """Each task with its result or what it raised, in the order of `wanted`. What times something runs alone, first."""
    if jobs == 1 or len(wanted) == 1:
        for name in wanted:
            files.told(f"evaluating {name}")
            yield name, _outcome(name, files, repeat, logs, before.get(name))
        return
    found = dict(_pooled([name for name in wanted if name in ALONE], files, repeat, logs, before, 1))
    rest = sorted((name for name in wanted if name not in ALONE), key=_place)
    with _one_thread_each():
        found |= dict(_pooled(rest, files, repeat, logs, before, jobs))
    yield from ((name, found[name]) for name in wanted)


def _place(name: str) -> int:
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that begin meanwhile multiply matrices in one thread: where each has two, they wait for each other."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _pooled(
    names: Sequence[str], files: Files, repeat: int, logs: Path, before: Mapping[str, Earlier], jobs: int
) -> Iterator[tuple[str, Outcome]]:
    # Fresh interpreters: native libraries and their threads do not survive a fork. What one has loaded it keeps.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures: dict[str, Future[Outcome]] = {
            name: pool.submit(_outcome, name, files, repeat, logs, before.get(name)) for name in names
        }
        for name, future in futures.items():
            outcome = future.result()
            files.told(f"{name}: {_took(outcome)}")
            yield name, outcome


def _took(outcome: Outcome) -> str:
    if isinstance(outcome, Result):
        return f"{outcome.seconds:,.0f} s, {outcome.cpu_seconds:,.0f} of CPU"
    return "no result"


def _outcome(name: str, files: Files, repeat: int, logs: Path, before: Earlier | None) -> Outcome:
    try:
        return run(name, files, repeat, logs, before)
    except Exception as error:  # noqa: BLE001 - told by whoever asked, which may be another process
        return error

"""Multi-skill project scheduling: 216 instances with known optima, each within a limit of wall time.

A folder of `.dzn` files; `optima.csv` in it (instance, optimal_makespan) says what is right, where it is there. Every
schedule is checked by the independent verifier.
"""

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, SetUnusable
from evals.staffing.dzn import Unreadable, read_dzn
from tools.cpsat.session import Session
from tools.planning.project import broken
from tools.planning.schedule import STANDARD, Unschedulable, schedule

FOLDER = "staffing/mspsp"


def prepare(name: str, files: Files) -> Prepared:
    """Raises SetUnusable for a folder without instances, and for the first one that cannot be read."""
    if files.train:
        raise SetUnusable(f"{name} learns nothing; it takes --test DIR alone")
    folder = files.test or files.data / FOLDER
    paths = sorted(folder.glob("*.dzn"))
    if not paths:
        raise SetUnusable(f"{folder} holds no .dzn files")
    optima = _optima(folder / "optima.csv")
    try:
        projects = [read_dzn(path) for path in paths]
    except Unreadable as error:
        raise SetUnusable(str(error)) from error
    limits = replace(STANDARD, seconds=files.limit or STANDARD.seconds)

    def answer(places: Sequence[int]) -> list[Answer]:
        with Session() as session:
            return [_answer(paths[place].name, projects[place], session) for place in places]

    def _answer(instance: str, project: Any, session: Session) -> Answer:
        found = None
        with suppress(Unschedulable):
            found = schedule(project, limits, session)
        if found is None:
            return {"instance": instance, "makespan": None, "optimal": False, "seconds": limits.seconds, "bound": None}
        if wrong := broken(project, found):
            raise AssertionError(f"{instance}: {wrong[0]}")
        return {
            "instance": instance, "makespan": found.makespan, "optimal": found.proven,
            "seconds": round(found.seconds, 3), "bound": found.bound,
        }  # fmt: skip

    digests = "".join(sha256(path.read_bytes()).hexdigest() for path in paths)
    return Prepared(
        [{"optimum": optima.get(path.name)} for path in paths], answer, figures, None,
        sha256(digests.encode()).hexdigest(), {"limit_s": limits.seconds, "workers": limits.workers},
        right=lambda truth, said: bool(said["optimal"]) and truth["optimum"] in (None, said["makespan"]),
        ids=[path.name for path in paths], listed=True,
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """`solved`: proven optimal; `equal`: the makespan is the known optimum. The gap is between makespan and bound."""
    found = {"solved": share([bool(one["optimal"]) for one in said])}
    known = [(truth["optimum"], one["makespan"]) for truth, one in zip(truths, said, strict=True) if truth["optimum"]]
    if known:
        found["equal"] = share([optimum == makespan for optimum, makespan in known])
        found["wrong_proofs"] = share(
            [bool(one["optimal"]) and truth["optimum"] not in (None, one["makespan"])
             for truth, one in zip(truths, said, strict=True)]
        )  # fmt: skip
    gaps = [(one["makespan"] - one["bound"]) / one["makespan"] if one["makespan"] else 1.0 for one in said]
    for key, values in (("gap", gaps), ("seconds", [float(one["seconds"]) for one in said])):
        ordered = sorted(values)
        middle = sum(values) / len(values)
        found[f"mean_{key}"] = Estimate(middle, middle, middle)
        found[f"largest_{key}"] = Estimate(ordered[-1], ordered[-1], ordered[-1])
    return found


def _optima(path: Path) -> Mapping[str, int]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return {row["instance"]: int(row["optimal_makespan"]) for row in csv.DictReader(file)}
        except (KeyError, TypeError, ValueError) as error:
            raise SetUnusable(f"{path}: no columns instance and optimal_makespan of numbers ({error})") from error

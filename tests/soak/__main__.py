"""`python -m tests.soak`: kill the service again and again under traffic, and count what is lost or doubled.

Exits with 1 if anything is. `--backend both` runs SQLite (one process) and PostgreSQL (three) at the same time. Told to
end (SIGTERM) it makes no more kills and judges those that it made; told once more it ends at once.
"""

import argparse
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from statistics import median
from typing import Any

from app.workflow.faults import POINTS
from tests.soak.plan import NOT_PROVOKED, RANDOM
from tests.soak.run import Done, Wanted, soak

_SUMS = ("events", "duplicates", "cases", "executions", "verdicts", "effects", "entries")


def main() -> int:
    asked = _arguments()
    over = threading.Event()

    def told(number: int, _frame: Any) -> None:
        if over.is_set():
            sys.exit(128 + number)
        over.set()

    signal.signal(signal.SIGTERM, told)
    if asked.backend == "both":
        results = _both(asked, over)
    else:
        processes = asked.processes or (1 if asked.backend == "sqlite" else 3)
        wanted = Wanted(
            asked.backend,
            processes,
            asked.kills,
            asked.points,
            asked.seconds,
            asked.seed,
            asked.pace,
            asked.rest,
            asked.forked,
        )
        results = [as_json(soak(wanted, over, asked.keep))]
    sys.stdout.write(json.dumps(results) + "\n" if asked.json else table(results))
    return 0 if all(each["holds"] for each in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--backend", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--kills", type=int, default=15, help="kills at random moments, a process")
    parser.add_argument("--points", type=int, default=15, help="kills at fault points, a process")
    parser.add_argument("--processes", type=int, help="1 on SQLite, 3 on PostgreSQL")
    parser.add_argument("--seconds", type=float, default=7200, help="after which no more kills are made")
    parser.add_argument("--pace", type=float, default=0.5, help="seconds between two events of each of two senders")
    parser.add_argument("--rest", type=float, default=300, help="seconds within which all must come to rest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for databases and logs, else they are thrown away")
    parser.add_argument("--forked", action="store_true", help="lives are forked after their imports: cheaper")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _both(asked: argparse.Namespace, over: threading.Event) -> list[dict[str, Any]]:
    """Each backend in a process of its own, so that neither's callers wait for the other's."""
    running, results = [], list[dict[str, Any]]()
    for backend in ("sqlite", "postgres"):
        more = ["--keep", str(asked.keep / backend)] if asked.keep else []
        more += ["--forked"] if asked.forked else []
        for name in ("kills", "points", "seconds", "pace", "rest", "seed"):
            more += [f"--{name}", str(getattr(asked, name))]
        command = [sys.executable, "-m", "tests.soak", "--backend", backend, "--json", *more]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    while not over.wait(1) and any(each.poll() is None for each in running):
        pass
    for each in running if over.is_set() else ():
        each.terminate()
    for each in running:
        out, _ = each.communicate()
        results += json.loads(out) if out.strip() else [{"holds": False}]
    return results


def as_json(done: Done) -> dict[str, Any]:
    found, wanted, took = done.judgement, done.wanted, done.takeovers.seconds
    return {
        "backend": wanted.backend, "processes": wanted.processes, "hits": dict(done.hits), "counts": found.counts,
        "answers": dict(done.answers), "lost": found.lost, "doubled": found.doubled, "odd": found.odd,
        "takeovers": {
            "processes": len(took), "items": done.takeovers.items,
            "median_s": round(median(took), 1) if took else None, "longest_s": round(took[-1], 1) if took else None,
        },
        "killing_s": round(done.killing_s, 1), "resting_s": round(done.resting_s, 1),
        "load": [round(each, 1) for each in done.load], "holds": done.holds,
    }  # fmt: skip


def table(results: list[dict[str, Any]]) -> str:
    """Kills by point, then what went through and what became of it, a column a backend."""
    results = [each for each in results if "hits" in each]
    width = 28
    rows = [("", *(f"{each['backend']} x{each['processes']}" for each in results))]
    for point in (RANDOM, *POINTS):
        hits = [each["hits"].get(point, 0) for each in results]
        if any(hits) or point not in NOT_PROVOKED:
            rows.append((point, *map(str, hits)))
    rows.append(("kills", *(str(sum(each["hits"].values())) for each in results)))
    rows += [(name, *(str(each["counts"].get(name, 0)) for each in results)) for name in _SUMS]
    for name in ("lost", "doubled", "odd"):
        rows.append((name, *(str(len(each[name])) for each in results)))
    for name in ("processes", "items", "median_s", "longest_s"):
        rows.append((f"taken over: {name}", *(str(each["takeovers"][name]) for each in results)))
    for name in ("killing_s", "resting_s"):
        rows.append((name, *(str(each[name]) for each in results)))
    rows.append(("load", *(" ".join(map(str, each["load"])) for each in results)))
    text = "".join(f"{row[0]:{width}}" + "".join(f"{cell:>18}" for cell in row[1:]) + "\n" for row in rows)
    text += "\n" + "".join(f"not provoked here: {point} ({why})\n" for point, why in NOT_PROVOKED.items())
    for each in results:
        for name in ("lost", "doubled", "odd"):
            text += "".join(f"{each['backend']} {name}: {line}\n" for line in each[name][:20])
    return text


if __name__ == "__main__":
    sys.exit(main())

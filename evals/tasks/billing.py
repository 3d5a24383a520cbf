"""What the billing detectors find in firms with mistakes planted in them: precision and recall of each kind of finding.

The firms come through the sandbox's connector, and the truth from whoever planted. In each firm as many oddities, which
look wrong and are right, and the rest of a tidy firm's books are the occasions for false alarms; tidy firms without a
mistake are looked at as well. A row is a mistake that was planted, or a finding.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import create_engine

from app.bootstrap import TenantConnectors
from evals.intervals import Estimate, Flags, bootstrap, calibration_error, share
from evals.prepared import Answer, Files, Prepared
from tools.billing.books import Books, find
from tools.billing.checks import ALL
from tools.billing.confidence import Learned, Tally
from tools.billing.finding import Finding
from tools.billing.kinds import KINDS, Kind
from tools.records import RECORDS, Record
from tools.values import RecordKey

FIRMS = 30
TIDY_FIRMS = 10
_FIRST_SEED = 101
_DAYS = (date(2026, 3, 18), date(2026, 11, 5), date(2027, 6, 28), date(2026, 1, 14), date(2028, 2, 29))
_MOST = 100_000

Told = Mapping[str, Any]
"""`kind`, whether it was `planted`, in which `firm`."""


def prepare(name: str, files: Files) -> Prepared:
    """`notes`: findings in tidy firms, n of planted mistakes by kind, seconds for one firm. Raises SetUnusable."""
    files.none_given(name, "the detectors on the sandbox firm")
    truths: list[Told] = []
    answers: list[Answer] = []
    ids: list[str] = []
    quiet: list[bool] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory(prefix="countersign-billing-") as folder:
        for place in range(FIRMS + TIDY_FIRMS):
            seed, today = _FIRST_SEED + place, _DAYS[place % len(_DAYS)]
            records, planted = _firm(Path(folder), seed, today, 1 if place < FIRMS else 0)
            started = time.process_time()
            found = {(one.kind, str(one.record)): one for one in find(Books(records, today), ALL)}
            seconds.append(time.process_time() - started)
            if place >= FIRMS:
                alarmed = {key for _, key in found}
                quiet += [str(record.key) not in alarmed for record in records]
                continue
            true = {(kind, str(key)) for kind, key in planted}
            for pair in sorted(true | found.keys()):
                truths.append({"kind": pair[0], "planted": pair in true, "firm": place})
                answers.append(_answer(found.get(pair)))  # type: ignore[arg-type]
                ids.append(f"{seed}/{pair[0]}/{pair[1]}")
    return Prepared(
        truths=truths,
        answer=lambda places: [answers[place] for place in places],
        figures=lambda truths, said: figures(truths, said) | {"records_left_alone_in_tidy_firms": share(quiet)},
        train_file=None,
        test_file=None,
        ids=ids,
        notes={
            "firms": FIRMS, "tidy_firms": TIDY_FIRMS, "first_seed": _FIRST_SEED,
            "planted": {kind: sum(one["kind"] == kind and one["planted"] for one in truths) for kind in KINDS},
            "cpu_seconds_of_a_firm": round(float(np.median(seconds)), 3),
        },
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Precision and recall over all and by kind; ECE of the confidence before and after the first half's verdicts."""
    kinds = np.array([one["kind"] for one in truths])
    planted: Flags = np.array([one["planted"] for one in truths], np.bool_)
    found: Flags = np.array([one["found"] for one in said], np.bool_)
    made = {"precision": share(planted[found]), "recall": share(found[planted])}
    for kind in KINDS:
        of: Flags = kinds == kind
        if (of & planted).any():
            made[f"recall_{kind}"] = share(found[of & planted])
        if (of & found).any():
            made[f"precision_{kind}"] = share(planted[of & found])
    return made | _calibration(truths, said)


def _calibration(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Verdicts on the first half of the firms are those of somebody who is always right; the other half is measured."""
    half = FIRMS // 2
    tallies: dict[Kind, Tally] = {}
    rows = [(truth, answer) for truth, answer in zip(truths, said, strict=True) if answer["found"]]
    for truth, _ in (row for row in rows if row[0]["firm"] < half):
        before, holds = tallies.get(truth["kind"], Tally()), bool(truth["planted"])
        tallies[truth["kind"]] = Tally(before.confirmed + holds, before.dismissed + (not holds))
    rest = [row for row in rows if row[0]["firm"] >= half]
    if not rest:
        return {}
    right: Flags = np.array([truth["planted"] for truth, _ in rest], np.bool_)
    found = {}
    for name, learned in (("ece", Learned()), ("ece_after_verdicts", Learned(tallies))):
        sure = np.array([learned.confidence(truth["kind"]) / 100 for truth, _ in rest])
        found[name] = bootstrap(lambda rows, s=sure: calibration_error(s[rows], right[rows]), len(rest))  # type: ignore[misc]
    return found


def _answer(found: Finding | None) -> Answer:
    return {"found": found is not None, "confidence": found.confidence / 100 if found else 0.0}


def _firm(folder: Path, seed: int, today: date, each: int) -> tuple[list[Record], list[tuple[str, RecordKey]]]:
    """All records of a planted firm, as its connector gives them, and what is wrong with which."""
    now = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    sandbox = TenantConnectors(create_engine("sqlite://"), folder, lambda: now).sandbox(f"firm-{seed}")
    with sandbox:
        planted = sandbox.plant(seed, today, each)
        return [record for model in RECORDS.values() for record in sandbox.find(model, {}, _MOST)], planted

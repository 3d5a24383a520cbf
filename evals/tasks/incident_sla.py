"""Will an incident miss its service level? Said when it is opened, of the event log of a real service desk.

Logistic regression on what the first event of an incident says. What only its closing tells (closing code, who
resolved it and when, the count of changes) is not read.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array

from app.tables import TableUnusable, read_table
from evals.intervals import Estimate, auc, average_precision, bootstrap, calibration_error, macro_f1, share
from evals.prepared import Answer, Files, Prepared, SetUnusable, Shown, digest_of

STANDARD = "incidents/incident_events_to_2016-04.csv.gz"
HELD_OUT = 0.25
"""Share of the incidents, the last opened, that is tested on where no test file is named."""

KNOWN = (
    "ident_state", "caller_id", "opened_by", "contact_type", "location", "category", "subcategory", "u_symptom",
    "cmdb_ci", "impact", "urgency", "priority", "assignment_group", "assigned_to", "knowledge",
)  # fmt: skip
PAIRS = (("category", "assignment_group"), ("subcategory", "ident_state"), ("assignment_group", "ident_state"))
_COLUMNS = ("number", "made_sla", "opened_at", *KNOWN)
_WHEN = "%d/%m/%Y %H:%M"
_SAID = {"true": True, "false": False}
_PENALTY = 5.0
_SEEN = 3
HALF_LIFE_DAYS = 7.0
"""An incident this much older than the newest counts half: desks change, and their service levels with them."""


def prepare(name: str, files: Files) -> Prepared:
    train_file, test_file = files.given(STANDARD)
    learnt = _incidents(train_file)
    if test_file is None:
        cut = round(len(learnt) * (1.0 - HELD_OUT))
        learnt, tested = learnt[:cut], learnt[cut:]
    else:
        tested = _incidents(test_file)
    chances = _chances(learnt, tested)
    return Prepared(
        truths=[missed for _, _, missed in tested],
        answer=lambda places: [{"chance": float(chances[place])} for place in places],
        figures=figures,
        train_file=digest_of(train_file),
        test_file=digest_of(test_file) if test_file else None,
        notes={"trained_on": len(learnt)},
        right=lambda missed, said: bool(missed == (said["chance"] >= 0.5)),
        shown=_shown,
    )


def _shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    names = {True: "missed", False: "made"}
    pairs = [(bool(truth), float(one["chance"])) for truth, one in zip(truths, said, strict=True)]
    return Shown(
        {"service level": [(names[truth], names[chance >= 0.5]) for truth, chance in pairs]},
        [(max(chance, 1 - chance), truth == (chance >= 0.5)) for truth, chance in pairs],
    )


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    missed = np.array(truths, bool)
    chance = np.array([one["chance"] for one in said], np.float64)
    label, n = (chance >= 0.5), len(missed)
    return {
        "auc": bootstrap(lambda rows: auc(missed[rows], chance[rows]), n),
        "average_precision": bootstrap(lambda rows: average_precision(missed[rows], chance[rows]), n),
        "macro_f1": bootstrap(lambda rows: macro_f1(missed[rows].astype(int), label[rows].astype(int)), n),
        "recall_missed": share(label, among=missed),
        "recall_made": share(~label, among=~missed),
        "ece": bootstrap(
            lambda rows: calibration_error(np.maximum(chance, 1 - chance)[rows], (label == missed)[rows]), n
        ),
    }


Incident = tuple[datetime, frozenset[str], bool]


def _incidents(path: Path) -> list[Incident]:
    """When each was opened, what was known then, whether its last event says that it missed; in order of opening.

    Raises SetUnusable naming row and column.
    """
    try:
        table = read_table(path, _COLUMNS)
    except TableUnusable as error:
        raise SetUnusable(str(error)) from error
    first: dict[str, tuple[datetime, Sequence[str]]] = {}
    made: dict[str, bool] = {}
    for number, row in enumerate(table.rows, 1):
        if row[1].lower() not in _SAID:
            raise SetUnusable(f"{path}, row {number}, column made_sla: {row[1][:40]!r} is neither true nor false")
        made[row[0]] = _SAID[row[1].lower()]
        if row[0] not in first:
            try:
                first[row[0]] = datetime.strptime(row[2], _WHEN), row  # noqa: DTZ007 - the log names no zone
            except ValueError as error:
                told = f"{row[2][:40]!r} is no day/month/year and time"
                raise SetUnusable(f"{path}, row {number}, column opened_at: {told}") from error
    if len(set(made.values())) < 2:
        raise SetUnusable(
            f"{path}, column made_sla: all {len(made)} incidents say the same, so nothing can be told apart"
        )
    found = [(opened, _signs(opened, row), not made[number]) for number, (opened, row) in first.items()]
    return sorted(found, key=lambda one: one[0])


def _signs(opened: datetime, row: Sequence[str]) -> frozenset[str]:
    known = dict(zip(KNOWN, row[3:], strict=True))
    signs = {f"{name}={value}" for name, value in known.items()}
    signs |= {f"{one}={known[one]}&{other}={known[other]}" for one, other in PAIRS}
    signs |= {f"hour={opened.hour}", f"weekday={opened.weekday()}"}
    return frozenset(signs)


def _chances(learnt: Sequence[Incident], tested: Sequence[Incident]) -> Any:
    counts: dict[str, int] = {}
    for _, signs, _ in learnt:
        for sign in signs:
            counts[sign] = counts.get(sign, 0) + 1
    places = {sign: place for place, sign in enumerate(sorted(one for one, n in counts.items() if n >= _SEEN))}
    design, question = _matrix(learnt, places), _matrix(tested, places)
    missed = np.array([one[2] for one in learnt], np.float64)
    newest = learnt[-1][0]
    age = np.array([(newest - opened).total_seconds() / 86_400 for opened, _, _ in learnt])
    weight = 0.5 ** (age / HALF_LIFE_DAYS)
    side = 2 * missed - 1

    def loss(weights: Any) -> tuple[float, Any]:
        margin = side * (design @ weights[:-1] + weights[-1])
        slope = -weight * side / (1 + np.exp(np.clip(margin, -30, 30)))
        cost = (weight * np.logaddexp(0, -margin)).sum() + _PENALTY / 2 * (weights[:-1] ** 2).sum()
        return cost, np.r_[design.T @ slope + _PENALTY * weights[:-1], slope.sum()]

    solved = minimize(loss, np.zeros(len(places) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return 1 / (1 + np.exp(-(question @ solved[:-1] + solved[-1])))


def _matrix(incidents: Sequence[Incident], places: dict[str, int]) -> Any:
    rows = [sorted(places[sign] for sign in signs if sign in places) for _, signs, _ in incidents]
    starts = np.cumsum([0, *map(len, rows)])
    return csr_array((np.ones(starts[-1]), np.concatenate(rows).astype(int), starts), shape=(len(rows), len(places)))

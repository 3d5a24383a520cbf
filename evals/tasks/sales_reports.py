"""Which reported sale has a wrong unit price? Of products that the model has seen no verdict on.

Features come from a file's own transactions, inspected or not; labels only from the other products. Only inspected
transactions count. Without files every product is answered by a model of the other half of the products.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.tables import TableUnusable, read_table
from evals.intervals import Estimate, Flags, auc, average_precision, bootstrap, calibration_error
from evals.prepared import Answer, Files, Prepared, SetUnusable, digest_of
from tools.billing.unit_price_model import UnitPriceModel, signs
from tools.billing.unit_prices import Sales, oddness, robust_z

STANDARD = "billing/sales_reports_a.csv.gz"
SEED = 11
"""Of the halves that the products are split into where no files are named."""

_COLUMNS = ("Prod", "ID", "Quant", "Val", "Insp")
_VERDICTS = ("ok", "fraud", "unkn")
_ABSENT = ("", "NA")

Reported = tuple[str, str, float, float, str]
"""Product, seller, quantity, value (NaN where not reported), verdict."""


class Part:
    """Transactions of some products: of the inspected ones the signs, two scores without labels, and the truth."""

    def __init__(self, reported: Sequence[Reported]) -> None:
        sales, verdicts = Sales.of([one[:4] for one in reported]), np.array([one[4] for one in reported])
        inspected = np.flatnonzero(verdicts != "unkn")
        self.products = [reported[place][0] for place in inspected.tolist()]
        self.wrong: Flags = verdicts[inspected] == "fraud"
        self.signs = signs(sales, inspected)
        self.oddness, self.robust_z = oddness(sales)[inspected], robust_z(sales)[inspected]


def prepare(name: str, files: Files) -> Prepared:
    train_file, test_file = files.given(STANDARD)
    if test_file is None:
        tested = [Part(half) for half in _halves(_reported(train_file))]
        chances = [_chances(tested[1 - place], part) for place, part in enumerate(tested)]
    else:
        learnt, tested = Part(_reported(train_file)), [Part(_reported(test_file))]
        chances = [_chances(learnt, tested[0])]
    answers = [
        {"chance": float(chance), "oddness": float(odd), "robust_z": float(z)}
        for part, sure in zip(tested, chances, strict=True)
        for chance, odd, z in zip(sure, part.oddness, part.robust_z, strict=True)
    ]
    return Prepared(
        truths=[pair for part in tested for pair in zip(part.products, part.wrong.tolist(), strict=True)],
        answer=lambda places: [answers[place] for place in places],
        figures=figures,
        train_file=digest_of(train_file),
        test_file=digest_of(test_file) if test_file else None,
        notes={"seed": SEED} if test_file is None else {},
    )


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Intervals by resampling products, since the transactions of one are not independent."""
    product = np.unique([name for name, _ in truths], return_inverse=True)[1]
    wrong: Flags = np.array([is_wrong for _, is_wrong in truths], np.bool_)
    chance, odd, z = (np.array([one[key] for one in said], np.float64) for key in ("chance", "oddness", "robust_z"))
    rows_of = [np.flatnonzero(product == one) for one in range(int(product.max()) + 1)]

    def by_product(figure: Any) -> Estimate:
        return bootstrap(lambda drawn: figure(np.concatenate([rows_of[one] for one in drawn])), len(rows_of))

    return {
        "average_precision": by_product(lambda rows: average_precision(wrong[rows], chance[rows])),
        "average_precision_unsupervised": by_product(lambda rows: average_precision(wrong[rows], odd[rows])),
        "average_precision_robust_z": by_product(lambda rows: average_precision(wrong[rows], z[rows])),
        "auc": by_product(lambda rows: auc(wrong[rows], chance[rows])),
        "ece": by_product(
            lambda rows: calibration_error(np.maximum(chance, 1 - chance)[rows], ((chance >= 0.5) == wrong)[rows])
        ),
    }


def _chances(learnt: Part, tested: Part) -> NDArray[np.float64]:
    try:
        return UnitPriceModel(learnt.signs, learnt.wrong).chance(tested.signs)
    except ValueError as error:
        raise SetUnusable(f"the training part: {error}") from error


def _halves(reported: Sequence[Reported]) -> list[list[Reported]]:
    names = sorted({one[0] for one in reported})
    first = {names[place] for place in np.random.default_rng(SEED).permutation(len(names))[::2]}
    return [[one for one in reported if (one[0] in first) is side] for side in (True, False)]


def _reported(path: Path) -> list[Reported]:
    try:
        found = [
            (product, seller, _amount(path, row, "Quant", quantity), _amount(path, row, "Val", value), verdict)
            for row, (product, seller, quantity, value, verdict) in enumerate(read_table(path, _COLUMNS).rows, 1)
        ]
    except TableUnusable as error:
        raise SetUnusable(str(error)) from error
    for row, one in enumerate(found, 1):
        if one[4] not in _VERDICTS:
            raise SetUnusable(f"{path}, row {row}: Insp is one of {', '.join(_VERDICTS)}, not {one[4]!r}")
    if not any(one[4] != "unkn" for one in found):
        raise SetUnusable(f"{path}: no transaction was inspected (Insp is unkn everywhere)")
    return found


def _amount(path: Path, row: int, column: str, text: str) -> float:
    if text in _ABSENT:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise SetUnusable(f"{path}, row {row}: {column} is no number: {text!r}") from None

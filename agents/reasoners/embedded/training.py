"""Training a classifier: calibrated and reported on answers for rows that the model answering had not seen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.reasoners.embedded.calibration import (
    calibration_error,
    fitted,
    temperature_of,
    threshold_for,
)
from agents.reasoners.embedded.classifier import (
    Classifier,
    Logistic,
    sigmoid,
    signs_of,
    softmax,
)
from agents.reasoners.embedded.likeness import outlook
from agents.reasoners.embedded.ngrams import lexicon
from agents.reasoners.embedded.ridge import Choice, rows_of, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Indexes = NDArray[np.int64]

LEAST_ROWS, LEAST_OF_A_LABEL = 10, 2
REJECTED = 0.05
"""Share of the texts trained on that would be called strange where examples of strange texts were given."""

REJECTED_UNTAUGHT = 0.01
"""The same where none was given: what is strange is then only guessed."""

_FOLDS, _SEED = 5, 20_240_402
_BUCKETS = 2**18
_MOST_WEIGHTS = 2**23


class TrainingRefused(Exception):
    """The rows do not make a classifier; the message says what they lack."""


@dataclass(frozen=True)
class Quality:
    """Of rows that a label was known for, each judged by a model that had not seen it; shares are 0 to 1.

    `coverage` is the share that is not abstained on, `error` the share of wrong labels among those.
    `calibration_error` is the expected one over 15 bins of equal width (Guo et al. 2017), of the confidence.
    `thresholds` has each group's own where rows were told apart, by which its texts are abstained on.
    """

    rows: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    coverage: float
    error: float
    per_label: dict[str, dict[str, float]]
    thresholds: Mapping[str, float]
    choice: Choice

    def document(self) -> dict[str, Any]:
        return asdict(self)


def train(
    columns: Sequence[Sequence[str]],
    features: "Sequence[Numbers]",
    labels: Sequence[str | None],
    error_target: float,
    told: Callable[[str], object],
    groups: Sequence[str] | None = None,
) -> tuple[Classifier, Quality]:
    """A classifier of the rows: texts of each column, what the encoder makes of them (rows, 768), their labels.

    The features are turned in place and become part of the classifier: of ten thousand rows a copy takes 30 MB.

    A row without a label (None) is an example of what no label fits. `error_target` is the share of wrong labels to
    allow among those not abstained on; with `groups`, one a row, among those of each group: what is easier in one
    language makes up for nothing in another. `told` hears of each step. Raises TrainingRefused.
    """
    check(labels)
    names = tuple(sorted({label for label in labels if label is not None}))
    number = {name: place for place, name in enumerate(names)}
    truth = np.array([-1 if label is None else number[label] for label in labels], np.int64)
    buckets = _BUCKETS
    while buckets * len(names) > _MOST_WEIGHTS and buckets > 2**14:
        buckets //= 2
    told("reading n-grams")
    of_labels = np.flatnonzero(truth >= 0)
    words = lexicon([[column[row] for row in of_labels.tolist()] for column in columns], buckets)
    sparse, known = words.read(columns)
    known = np.where(truth >= 0, words.without_own().known(columns), known)
    view = outlook(features)
    view.turn(features)
    solution = solve(sparse, features, truth, len(names), len(words.weights), told)
    told("calibrating")
    scores, said = solution.scores[of_labels], truth[of_labels]
    temperature = temperature_of(scores, said)
    shares = softmax(solution.scores, temperature)
    signs = signs_of(solution.scores, shares, solution.nearest, known)
    right = (shares[of_labels].argmax(axis=1) == said).astype(np.float64)
    strange = signs[truth < 0]
    signs = signs[of_labels]
    stranger = _strangeness(signs, strange)
    confidence = _unseen_confidence(signs, right)
    threshold = threshold_for(confidence, right, error_target)
    logits = stranger.logits(signs)
    strangest = float(np.quantile(logits, 1.0 - (REJECTED if len(strange) else REJECTED_UNTAUGHT)))
    made = Classifier(
        names, words, solution.lexical, view, solution.choice.inner,
        tuple(rows_of(one, solution.landmarks) for one in features), solution.sentence,
        solution.bias, temperature, fitted(signs, right), stranger, threshold, strangest,
    )  # fmt: skip
    told_apart = np.array(["" if groups is None else groups[row] for row in of_labels.tolist()])
    thresholds = {
        str(one): threshold_for(confidence[told_apart == one], right[told_apart == one], error_target)
        for one in np.unique(told_apart)
    }
    least = np.array([thresholds[str(one)] for one in told_apart])
    accepted = (confidence >= least) & (logits <= strangest)
    return made, _quality(names, said, shares[of_labels], confidence, right, accepted, thresholds, solution.choice)


def check(labels: Sequence[str | None]) -> None:
    """Raises TrainingRefused where no classifier can be made of rows with these labels."""
    counts = Counter(label for label in labels if label is not None)
    if len(counts) < 2:
        only = f": all {counts.total():,} rows say {next(iter(counts))!r}" if counts else ""
        raise TrainingRefused(f"a classifier needs two labels or more{only}")
    if counts.total() < LEAST_ROWS:
        raise TrainingRefused(f"a classifier needs {LEAST_ROWS} rows or more, and there are {counts.total()}")
    lone = min(counts, key=lambda label: (counts[label], label))
    if counts[lone] < LEAST_OF_A_LABEL:
        raise TrainingRefused(f"the label {lone!r} has one row; each label needs {LEAST_OF_A_LABEL} or more")


def _strangeness(signs: "Numbers", strange: "Numbers") -> Logistic:
    """Taught by examples of strange texts where there are some; else the low score and the far neighbour speak."""
    if len(strange):
        outcome = np.r_[np.zeros(len(signs)), np.ones(len(strange))]
        # Weighed as if half of all texts were strange: only the order of the answers is used.
        weight = np.where(outcome == 1, len(signs) / len(strange), 1.0)
        return fitted(np.vstack([signs, strange]), outcome, weight)
    spread = np.maximum(signs.std(axis=0), 1e-6)
    return Logistic(signs.mean(axis=0), spread, np.array([-1, 0, 0, -1, -1, 0], np.float32))


def _unseen_confidence(signs: "Numbers", right: "NDArray[np.float64]") -> "Numbers":
    """Each row's confidence by a regression that had not seen it: the calibration reported is of unseen rows."""
    fold = np.random.default_rng(_SEED).permutation(len(signs)) % _FOLDS
    confidence = np.zeros(len(signs), np.float32)
    for part in range(_FOLDS):
        out = fold == part
        if out.any():
            confidence[out] = sigmoid(fitted(signs[~out], right[~out]).logits(signs[out]))
    return confidence


def _quality(
    names: tuple[str, ...], truth: "Indexes", shares: "Numbers", confidence: "Numbers",
    right: "NDArray[np.float64]", accepted: "NDArray[np.bool_]", thresholds: Mapping[str, float], choice: Choice,
) -> Quality:  # fmt: skip
    said = shares.argmax(axis=1)
    per_label = {}
    for number, name in enumerate(names):
        hit = float(((said == number) & (truth == number)).sum())
        claimed, real = float((said == number).sum()), float((truth == number).sum())
        per_label[name] = {
            "rows": real, "precision": hit / claimed if claimed else 0.0, "recall": hit / real,
            "f1": 2 * hit / (claimed + real),
        }  # fmt: skip
    return Quality(
        rows=len(truth), accuracy=float(right.mean()),
        macro_f1=float(np.mean([one["f1"] for one in per_label.values()])),
        calibration_error=calibration_error(confidence, right), coverage=float(accepted.mean()),
        error=float(1.0 - right[accepted].mean()) if accepted.any() else 0.0,
        per_label=per_label, thresholds=thresholds, choice=choice,
    )  # fmt: skip

import numpy as np
import pytest

from agents.reasoners.embedded import ridge
from agents.reasoners.embedded.likeness import likeness
from agents.reasoners.embedded.ngrams import Sparse, lexicon
from agents.reasoners.embedded.ridge import Choice, Solution, solve


def problem(rows: int) -> tuple[Sparse, list[np.ndarray], np.ndarray, int]:
    draw = np.random.default_rng(3)
    truth = draw.integers(3, size=rows)
    seen = draw.normal(size=(rows, 768)).astype(np.float32)
    seen[np.arange(rows), truth] += 8
    for half in (slice(384), slice(384, None)):
        seen[:, half] /= np.linalg.norm(seen[:, half], axis=1, keepdims=True)
    texts = [f"{'abc'[one]} word {draw.integers(9)}" for one in truth]
    words = lexicon([texts], 4096)
    return words.read([texts])[0], [seen], truth, len(words.weights)


def dense(sparse: Sparse, buckets: int) -> np.ndarray:
    full = np.zeros((len(sparse.starts) - 1, buckets), np.float32)
    for row in range(len(full)):
        part = slice(sparse.starts[row], sparse.starts[row + 1])
        full[row, sparse.indices[part]] = sparse.values[part]
    return full


def solved(sparse: Sparse, seen: list[np.ndarray], truth: np.ndarray, buckets: int) -> Solution:
    return solve(sparse, seen, truth, 3, buckets, lambda step: None)


def test_left_out_scores_are_those_of_a_model_trained_without_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse, seen, truth, buckets = problem(41)
    monkeypatch.setattr(ridge, "_BLOCK", 7)
    found = solved(sparse, seen, truth, buckets)
    words = dense(sparse, buckets)
    kernel = likeness(seen, seen, found.choice.inner)[0] + found.choice.scale * (words @ words.T)
    target, weight, bias = ridge._targets(truth, 3)
    for row in (0, 20, 40):
        others = np.delete(np.arange(41), row)
        system = kernel[np.ix_(others, others)] + np.diag(found.choice.penalty / weight[others])
        expected = kernel[row, others] @ np.linalg.solve(system, target[others]) + bias
        assert found.scores[row] == pytest.approx(expected, abs=2e-3)


def test_what_is_kept_answers_as_the_kernel_does() -> None:
    sparse, seen, truth, buckets = problem(40)
    found = solved(sparse, seen, truth, buckets)
    words = dense(sparse, buckets)
    kernel = likeness(seen, seen, found.choice.inner)[0]
    by_kernel = (kernel + found.choice.scale * (words @ words.T)) @ found.sentence
    assert kernel @ found.sentence + words @ found.lexical == pytest.approx(by_kernel, abs=1e-3)


def test_rows_past_the_landmarks_are_judged_by_a_model_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ridge, "MOST_LANDMARKS", 30)
    sparse, seen, truth, buckets = problem(60)
    found = solved(sparse, seen, truth, buckets)
    assert len(found.landmarks) <= 30
    rest = np.setdiff1d(np.arange(60), found.landmarks)
    kernel, cosine = likeness([seen[0][rest]], [seen[0][found.landmarks]], found.choice.inner)
    expected = kernel @ found.sentence + dense(sparse, buckets)[rest] @ found.lexical + found.bias
    assert found.scores[rest] == pytest.approx(expected, abs=1e-3)
    assert found.nearest[rest] == pytest.approx(cosine.max(axis=1), abs=1e-5)
    assert (found.scores.argmax(axis=1) == truth).mean() > 0.9


def test_nearest_is_never_the_row_itself() -> None:
    sparse, seen, truth, buckets = problem(25)
    cosine = seen[0][:, :384] @ seen[0][:, :384].T
    np.fill_diagonal(cosine, -1)
    assert solved(sparse, seen, truth, buckets).nearest == pytest.approx(cosine.max(axis=1), abs=1e-5)


def test_the_choice_is_one_of_those_tried() -> None:
    found = solved(*problem(40)).choice
    assert isinstance(found, Choice)
    assert found.penalty in ridge._PENALTIES
    assert found.scale in ridge._SCALES

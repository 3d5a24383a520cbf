import numpy as np
import pytest

from agents.reasoners.embedded.head import train


def rows(seed: int = 3, per_label: int = 8) -> tuple[np.ndarray, list[str]]:
    """Three noisy clusters on the unit sphere."""
    rng = np.random.default_rng(seed)
    centres = np.eye(384, dtype=np.float32)[:3]
    vectors = np.repeat(centres, per_label, axis=0) + rng.normal(0, 0.04, (3 * per_label, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, [label for label in ("a", "b", "c") for _ in range(per_label)]


def test_closed_form_leave_one_out_is_what_leaving_one_out_gives() -> None:
    vectors, labels = rows(per_label=4)
    labels[0] = "b"  # one wrong label, so that not every row is easy
    right = 0
    for out in range(len(labels)):
        keep = [row for row in range(len(labels)) if row != out]
        head = train(vectors[keep], [labels[row] for row in keep], [{} for _ in keep])
        shares = head.probabilities(vectors[out], {})
        right += max(shares, key=lambda label: shares[label]) == labels[out]
    assert train(vectors, labels, [{} for _ in labels]).accuracy == pytest.approx(right / len(labels))


def test_probabilities_sum_to_one_and_odds_shift_them() -> None:
    vectors, labels = rows()
    head = train(vectors, labels, [{} for _ in labels])
    plain = head.probabilities(vectors[0], {})
    shifted = head.probabilities(vectors[0], {"b": 3.0})
    assert sum(plain.values()) == pytest.approx(1)
    assert sum(shifted.values()) == pytest.approx(1)
    assert shifted["b"] / shifted["a"] == pytest.approx(3 * plain["b"] / plain["a"], rel=1e-4)
    assert head.nearest(vectors[0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("labels", [["a"] * 24, ["a"] * 23 + ["b"], ["a", "b"]])
def test_too_little_to_learn_from_is_refused(labels: list[str]) -> None:
    with pytest.raises(ValueError, match="a head needs"):
        train(rows()[0], labels, [{} for _ in labels])

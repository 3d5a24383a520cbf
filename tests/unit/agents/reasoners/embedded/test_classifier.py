from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoners.embedded.artefact import Artefact, ArtefactUnusable, load, save
from agents.reasoners.embedded.calibration import calibration_error, temperature_of, threshold_for
from agents.reasoners.embedded.classifier import Classifier, softmax
from agents.reasoners.embedded.ngrams import lexicon
from agents.reasoners.embedded.training import Quality, train

WORDS = {"bill": "invoice refund price", "fault": "crash error page", "plan": "date later move"}


def rows(per_label: int = 20) -> tuple[list[str], np.ndarray, list[str]]:
    """Texts of three kinds with features that cluster by kind."""
    draw = np.random.default_rng(5)
    labels = [label for label in WORDS for _ in range(per_label)]
    texts = [f"{draw.choice(WORDS[label].split())} {draw.choice(['we', 'it', 'is', 'the'])} {place % 7}"
             for place, label in enumerate(labels)]  # fmt: skip
    vectors = np.repeat(np.eye(384, dtype=np.float32)[:3], per_label, axis=0)
    vectors += draw.normal(0, 0.05, vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return texts, np.hstack([vectors, 3 + vectors]), labels


@pytest.fixture(scope="module")
def trained() -> tuple[Classifier, Quality]:
    texts, vectors, labels = rows()
    return train([texts], [vectors], labels, 0.05, lambda step: None)


def test_it_learns_and_says_so(trained: tuple[Classifier, Quality]) -> None:
    made, quality = trained
    texts, vectors, labels = rows()
    said = made.say([texts], [vectors])
    assert np.mean([one.label == label for one, label in zip(said, labels, strict=True)]) > 0.95
    assert quality.accuracy > 0.9
    assert all(sum(one.shares.values()) == pytest.approx(1, abs=1e-5) for one in said)


def test_labels_at_random_are_reported_as_such() -> None:
    texts, vectors, labels = rows()
    mixed = list(np.random.default_rng(2).permutation(labels))
    _, quality = train([texts], [vectors], mixed, 0.05, lambda step: None)
    assert quality.accuracy < 0.6
    assert quality.coverage < 0.3


def test_each_group_holds_the_error_by_itself() -> None:
    """What is easy in one language does not make up for guesses in another."""
    texts, vectors, labels = rows(40)
    groups = ["muddled" if place % 2 else "clear" for place in range(len(labels))]
    muddled = [place for place, one in enumerate(groups) if one == "muddled"]
    for place, other in zip(muddled, np.random.default_rng(2).permutation(muddled).tolist(), strict=True):
        labels[place] = list(WORDS)[(other + place) % 3]
    _, quality = train([texts], [vectors], labels, 0.2, lambda step: None, groups)
    assert set(quality.thresholds) == {"clear", "muddled"}
    assert quality.thresholds["clear"] < quality.thresholds["muddled"]
    assert quality.error <= 0.2


@given(st.lists(st.text("abc d", max_size=12), min_size=1, max_size=6))
def test_what_is_known_of_a_text_is_the_same_with_and_without_reading_it(texts: list[str]) -> None:
    words = lexicon([["a b c", "a b d", "c d"]], 4096)
    assert np.array_equal(words.known([texts]), words.read([texts])[1])


def test_an_answer_depends_on_its_row_alone(trained: tuple[Classifier, Quality]) -> None:
    texts, vectors, _ = rows()
    together = trained[0].say([texts], [vectors])
    for place in (0, 30, 59):
        alone = trained[0].say([[texts[place]]], [vectors[[place]]])[0]
        assert alone.label == together[place].label
        assert alone.confidence == pytest.approx(together[place].confidence, abs=1e-4)


def test_odds_shift_the_shares_by_their_factor(trained: tuple[Classifier, Quality]) -> None:
    texts, vectors, _ = rows()
    plain = trained[0].say([[texts[0]]], [vectors[[0]]])[0].shares
    shifted = trained[0].say([[texts[0]]], [vectors[[0]]], {"plan": 3.0})[0].shares
    assert shifted["plan"] / shifted["bill"] == pytest.approx(3 * plain["plan"] / plain["bill"], rel=1e-3)


def test_strangers_teach_what_is_strange() -> None:
    texts, vectors, labels = rows()
    far = np.eye(768, dtype=np.float32)[100:110]
    made, _ = train(
        [[*texts, *[f"zebra {n}" for n in range(10)]]], [np.vstack([vectors, far])], [*labels, *[None] * 10], 0.05,
        lambda step: None,
    )  # fmt: skip
    strange = made.say([["a quiet zebra"]], [np.eye(768, dtype=np.float32)[[200]]])[0]
    assert strange.abstained
    assert strange.strangeness > max(one.strangeness for one in made.say([texts], [vectors]))


def test_a_text_without_a_letter_is_abstained_on(trained: tuple[Classifier, Quality]) -> None:
    for text in ("", "🙂", "..."):
        said = trained[0].say([[text]], [rows()[1][[0]]])[0]
        assert (said.abstained, said.confidence) == (True, 0.0)


def test_an_artefact_answers_as_what_was_saved(trained: tuple[Classifier, Quality], tmp_path: Path) -> None:
    path = tmp_path / "deep" / "one.npz"
    save(path, Artefact(trained[0], {"encoder": "e/1"}))
    texts, vectors, _ = rows()
    assert load(path, "e/1").classifier.say([texts], [vectors]) == trained[0].say([texts], [vectors])
    with pytest.raises(ArtefactUnusable, match="must not be mixed"):
        load(path, "e/2")


def test_a_failure_while_saving_leaves_the_former_one(trained: tuple[Classifier, Quality], tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    save(path, Artefact(trained[0], {"encoder": "e/1"}))
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(path, Artefact(replace(trained[0], temperature=0.1), {"encoder": object()}))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=80)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_any_texts_are_read_to_rows_of_unit_length_or_none(texts: list[str]) -> None:
    sparse, known = lexicon([texts * 2], 4096).read([texts])
    for row in range(len(texts)):
        values = sparse.values[sparse.starts[row] : sparse.starts[row + 1]]
        length = float((values**2).sum())
        assert length < 1 + 1e-4
        assert 0 <= known[row] <= 1


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=50), st.floats(0.01, 0.5))
def test_at_the_threshold_the_error_holds_its_target(found: list[tuple[float, bool]], target: float) -> None:
    confidence = np.array([one for one, _ in found], np.float32)
    right = np.array([float(one) for _, one in found])
    threshold = threshold_for(confidence, right, target)
    taken = confidence >= threshold
    assert not taken.any() or 1 - right[taken].mean() <= target + 1e-9


def test_calibration_error_and_temperature_on_what_is_known() -> None:
    assert calibration_error(np.full(100, 0.8, np.float32), np.r_[np.ones(80), np.zeros(20)]) == pytest.approx(
        0, abs=1e-5
    )
    assert calibration_error(np.full(100, 0.9, np.float32), np.zeros(100)) == pytest.approx(0.9)
    draw = np.random.default_rng(1)
    scores = draw.normal(size=(4000, 3)).astype(np.float32)
    truth = np.array([draw.choice(3, p=row / row.sum()) for row in softmax(scores, 0.5).astype(np.float64)])
    assert temperature_of(scores, truth) == pytest.approx(0.5, rel=0.15)

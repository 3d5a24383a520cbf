"""A text classifier: n-grams and sentence vectors in one linear model, with calibrated confidence and abstention.

Shares of the labels come from scores by one temperature (Guo et al. 2017, On Calibration of Modern Neural Networks).
Confidence is the probability that the best label is right, by logistic regression on predictions for rows that the
model had not seen. A text is abstained on when its confidence is below the threshold that keeps the error among the
accepted at the target, or when it is stranger than all but a few of the texts trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.reasoners.embedded.likeness import Outlook, likeness
from agents.reasoners.embedded.ngrams import Lexicon

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

_MOST = 20.0
_PAGE = 500


@dataclass(frozen=True)
class Said:
    """What is said of one text. `shares` has each label's probability, `strangeness` rises for unknown kinds of text.

    `confidence` is the probability that `label` is right, 0 to 1; `likeness` the cosine to the most similar landmark.
    """

    label: str
    confidence: float
    abstained: bool
    shares: Mapping[str, float]
    strangeness: float
    likeness: float


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on a few standardised features, which are the columns of `signs`."""

    mean: "Numbers"
    spread: "Numbers"
    weights: "Numbers"
    """One for each feature, and the intercept last."""

    def logits(self, signs: "Numbers") -> "Numbers":
        answer: Numbers = ((signs - self.mean) / self.spread) @ self.weights[:-1] + self.weights[-1]
        return answer


@dataclass(frozen=True)
class Classifier:
    """A trained classifier; immutable, safe from several threads, and needing numpy alone."""

    labels: tuple[str, ...]
    lexicon: Lexicon
    lexical: "Numbers"
    """(buckets, labels)"""
    outlook: Outlook
    inner: float
    """The inner layer's share of the texts' kernel."""
    landmarks: "tuple[Numbers, ...]"
    """(landmarks, 768), turned as the outlook turns them, for each column of text."""
    sentence: "Numbers"
    """(landmarks, labels)"""
    bias: "Numbers"
    temperature: float
    confidence: Logistic
    strangeness: Logistic
    threshold: float
    """Least confidence of what is not abstained on."""
    strangest: float
    """Most strangeness of what is not abstained on."""

    def say(
        self, columns: Sequence[Sequence[str]], features: "Sequence[Numbers]", odds: Mapping[str, float] | None = None
    ) -> list[Said]:
        """One answer a row. `columns` are the texts of each column, `features` what the encoder makes of them.

        `odds` are factors on labels' odds, of what else speaks for them; they shift shares and confidence alike.
        """
        if len(columns) != len(self.landmarks):
            raise ValueError(f"this classifier reads {len(self.landmarks)} columns of text, not {len(columns)}")
        said = []
        # Likeness to ten thousand landmarks takes 40 kB a row.
        for start in range(0, len(columns[0]), _PAGE):
            page = slice(start, start + _PAGE)
            said += self._page([one[page] for one in columns], [one[page] for one in features], odds or {})
        return said

    def _page(
        self, columns: Sequence[Sequence[str]], features: "Sequence[Numbers]", odds: Mapping[str, float]
    ) -> list[Said]:
        import numpy as np

        sparse, known = self.lexicon.read(columns)
        scores = np.repeat(self.bias[None, :], len(columns[0]), axis=0)
        for row in range(len(scores)):
            part = slice(sparse.starts[row], sparse.starts[row + 1])
            scores[row] += sparse.values[part] @ self.lexical[sparse.indices[part]]
        turned = [one.copy() for one in features]
        self.outlook.turn(turned)
        kernel, cosine = likeness(turned, self.landmarks, self.inner)
        nearest = cosine.max(axis=1)
        scores += kernel @ self.sentence
        factors = np.array([odds.get(label, 1.0) for label in self.labels], np.float32)
        scores += self.temperature * np.log(factors)
        shares = softmax(scores, self.temperature)
        signs = signs_of(scores, shares, nearest, known)
        confidence = sigmoid(self.confidence.logits(signs))
        strangeness = self.strangeness.logits(signs)
        empty = np.array([not any(any(map(str.isalnum, text)) for text in row) for row in zip(*columns, strict=True)])
        confidence[empty] = 0.0
        abstained = (confidence < self.threshold) | (strangeness > self.strangest) | empty
        return [
            Said(
                self.labels[best], float(confidence[row]), bool(abstained[row]),
                dict(zip(self.labels, shares[row].tolist(), strict=True)), float(strangeness[row]),
                float(nearest[row]),
            )
            for row, best in enumerate(shares.argmax(axis=1))
        ]  # fmt: skip


def signs_of(scores: "Numbers", shares: "Numbers", nearest: "Numbers", known: "Numbers") -> "Numbers":
    """What tells how far an answer can be trusted, (rows, 5).

    The best score, its lead, the logit of its share, the cosine to the nearest landmark, the share of known n-grams.
    """
    import numpy as np

    ordered = np.sort(scores, axis=1)
    top = np.clip(shares.max(axis=1), 1e-6, 1.0 - 1e-6)
    return np.column_stack(
        [ordered[:, -1], ordered[:, -1] - ordered[:, -2], np.log(top / (1.0 - top)), nearest, known]
    ).astype(np.float32)


def softmax(scores: "Numbers", temperature: float) -> "Numbers":
    import numpy as np

    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / np.float32(temperature))
    shares: Numbers = np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
    return shares


def sigmoid(logits: "NDArray[np.floating[Any]]") -> "NDArray[np.floating[Any]]":
    import numpy as np

    answer: NDArray[np.floating[Any]] = 1.0 / (1.0 + np.exp(-np.clip(logits, -_MOST, _MOST)))
    return answer

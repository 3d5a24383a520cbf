"""How alike texts are by what the encoder makes of them: a kernel of the sentence vectors and of the inner layer.

Only numpy is needed, so a service pays no further library for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.reasoners.embedded.encoder import DIMENSIONS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

SHARPNESS = 4.0
"""A cosine counts as exp(SHARPNESS · (cosine - 1))."""


@dataclass(frozen=True)
class Outlook:
    """The inner layer's mean and spread over the texts trained on, (columns, 384) each.

    All texts share one large component there, beside which nothing else would tell.
    """

    centre: "Numbers"
    spread: "Numbers"

    def turn(self, features: "Sequence[Numbers]") -> None:
        """Turns the features (rows, 768) of each column, in place, into what is compared: two halves of unit length."""
        import numpy as np

        for column, centre, spread in zip(features, self.centre, self.spread, strict=True):
            inner = column[:, DIMENSIONS:]
            inner -= centre
            inner /= spread
            inner /= np.maximum(np.linalg.norm(inner, axis=1, keepdims=True), 1e-9)


def outlook(features: "Sequence[Numbers]") -> Outlook:
    """The outlook of a training file's features, (rows, 768) for each column of text."""
    import numpy as np

    inner = [one[:, DIMENSIONS:] for one in features]
    return Outlook(
        np.stack([one.mean(axis=0) for one in inner]),
        np.stack([np.maximum(one.std(axis=0), 1e-6) for one in inner]),
    )


def likeness(rows: "Sequence[Numbers]", landmarks: "Sequence[Numbers]", inner: float) -> "tuple[Numbers, Numbers]":
    """The kernel between turned rows and landmarks, and the cosine of their sentence vectors: (rows, landmarks) each.

    Both are means over the columns; `inner` is the inner layer's share of the kernel.
    """
    import numpy as np

    cosine = np.zeros((len(rows[0]), len(landmarks[0])), np.float32)
    kernel = np.zeros_like(cosine)
    for one, other in zip(rows, landmarks, strict=True):
        outer = one[:, :DIMENSIONS] @ other[:, :DIMENSIONS].T
        cosine += outer
        kernel += (1.0 - inner) * _sharp(outer)
        if inner:
            kernel += inner * _sharp(one[:, DIMENSIONS:] @ other[:, DIMENSIONS:].T)
    cosine /= len(rows)
    kernel /= len(rows)
    return kernel, cosine


def _sharp(cosine: "Numbers") -> "Numbers":
    import numpy as np

    cosine -= 1.0
    cosine *= SHARPNESS
    return np.exp(cosine, out=cosine)

"""The same model in plain numpy, written from the BERT paper: shares with the ONNX graph only the weights."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_erf = np.vectorize(math.erf, otypes=[np.float64])


def _norm(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    result: Array = scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return result


def _dense(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    result: Array = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return result


def forward(weights: Mapping[str, Array], ids: list[int]) -> Array:
    """Vector (384,) of one tokenised text, in float64."""
    exact = {name: values.astype(np.float64) for name, values in weights.items()}
    x = exact["embeddings.word_embeddings.weight"][ids]
    x = x + exact["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + exact["embeddings.token_type_embeddings.weight"][0]
    x = _norm(x, exact, "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            _dense(x, exact, f"{name}.attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(ids), 384)
        x = _norm(
            x + _dense(mixed, exact, f"{name}.attention.output.dense"), exact, f"{name}.attention.output.LayerNorm"
        )
        wide = _dense(x, exact, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + _erf(wide / math.sqrt(2)))
        x = _norm(x + _dense(wide, exact, f"{name}.output.dense"), exact, f"{name}.output.LayerNorm")
    pooled = x.mean(0)
    result: Array = pooled / np.linalg.norm(pooled)
    return result

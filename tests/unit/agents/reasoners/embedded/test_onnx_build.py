from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from agents.reasoners.embedded import onnx_build
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.onnx_build import (
    MAX_TOKENS,
    WeightsRefused,
    check_pin,
    float_model,
    pinned_file,
    read_weights,
)
from tests.unit.agents.reasoners.embedded.reference import forward
from tests.unit.agents.reasoners.embedded.sentences import SENTENCES


@pytest.fixture(scope="module")
def weights() -> Any:
    return read_weights()


@pytest.fixture(scope="module")
def tokens() -> list[list[int]]:
    tokenizer = Tokenizer.from_file(str(pinned_file("tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return [tokenizer.encode(sentence).ids for sentence in SENTENCES]


@pytest.fixture(scope="module")
def full(weights: Any, tokens: list[list[int]]) -> Any:
    session = onnxruntime.InferenceSession(float_model(weights).SerializeToString(), providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0] for ids in tokens])


@pytest.mark.slow
def test_the_float_graph_is_the_published_model(weights: Any, tokens: list[list[int]], full: Any) -> None:
    assert max(map(len, tokens)) == MAX_TOKENS
    for ids, vector in list(zip(tokens, full, strict=True))[::-3]:
        assert float(forward(weights, ids) @ vector) > 0.9999


def test_int8_stays_near_the_float_graph(full: Any, encoder: Encoder) -> None:
    cosines = np.sum(full * encoder.encode(SENTENCES), axis=1)
    assert cosines.mean() >= 0.98
    assert cosines.min() >= 0.95


def test_a_changed_byte_of_the_weights_is_refused(tmp_path: Path) -> None:
    pinned = pinned_file("tokenizer.json")
    content = bytearray(pinned.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "tokenizer.json"
    changed.write_bytes(content)
    with pytest.raises(WeightsRefused, match="the pinned one is be50c3628f2b"):
        check_pin(changed, onnx_build.PINNED["tokenizer.json"])
    with pytest.raises(WeightsRefused, match="cannot be read"):
        check_pin(tmp_path / "none", onnx_build.PINNED["tokenizer.json"])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_build, "PACKAGE", "no_such_weights")
    with pytest.raises(WeightsRefused, match="no_such_weights is not installed"):
        pinned_file("model.safetensors")

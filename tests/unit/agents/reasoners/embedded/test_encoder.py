import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoners.embedded import encoder as encoder_module
from agents.reasoners.embedded.encoder import Encoder, EncoderUnavailable
from tests.unit.agents.reasoners.embedded.sentences import RELATED, SENTENCES

ROOT = Path(__file__).resolve().parents[5]


def test_shape_type_and_length(encoder: Encoder) -> None:
    vectors = encoder.encode(SENTENCES)
    assert vectors.shape == (len(SENTENCES), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.parametrize(("sentence", "alike", "other"), RELATED)
def test_related_sentences_are_nearer(encoder: Encoder, sentence: str, alike: str, other: str) -> None:
    vectors = encoder.encode([sentence, alike, other])
    assert float(vectors[0] @ vectors[1]) > float(vectors[0] @ vectors[2]) + 0.15


@settings(max_examples=10)
@given(st.permutations(SENTENCES[:8]))
def test_a_vector_depends_on_its_text_alone(encoder_cache: Path, order: list[str]) -> None:
    fresh, alone = Encoder(encoder_cache), Encoder(encoder_cache)
    together = fresh.encode(order)
    assert all((alone.encode([text])[0] == vector).all() for text, vector in zip(order, together, strict=True))


@settings(max_examples=200)
@given(st.text(st.characters(), max_size=400))
def test_every_text_has_a_unit_vector(encoder: Encoder, text: str) -> None:
    assert abs(float(np.linalg.norm(encoder.encode([text])[0])) - 1) < 1e-4


def test_control_tokens_in_a_text_are_only_text(encoder: Encoder) -> None:
    plain, spelt = encoder.encode(["a [SEP] b", "a ( SEP ] b"])
    assert float(plain @ spelt) > 0.8
    masked, unknown = encoder.encode(["pay [MASK] now", "pay [PAD] now"])
    assert not np.array_equal(masked, unknown)


def test_a_megabyte_costs_no_more_than_a_page(encoder: Encoder) -> None:
    encoder.encode(["warm " * 300])
    begin = perf_counter()
    long = encoder.encode(["word and another " * 60_000])[0]
    assert perf_counter() - begin < 2
    assert np.array_equal(long, encoder.encode(["word and another " * 1_000])[0])


def test_threads_get_what_one_thread_gets(encoder_cache: Path, encoder: Encoder) -> None:
    fresh = Encoder(encoder_cache)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: fresh.encode(SENTENCES), range(8)))
    assert all(np.array_equal(result, encoder.encode(SENTENCES)) for result in results)


def test_the_answer_is_the_callers_own(encoder: Encoder) -> None:
    first = encoder.encode(["mine"])
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(encoder.encode(["mine"]), kept)


def test_the_cache_is_bounded(encoder_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module, "CACHED", 5)
    fresh = Encoder(encoder_cache)
    fresh.encode([f"text {number}" for number in range(12)])
    assert len(fresh._known) == 5


def test_one_text_in_place_of_several_is_an_error(encoder: Encoder) -> None:
    with pytest.raises(TypeError, match="sequence"):
        encoder.encode("one text")


def test_an_unusable_cache_is_the_encoders_own_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(EncoderUnavailable, match="model cache"):
        Encoder(path).encode(["text"])


def test_importing_loads_nothing_heavy() -> None:
    script = (
        "import sys; import agents.reasoners.embedded.encoder; "
        "print([m for m in ('numpy', 'onnx', 'onnxruntime', 'tokenizers', 'safetensors') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

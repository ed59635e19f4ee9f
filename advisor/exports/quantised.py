"""The model in int8 for CPUs, and what it costs in right answers.

Transformers: weights in int8, activations as they come (dynamic). Convolutions: weights and activations in int8, with
ranges from training items (static, as pairs of quantize and dequantize). What resizes images is left as it is.

Weights take seven bits: without VNNI, x86 adds pairs of products in 16 bits, and with eight they saturate (ONNX
Runtime, "Quantize ONNX models", reduce_range). EfficientNet-Lite0 on digits fell from 99 % to 25 % there, with seven
to 93.5 %.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.records import Dataset
from advisor.exports import parity
from advisor.exports.graphs import Graph
from advisor.exports.records import Quantised

NAME = "model.int8.onnx"
#: Training items that the ranges of activations are taken from.
CALIBRATION_ITEMS = 64
#: What is in int8 in a network of convolutions. With the convolutions alone EfficientNet-Lite0 fell from 100 % to 31 %
#: on digits: the range before its clipping to 0..6 is far wider than what is left of it.
CONVOLUTIONAL = ("Conv", "Clip", "Relu", "Add")
#: A version that loses more than this share of right answers is not handed out.
MOST_LOST = 0.05
#: Convolutions that a vision transformer may have: it cuts an image into patches by one.
MOST_OF_A_TRANSFORMER = 2


def quantise(graph: Graph, folder: Path, dataset: Dataset) -> Quantised | None:
    """Write model.int8.onnx beside model.onnx and measure it; None where there is nothing to gain, or it fails."""
    if graph.reads == "words" or not dataset.classes:
        return None
    items, rows = parity.items_of(dataset, "test")  # the head has learned the validation items too
    target = folder / NAME
    try:
        with parity.script(folder) as predict:
            train, _ = parity.items_of(dataset, "train", CALIBRATION_ITEMS)
            inputs = [arrays for item in train for _, arrays in predict.batches([item])]
            _write(graph, folder / "model.onnx", target, inputs)
            at = predict.HOW.get("thresholds")
            full = parity.value_of(predict.probabilities, items, dataset, rows, at)

            def ask(some: Any) -> np.ndarray:
                probabilities: np.ndarray = predict.probabilities(some, NAME)
                return probabilities

            int8 = parity.value_of(ask, items, dataset, rows, at)
            result = Quantised(metric=dataset.metric, full=full, int8=int8, file_bytes=parity.model_bytes(target),
                               runtime=parity.pace(ask, items), kept=full.value - int8.value <= MOST_LOST)  # fmt: skip
        if not result.kept:
            target.unlink()
        return result
    except Exception:  # onnxruntime's quantiser knows not every network; the model in float32 is whole without it
        logging.getLogger(__name__).warning("No int8 version was made.", exc_info=True)
        target.unlink(missing_ok=True)
        return None


def _write(graph: Graph, source: Path, target: Path, inputs: list[dict[str, np.ndarray]]) -> None:
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with _silent(), tempfile.TemporaryDirectory() as aside:
        prepared = Path(aside) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)  # folds batch norms into convolutions
        model = onnx.load(prepared)
        n_convolutions = sum(node.op_type == "Conv" for node in model.graph.node)
        if graph.reads == "images" and n_convolutions > MOST_OF_A_TRANSFORMER:
            quantization.quantize_static(
                str(prepared), str(target), _Inputs(inputs), quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=list(CONVOLUTIONAL), nodes_to_exclude=_in_doubles(model), per_channel=True,
                activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
                reduce_range=True,
            )  # fmt: skip
            return
        quantization.quantize_dynamic(
            str(prepared), str(target), op_types_to_quantize=["MatMul", "Gemm", "Gather"], per_channel=True,
            nodes_to_exclude=_in_doubles(model), weight_type=quantization.QuantType.QInt8, reduce_range=True,
        )  # fmt: skip


def _in_doubles(model: Any) -> list[str]:
    """The nodes that calculate in float64: those that resize."""
    import onnx

    known = onnx.shape_inference.infer_shapes(model).graph.value_info
    doubles = {value.name for value in known if value.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE}
    return [node.name for node in model.graph.node if doubles & {*node.input, *node.output}]


class _Inputs:
    """Hands the quantiser one item after the other, as it wants them."""

    def __init__(self, inputs: list[dict[str, np.ndarray]]) -> None:
        self._left: Iterator[dict[str, np.ndarray]] = iter(inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input, None after the last."""
        return next(self._left, None)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """The quantiser's advice to prepare a model is kept from the terminal."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)

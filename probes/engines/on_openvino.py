"""OpenVINO (Apache-2.0) on the processor; the extra `fast` brings it.

A graph is traced, which takes one to two seconds for EfficientNet-Lite0 or MiniLM, a fifth of what torch.export takes
or the ONNX file made through it. It is kept as OpenVINO's IR, an XML file and the weights, and opens in a quarter of a
second.

Importing OpenVINO reports the import to Google Analytics through the package openvino-telemetry, unless that cannot be
imported; then OpenVINO puts a stub in its place. Its own opt-out writes into the user's home and reports itself, so it
is left to the user, and the package is kept from being imported in this process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from probes.engines.graph import Graph
from probes.engines.quiet import quiet

NAME = "openvino"
FILE = "graph.xml"
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
_core: Any = None
_lock = threading.Lock()


def version() -> str | None:
    """The installed version; None where there is none. Imports nothing."""
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return None


def convert(graph: Graph, folder: Path) -> None:
    """Write the graph as IR into a folder. Raises whatever the tracer or the converter raises."""
    openvino, example = _imported(), graph.examples[0]
    trace: Any = torch.jit.trace
    with quiet(), torch.no_grad():  # it warns of constants in the graph; the check of another shape finds those
        traced = trace(graph.module, example, check_trace=False, strict=False)  # checking takes twice as long
        model = openvino.convert_model(traced, example_input=example)
    open_shapes = [openvino.PartialShape(_open_shape(tensor)) for tensor in example]
    model.reshape(dict(zip(range(len(example)), open_shapes, strict=True)))
    openvino.save_model(model, folder / FILE, compress_to_fp16=False)


def precisions() -> tuple[str, ...]:
    """What this processor computes natively, float32 first."""
    known = _runtime().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("float32", "bfloat16") if "BF16" in known else ("float32",)


class Run:
    """An open graph. Calls come one after another."""

    def __init__(self, folder: Path, n_threads: int, precision: str = "float32") -> None:
        compiled = _runtime().compile_model(
            folder / FILE,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": n_threads,
                "ENABLE_CPU_PINNING": False,  # several processes share the cores
                "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
            },
        )
        self._request = compiled.create_infer_request()
        self._n = len(compiled.outputs)
        self._lock = threading.Lock()

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One (n, d) float32 per output."""
        with self._lock:
            self._request.infer(list(inputs), share_inputs=True)
            return [np.array(self._request.get_output_tensor(i).data, dtype=np.float32) for i in range(self._n)]


def _open_shape(tensor: torch.Tensor) -> list[int]:
    """Any number of items; texts of any length."""
    return [-1, *tensor.shape[1:]] if tensor.dim() == 4 else [-1] * tensor.dim()


def _imported() -> Any:
    """The library, without what would report its use."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # "cannot be imported"
    with quiet():
        import openvino

    return openvino


def _runtime() -> Any:
    """One runtime for the process."""
    global _core
    with _lock:
        if _core is None:
            _core = _imported().Core()
        return _core

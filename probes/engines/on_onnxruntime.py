"""ONNX Runtime (MIT) on the processor, where OpenVINO is not installed or cannot take a graph.

The ONNX file comes from torch's exporter that traces: it takes 2 s where the one through torch.export takes 30, and a
graph that it gets wrong is found out like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from probes.engines.graph import Graph
from probes.engines.quiet import quiet

NAME = "onnxruntime"
FILE = "graph.onnx"
#: Version of the operators that the file names; every supported release knows them.
OPSET = 18


def version() -> str | None:
    """The installed version; None where it, or what writes its files, is missing. Imports nothing."""
    try:
        return metadata.version("onnxruntime") if metadata.version("onnx") else None
    except metadata.PackageNotFoundError:
        return None


def convert(graph: Graph, folder: Path) -> None:
    """Write the graph as an ONNX file into a folder. Raises whatever the exporter raises."""
    example = graph.examples[0]
    sizes = {0: "n"} if example[0].dim() == 4 else {0: "n", 1: "tokens"}
    with quiet(), torch.no_grad():
        torch.onnx.export(
            graph.module, example, str(folder / FILE), dynamo=False, opset_version=OPSET,
            input_names=list(graph.signature.inputs),
            output_names=[f"output_{place}" for place in range(len(graph.signature.outputs))],
            dynamic_axes=dict.fromkeys(graph.signature.inputs, sizes),
        )  # fmt: skip


def precisions() -> tuple[str, ...]:
    """Float32 alone: the file holds it."""
    return ("float32",)


class Run:
    """An open graph. It may be called from several threads."""

    def __init__(self, folder: Path, n_threads: int, precision: str = "float32") -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # several processes share the cores
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / FILE), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One (n, d) float32 per output."""
        found: list[np.ndarray] = self._session.run(None, dict(zip(self._inputs, inputs, strict=True)))
        return found

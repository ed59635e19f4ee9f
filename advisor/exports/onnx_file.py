"""A module of torch as an ONNX file, which onnxruntime runs on any machine without torch."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import torch

from advisor.core.errors import RunError
from advisor.exports.extra import check_installed
from advisor.exports.graphs import Graph
from probes.errors import first_line

#: A file of protobuf ends at 2 GB; a larger model keeps its weights beside it.
ONE_FILE_BYTES = 1_800_000_000


def write(graph: Graph, path: Path) -> None:
    """Write the graph to `path`. Raises RunError where the extra is missing or torch cannot translate the network."""
    check_installed()
    sizes = tuple(dict.fromkeys(open_sizes, torch.export.Dim.DYNAMIC) for open_sizes in graph.open_sizes)
    try:
        with _quiet(), torch.inference_mode():
            program: Any = torch.onnx.export(
                graph.module, graph.example, dynamo=True, dynamic_shapes=sizes, input_names=list(graph.names),
                output_names=[graph.output], verbose=False,
            )  # fmt: skip
    except Exception as error:  # torch raises many kinds for an operation that it cannot translate
        raise RunError(
            f"torch cannot translate this network into ONNX ({first_line(error)}). Use --format safetensors."
        ) from error
    n_bytes = sum(tensor.numel() * tensor.element_size() for tensor in graph.module.state_dict().values())
    program.save(str(path), external_data=n_bytes > ONE_FILE_BYTES)


@contextlib.contextmanager
def _quiet() -> Any:
    """What torch tells of its own steps is kept from the terminal."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.export")]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

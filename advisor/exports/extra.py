"""Whether what ONNX needs is installed; imports none of it, so that the dashboard's server may ask."""

from __future__ import annotations

import importlib.util

from advisor.core.errors import RunError

#: What the extra brings: torch translates with the first two, the third runs the result.
NEEDED = ("onnx", "onnxscript", "onnxruntime")


def missing() -> str:
    """What is not installed and how to get it, a sentence; "" where all is there."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not absent:
        return ""
    return f'Exporting to ONNX needs {" and ".join(absent)}. Install: pip install "transfer-advisor[export]"'


def check_installed() -> None:
    """Raises RunError naming the extra where something is missing."""
    if sentence := missing():
        raise RunError(sentence)

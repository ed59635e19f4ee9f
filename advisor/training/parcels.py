"""A fit as bytes, for another process of the same run: cloudpickle, which also takes closures."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
from torch import Tensor


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]
    """Leaves a module's own objects to the module, as pickle does with functions and classes.

    A hook of transformers is a closure over such an object, the collector of hidden states; a copy collects nothing.
    """

    def reducer_override(self, obj: Any) -> Any:
        """How an object is packed: by module and name where it is a variable of the module of its class."""
        if isinstance(obj, Tensor) and type(obj) is Tensor and obj.device.type != "cpu":
            return _arrived, (obj.detach().cpu(), obj.device.type)  # each process has a device of its own
        module = type(obj).__module__
        for name, value in list(vars(sys.modules.get(module, sys)).items()):
            if value is obj and module != "builtins":
                return _of_module, (module, name)
        return super().reducer_override(obj)


def pack(content: Any) -> bytes:
    """The content as bytes. Raises TypeError where a part cannot travel, such as a lock."""
    stream = io.BytesIO()
    try:
        _Packer(stream).dump(content)
    except (AttributeError, pickle.PicklingError) as error:
        raise TypeError(str(error)) from error
    return stream.getvalue()


def unpack(packed: bytes) -> Any:
    """What `pack` was given; the bytes must come from a process of the same run."""
    return pickle.loads(packed)


def _arrived(tensor: Tensor, device: str) -> Tensor:
    return tensor.to(device)


def _of_module(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)

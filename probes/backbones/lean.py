"""timm and torchvision without torch's compiler, which importing them brings along and nothing here uses.

Context: of the 1.7 s of the processor that `import timm` takes, 1.2 are `torch._dynamo` with sympy: torchvision asks it
whether a device can compile (`torchvision.ops.roi_align`), and timm keeps one function from being compiled. Choice: for
the time of the import, the question is put off until somebody asks it, and the mark is left out. Whoever compiles
afterwards gets torch's own compiler.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from probes.timings import stage

COMPILER, UTILS = "torch._dynamo", "torch._dynamo.utils"
_lock = threading.RLock()


@stage("libraries")
def timm() -> Any:
    """The package timm."""
    with _without_compiler():
        import timm

    return timm


@stage("libraries")
def torchvision() -> Any:
    """The package torchvision, whose `models` are imported with it."""
    with _without_compiler():
        import torchvision

    return torchvision


class _Later(ModuleType):
    """Stands for a module until somebody needs something of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(), name)

    @staticmethod
    def is_compile_supported(device_type: str) -> bool:
        """The answer of torch's compiler, asked when it is needed."""
        return bool(_real().is_compile_supported(device_type))


def _real() -> Any:
    import importlib

    if isinstance(sys.modules.get(UTILS), _Later):
        del sys.modules[UTILS]
    return importlib.import_module(UTILS)


def _unmarked(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
    """In the place of `torch.compiler.disable`: the function as it is."""
    return function if function is not None else (lambda marked: marked)


@contextlib.contextmanager
def _without_compiler() -> Iterator[None]:
    """Nothing changes where torch's compiler is imported already."""
    import torch

    with _lock:
        if COMPILER in sys.modules or UTILS in sys.modules:
            yield
            return
        compiler: Any = torch.compiler
        mark = compiler.disable
        sys.modules[UTILS] = _Later(UTILS)
        compiler.disable = _unmarked
        try:
            yield
        finally:
            compiler.disable = mark
            if isinstance(sys.modules.get(UTILS), _Later):
                del sys.modules[UTILS]

"""A backbone's features, batch by batch, from the fastest engine that agrees: the one place that everything asks.

Evidence, the frozen rung, retrieval, neighbours, the distance from the pre-training data, predictions and servers all
compute here. Which engine is a matter of speed alone, so cached features do not depend on it. torch computes where
there is no engine, where the items are too few to open one, on a GPU, and whatever an engine fails at or disagrees on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from probes.device import Calibration, in_torch
from probes.engines import opened as engines
from probes.engines.graph import translatable
from probes.memory import is_out_of_memory
from probes.timings import stage

#: So many items are read before a process opens an engine (half a second), and before a graph is translated (two more).
#: A text counts as an item for each `CHARACTERS` of it.
TO_OPEN, TO_TRANSLATE = 64, 256
CHARACTERS = 256
#: Items compared with torch when a process first uses an engine.
COMPARED = 2
#: Blocks under way in which torch computes in float32 alone.
_exact: list[None] = []


@contextmanager
def exact() -> Iterator[None]:
    """Features come from torch in float32 as long as the block lasts: what an exported model is compared with."""
    _exact.append(None)
    try:
        yield
    finally:
        _exact.pop()


class Forward:
    """Calls give (n, dim) float32 features of a batch as it was decoded or tokenized."""

    def __init__(self, backbone: Any, calibration: Calibration, cache: Path) -> None:
        self.backbone, self.calibration, self.cache = backbone, calibration, cache
        self._torch: Callable[[Any], np.ndarray] | None = None
        self._engine = self._opened()

    @property
    def engine(self) -> str:
        """What computes: "torch" or an engine's name."""
        return "torch" if self._engine is None else self.calibration.engine

    @stage("forward")
    def __call__(self, batch: Any) -> np.ndarray:
        """Shape: (n, s, s, 3) uint8 pixels, or a dict of (n, tokens) tensors, to (n, dim)."""
        if _exact:
            return in_torch(self.backbone, _plain(self.backbone))(batch)
        while self._engine is not None:
            try:
                if not self._engine.agreed:
                    self._engine.compare(self.backbone, _first(batch, COMPARED))
                return self._engine(self.backbone, batch)
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                engines.refuse(self.backbone, self._engine, error)
                self._engine = self._opened()  # the next precision, or none
        if self._torch is None:
            self._torch = in_torch(self.backbone, self.calibration)
        return self._torch(batch)

    @stage("engine")
    def _opened(self) -> engines.Opened | None:
        how = self.calibration
        if how.engine == "torch" or not translatable(self.backbone):
            return None
        for precision_ in dict.fromkeys((how.engine_dtype, "float32")):
            if (one := engines.opened(self.backbone, how.engine, precision_, self.cache)) is not None:
                return one
        return None


def forward_of(
    backbone: Any,
    n: int,
    cache: Path,
    calibration: Calibration | None = None,
    texts: Sequence[str] | None = None,
    stays: bool = False,
) -> Forward:
    """The forward pass for n items. ``calibration``: how, where the caller knows; else it is measured where that pays.

    texts: some of the items, for a text backbone, since length matters. stays: the process goes on reading, such as a
    server, so that an engine pays for any number.
    """
    if calibration is None:
        calibration = _calibration(backbone, n, cache, list(texts) if texts else None, stays)
    return Forward(backbone, calibration, cache)


def _calibration(backbone: Any, n: int, cache: Path, texts: list[str] | None, stays: bool) -> Calibration:
    module = getattr(backbone, "plain", backbone).module
    each = sum(map(len, texts)) / len(texts) / CHARACTERS if texts else 1.0
    read = engines.counted(module, n * each)
    if stays or read > TO_TRANSLATE or (read > TO_OPEN and _translated(backbone, cache)):
        from probes.calibrations import calibration_of

        return calibration_of(backbone, cache, texts)
    plain = _plain(backbone)
    one = engines.at_hand(backbone) if translatable(backbone) else None
    return plain if one is None else plain.model_copy(update={"engine": one.engine, "engine_dtype": one.precision})


def _plain(backbone: Any) -> Calibration:
    """torch in float32, nothing measured."""
    return Calibration(device=str(backbone.device), channels_last=not hasattr(backbone, "tokenizer"))


def _translated(backbone: Any, cache: Path) -> bool:
    return translatable(backbone) and engines.is_translated(backbone, cache)


def _first(batch: Any, n: int) -> Any:
    if isinstance(batch, dict):
        return {name: tensor[:n] for name, tensor in batch.items()}
    return batch[:n]

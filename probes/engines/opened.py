"""The graphs that are open in this process: translated where they were not, and compared with torch before they count.

A graph must agree with torch twice: on two examples of different shapes when it is translated, which finds lengths that
became constants, and on real items when this process first uses it. One that does not is not asked again.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from probes.engines import TITLES, kept, on_onnxruntime, on_openvino
from probes.engines.graph import Graph, Signature, graph_of, inputs_of, places, signature_of
from probes.errors import first_line

LOG = logging.getLogger("advisor.engines")
#: The least cosine of an item's features with torch's, in any layer, by precision. OpenVINO's bfloat16 gives Lite0
#: 0.995 at 1.5 to 2 times the speed, which is not worth that.
SAME_DIRECTION = {"float32": 0.9999, "bfloat16": 0.999}
#: Features shorter than this have no direction: a layer that gives only zeros.
NOTHING = 1e-6
#: Graphs held open at once.
MOST = 6


class Engine(Protocol):
    """A module of `ENGINES`. ``Run``: opens a folder for a number of threads in a precision; calls compute."""

    NAME: str
    Run: Any

    def version(self) -> str | None:
        """The installed version, None where there is none."""
        ...

    def convert(self, graph: Graph, folder: Path) -> None:
        """Write the graph into a folder."""
        ...

    def precisions(self) -> tuple[str, ...]:
        """What this processor computes natively, float32 first."""
        ...


#: In the order in which they are asked: OpenVINO was ahead of ONNX Runtime on every backbone measured.
ENGINES: dict[str, Engine] = {on_openvino.NAME: on_openvino, on_onnxruntime.NAME: on_onnxruntime}


class Disagreement(Exception):
    """An engine's features are not torch's."""


@dataclass(eq=False)
class Opened:
    """An open graph. ``agreed``: on real items, in this process."""

    signature: Signature
    engine: str
    precision: str
    run: Any
    agreed: bool = field(default=False)

    def __call__(self, backbone: Any, batch: Any) -> np.ndarray:
        """The backbone's features of a batch as it was decoded or tokenized. Shape: (n, dim) float32."""
        parts = self.run(_arrays(inputs_of(backbone, batch)))
        wanted = [parts[place] for place in places(backbone, self.signature.outputs)]
        return np.concatenate(wanted, axis=1) if len(wanted) > 1 else wanted[0]

    def compare(self, backbone: Any, batch: Any) -> None:
        """Raise Disagreement unless the engine gives what torch gives for this batch, in every layer."""
        inputs = inputs_of(backbone, batch)
        check([part.numpy() for part in graph_of(backbone).run(inputs)], self.run(_arrays(inputs)), self.precision)
        self.agreed = True


_open: OrderedDict[tuple[str, str, str, int], Opened] = OrderedDict()
_refused: set[tuple[str, str, str]] = set()
_n_read: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def installed() -> dict[str, str]:
    """Engine to version, of those that are installed."""
    return {name: version for name, engine in ENGINES.items() if (version := engine.version()) is not None}


def opened(backbone: Any, engine: str, precision: str, cache: Path) -> Opened | None:
    """The backbone's graph, open; None where the engine cannot take it, which is said once, in the log.

    backbone: one that is `translatable`.
    """
    import torch

    try:
        signature = signature_of(backbone)
    except Exception as error:  # a network whose layers cannot be found has no graph
        LOG.info("%s stays in torch: %s", backbone.entry.title, first_line(error))
        return None
    with _lock:
        if (signature.key, engine, precision) in _refused:
            return None
        place = (signature.key, engine, precision, torch.get_num_threads())
        if place not in _open:
            try:
                run = ENGINES[engine].Run(
                    _folder(backbone, signature, engine, cache), torch.get_num_threads(), precision
                )
            except Exception as error:  # engines raise what they like; torch computes it all the same
                _refuse(backbone, (signature.key, engine, precision), error)
                return None
            _open[place] = Opened(signature, engine, precision, run)
            while len(_open) > MOST:
                _open.popitem(last=False)
        _open.move_to_end(place)
        return _open[place]


def is_translated(backbone: Any, cache: Path) -> bool:
    """Whether some engine's graph of this backbone lies on disk."""
    key = signature_of(backbone).key
    return any(kept.folder_of(cache, key, *one).is_dir() for one in installed().items())


def at_hand(backbone: Any) -> Opened | None:
    """The backbone's graph where it is open already, by whatever engine."""
    import torch

    with _lock:
        if not _open:
            return None
        key, n_threads = signature_of(backbone).key, torch.get_num_threads()
        return next((one for own, one in reversed(_open.items()) if (own[0], own[3]) == (key, n_threads)), None)


def counted(module: Any, n: float) -> float:
    """How many items this process has read with a module, with n more."""
    _n_read[module] = _n_read.get(module, 0.0) + n
    return _n_read[module]


def close() -> None:
    """Begin anew: no graph is open, none was refused, and nothing was read."""
    with _lock:
        _n_read.clear()
        _open.clear()
        _refused.clear()


def refuse(backbone: Any, one: Opened, error: Exception) -> None:
    """Do without this graph in this process, and say so once."""
    _refuse(backbone, (one.signature.key, one.engine, one.precision), error)


def _refuse(backbone: Any, graph: tuple[str, str, str], error: Exception) -> None:
    with _lock:
        if graph in _refused:
            return
        _refused.add(graph)
        for place in [place for place in _open if place[:3] == graph]:
            del _open[place]
    LOG.warning(
        "%s is not computed by %s in %s, but in torch or another precision: %s",
        backbone.entry.title, TITLES[graph[1]], graph[2], first_line(error),
    )  # fmt: skip


def check(torchs: Sequence[np.ndarray], engines: Sequence[np.ndarray], precision: str) -> None:
    """Raise Disagreement unless all features point the same way. Shape: one (n, d) per output in each."""
    for ours, theirs in zip(torchs, engines, strict=True):
        if ours.shape != theirs.shape:
            raise Disagreement(f"features of shape {theirs.shape} instead of {ours.shape}")
        cosine = cosines(ours, theirs)
        if not np.all(cosine >= SAME_DIRECTION[precision]):
            raise Disagreement(f"features with a cosine of {np.min(cosine):.5f} to torch's")


def cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Cosine of each row with its like, 1 where both are nothing. Shape: (n, d) twice to (n,).

    >>> cosines(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 0.0]])).round(2).tolist()
    [0.71, 1.0]
    """
    ours, theirs = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    one, other = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    found: np.ndarray = (ours * theirs).sum(axis=1) / np.maximum(one * other, NOTHING**2)
    return np.where((one < NOTHING) & (other < NOTHING), 1.0, found)


def _folder(backbone: Any, signature: Signature, engine: str, cache: Path) -> Path:
    """The translated graph on disk; translated, and tried on two shapes, where it is not there."""
    chosen = ENGINES[engine]
    place = kept.folder_of(cache, signature.key, engine, str(chosen.version()))

    def write(folder: Path) -> None:
        graph = graph_of(backbone)
        chosen.convert(graph, folder)
        run = chosen.Run(folder, 1)
        for example in graph.examples:
            check([part.numpy() for part in graph.run(example)], run(_arrays(example)), "float32")

    return kept.opened(place, signature.key) or kept.made(place, signature.key, write)


def _arrays(inputs: Sequence[Any]) -> list[np.ndarray]:
    return [np.ascontiguousarray(one.numpy()) for one in inputs]

"""The exported model answers the user's own items through the very predict.py that lies beside it, and is compared."""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.errors import RunError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.core.records.base import Part
from advisor.exports import contents
from advisor.exports.records import BOUND, Pace, Parity
from advisor.rungs.saved.predictor import Predictor
from probes.folds import spread_order
from probes.forward import exact
from probes.interval import measured_score
from probes.measured import Measured
from probes.multilabel.scores import measured_f1
from probes.progress import Progress, silent

#: Items compared at most, all classes in their shares.
MOST_ITEMS = 200
BATCH = 32
#: What to do where the exported model says something else.
OTHER_FORM = "Use --format safetensors"
#: Repetitions of each timing, of which the median counts, and the seconds after which no other begins.
REPEATS, TIMING_SECONDS = 11, 1.0
#: Probabilities (n, C) of items.
Ask = Callable[[Sequence[Any]], np.ndarray]


@contextmanager
def script(folder: Path) -> Iterator[Any]:
    """The predict.py of an exported folder as a module, with the scripts beside it, as long as the block lasts."""
    beside = {path.stem for path in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in beside & set(sys.modules)}
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        yield importlib.import_module("predict")
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(folder))
        for name in beside & set(sys.modules):
            del sys.modules[name]
        sys.modules.update(before)


def keep(compared: Parity, to: Path, instead: str) -> None:
    """Write parity.json. Raises RunError where the exported model says something else; instead: what to do then."""
    if not compared.same_labels:
        raise RunError(
            f"The exported model gives {compared.otherwise} of {compared.n:,} test {compared.items} (largest "
            f"difference of a probability {compared.difference:.1e}), so it is not handed out. {instead}, and report "
            f"this."
        )
    contents.write_json(to / "parity.json", compared.model_dump(mode="json"))


def items_of(dataset: Dataset, part: Part, most: int = MOST_ITEMS) -> tuple[list[Any], np.ndarray]:
    """Items of a part, by path or as texts, and their rows; a stratified choice where there are more. Shape: (n,)."""
    rows = dataset.where(part)
    rows = np.sort(rows[spread_order(dataset.labels[rows])][:most])
    column = kind_row(dataset.kind).column
    return dataset.items[column].iloc[rows].tolist(), rows


def readable(model: Predictor, items: list[Any], progress: Progress = silent) -> tuple[list[Any], np.ndarray]:
    """The items that the model can read, and its probabilities of them, (n, C), without an engine's rounding.

    Raises RunError where there is none.
    """
    with exact():
        answers = model.predict(items, progress)
    known = [(item, answer) for item, answer in zip(items, answers, strict=True) if not answer.problem]
    if not known:
        raise RunError("None of the items can be read, so the exported model cannot be compared.")
    rows = [[answer.probabilities[label] for label in model.classes] for _, answer in known]
    return [item for item, _ in known], np.array(rows)


def compared(model: Predictor, folder: Path, items: list[Any], progress: Progress = silent) -> Parity:
    """The exported model in `folder` against the run's own model, on test items."""
    items, ours = readable(model, items, progress)
    with script(folder) as predict:
        theirs = predict.probabilities(items)
        return Parity(
            n=len(items),
            difference=float(np.abs(ours - theirs).max()),
            n_same=int(same(ours, theirs, model.thresholds).sum()),
            file_bytes=model_bytes(folder / "model.onnx"),
            runtime=pace(predict.probabilities, items),
            torch=_torch_pace(model, items),
        )


def same(ours: np.ndarray, theirs: np.ndarray, thresholds: np.ndarray | None = None) -> np.ndarray:
    """Whether both give an item one label, (n,) bool; the label of a tie is either. Shape: (n, C) twice.

    With thresholds (C,) whether both give it the same labels; one within the bound of its threshold is either.

    >>> same(np.array([[0.7, 0.3], [0.50001, 0.49999], [0.7, 0.3]]), np.array([[0.7, 0.3], [0.4, 0.6], [0.4, 0.6]]))
    array([ True,  True, False])
    """
    if thresholds is not None:
        alike = ((ours >= thresholds) == (theirs >= thresholds)) | (np.abs(ours - thresholds) <= BOUND)
        every: np.ndarray = alike.all(axis=1)
        return every
    chosen = ours[np.arange(len(ours)), theirs.argmax(axis=1)]
    agree: np.ndarray = chosen >= ours.max(axis=1) - BOUND
    return agree


def pace(ask: Callable[[Sequence[Any]], Any], items: Sequence[Any]) -> Pace:
    """How long one item and a batch take; the first call of each, which warms up, does not count."""
    batch = [items[i % len(items)] for i in range(BATCH)]
    return Pace(one_ms=_median_ms(lambda i: ask([items[i % len(items)]])), batch_ms=_median_ms(lambda i: ask(batch)))


def _torch_pace(model: Predictor, items: Sequence[Any]) -> Pace:
    """As `pace`, with one thread or all, whichever is quicker: two that wait for each other spin on a busy core."""
    import torch

    usual = torch.get_num_threads()
    paces = []
    try:
        for n_threads in sorted({1, usual}):
            torch.set_num_threads(n_threads)
            with exact():
                paces.append(pace(model.predict_proba, items))
    finally:
        torch.set_num_threads(usual)
    return Pace(one_ms=min(p.one_ms for p in paces), batch_ms=min(p.batch_ms for p in paces))


def _median_ms(work: Callable[[int], Any]) -> float:
    work(0)
    taken: list[float] = []
    begun = time.perf_counter()
    while len(taken) < REPEATS and (not taken or time.perf_counter() - begun < TIMING_SECONDS):
        started = time.perf_counter()
        work(len(taken))
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def value_of(ask: Ask, items: list[Any], dataset: Dataset, rows: np.ndarray, at: Sequence[float] | None) -> Measured:
    """The dataset's metric of a model on these rows of it. at: the thresholds of several labels. Shape: rows (n,)."""
    started = time.monotonic()
    probability = ask(items)
    if at is not None:
        return measured_f1(dataset.targets[rows], probability >= np.array(at), time.monotonic() - started)
    predicted, n_classes = probability.argmax(axis=1), len(dataset.classes)
    return measured_score(dataset.metric, dataset.labels[rows], predicted, n_classes, time.monotonic() - started)


def model_bytes(path: Path) -> int:
    """The size of a model with the weights beside it, where it keeps them there."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))

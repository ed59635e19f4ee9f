"""The frozen rung on shards: a ridge head from one pass over the features, judged on shards that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from advisor.core import storage
from advisor.core.errors import DatasetError
from advisor.sharded.features import blocks, write
from advisor.sharded.work import Manifest, do
from probes.heads import Head, single_blas_thread, softmax, temperature
from probes.moments import Moments

#: L2 penalties on standardised features of which the best on held-out items is taken.
PENALTIES = (1.0, 10.0, 100.0, 1_000.0, 10_000.0)
#: Every so many-th shard is held out, and so many of their items judge.
HELD_OUT_EVERY, MOST_HELD_OUT = 10, 100_000


@dataclass(frozen=True)
class Fitted:
    """A head on raw features whose logits give calibrated probabilities; ``accuracy`` is that on held-out items.

    ``n``: the items that the head was fitted on.
    """

    head: Head
    classes: tuple[str, ...]
    penalty: float
    accuracy: float
    n_held_out: int
    n: int

    def save(self, folder: Path) -> None:
        """Write ``head.safetensors`` and ``head.json``. Raises StorageError."""
        storage.write_bytes(folder / "head.safetensors", save({"weight": self.head.weight, "bias": self.head.bias}))
        facts = {name: value for name, value in vars(self).items() if name != "head"}
        storage.write_json(folder / "head.json", facts)

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """What `save` wrote. Raises StorageError."""
        facts = storage.read_object(folder / "head.json")
        return cls(Head(**load_file(folder / "head.safetensors")), **{**facts, "classes": tuple(facts["classes"])})


def fit(manifest: Manifest) -> Fitted:
    """Fit the head on nine of ten shards, all if there are fewer than two, and judge it on the others.

    Held-out items choose the penalty and the temperature. Raises DatasetError where fewer than two classes have items.
    """
    whole = manifest.whole
    held_out = whole[::HELD_OUT_EVERY] if len(whole) > 1 else []
    inside = [shard for shard in whole if shard not in held_out] or whole
    names: dict[str, int] = {}
    moments: Moments | None = None
    with single_blas_thread():
        for _, features, labels in blocks(manifest, inside):
            indices = np.array([names.setdefault(label, len(names)) for label in labels], dtype=np.int64)
            if moments is None and len(features):
                moments = Moments.of(features.mean(axis=0), len(names))
            if moments is not None:
                moments.grow(len(names))
                moments.add(features, indices)
        if moments is None or len(names) < 2:
            raise DatasetError("The readable items have fewer than two labels. A head tells at least two apart.")
        features, truth = _held_out(manifest, held_out or inside, names)
        heads = [(penalty, moments.head(penalty)) for penalty in PENALTIES]
        right = [float((head.logits(features).argmax(1) == truth).mean()) for _, head in heads]
        best = int(np.argmax(right))
        penalty, head = heads[best]
        warmth = temperature(head.logits(features), truth)
    calibrated = Head((warmth * head.weight).astype(np.float32), (warmth * head.bias).astype(np.float32))
    return Fitted(calibrated, tuple(names), penalty, right[best], len(truth), int(moments.counts.sum()))


def _held_out(manifest: Manifest, shards: list[int], names: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Features and class indices of held-out items, as many from each shard; unknown labels are left out."""
    each = max(1, MOST_HELD_OUT // len(shards))
    kept, truth = [], []
    for _, features, labels in blocks(manifest, shards):
        known = np.array([names.get(label, -1) for label in labels[:each]], dtype=np.int64)
        kept.append(features[:each][known >= 0])
        truth.append(known[known >= 0])
    return np.concatenate(kept), np.concatenate(truth)


def predict(manifest: Manifest, fitted: Fitted, out: Path) -> Manifest:
    """Label and probability of every item, one Parquet file a shard; goes on where a former call was ended."""
    question = {
        "what": "predictions",
        "of": manifest.question,
        "head": storage.sha256_file(out.parent / "head.safetensors"),
    }
    predictions = Manifest.open(out, question)
    classes = np.array(fitted.classes)
    for shard, features, labels in blocks(manifest, [s for s in manifest.whole if s not in predictions.done]):
        probabilities = softmax(fitted.head.logits(features))
        answer = probabilities.argmax(axis=1)
        columns = {"label": labels, "predicted": classes[answer].tolist(), "probability": probabilities.max(axis=1)}

        def job(shard: int, path: Path, columns: dict[str, Any] = columns) -> dict[str, Any]:
            write(path, columns)
            return {"rows": len(columns["label"])}

        predictions.note(shard, do(job, shard, predictions.path(shard)))
    return predictions

"""Features of every shard as Parquet: one file a shard with label and features, and a manifest of all."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core import disk
from advisor.core.kinds import ModalityName
from advisor.sharded.items import Shards
from advisor.sharded.work import Job, Manifest, carry_out
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry


def extract(
    shards: Shards,
    out: Path,
    entry: Entry,
    input_size: int,
    device: str = "cpu",
    n_processes: int = 1,
    progress: Progress = silent,
    carry: Any = carry_out,
) -> Manifest:
    """Features (n, dim) float32 of every readable item; a later call goes on where this one was ended.

    carry: what hands the shards out, `work.carry_out` or `ray_data.carry_out`. Raises BackboneError without weights,
    RunError where processes keep dying, StorageError.
    """
    from advisor.data.features import load_backbone

    backbone = load_backbone(entry, input_size, device)  # before any process: without weights there is nothing to start
    question = {
        "what": "features",
        "weights": backbone.weights_hash,
        "preprocessing": backbone.preprocessing,
        "shards": [shards.facts(shard) for shard in range(len(shards))],
    }
    manifest = Manifest.open(out, question)
    make = functools.partial(extractor, shards, entry, input_size, device, max(shards.rows, default=0))
    carry(make, range(len(shards)), manifest, n_processes, progress)
    return manifest


def extractor(shards: Shards, entry: Entry, input_size: int, device: str, n: int) -> Job:
    """The job of one process: its backbone, and the forward pass that is fastest for `n` items at a time."""
    from advisor.data.features import feature_cache, load_backbone
    from probes.forward import forward_of
    from probes.memory import InParts

    backbone = load_backbone(entry, input_size, device)
    texts = shards.items(0)[:64] if shards.kind == "text" else None
    forward = forward_of(backbone, max(n, 1000), feature_cache(), texts=texts)
    compute = InParts(forward)

    def job(shard: int, path: Path) -> dict[str, Any]:
        started = time.monotonic()
        items, labels = shards.items(shard), shards.labels(shard)
        rows, features = _features(shards.kind, backbone, compute, items, forward.calibration.batch_size)
        write(path, {"row": rows, "label": [labels[row] for row in rows], "features": features})
        return {"rows": len(rows), "unreadable": len(items) - len(rows), "seconds": time.monotonic() - started}

    return job


def _features(
    kind: ModalityName, backbone: Any, compute: Any, items: list[Any], batch_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the readable items, in order, and their features (len(rows), dim)."""
    from advisor.data.decode import open_image
    from probes.batches import image_batches, text_batches

    def read(row: int) -> Any:
        return str(items[row]) if kind == "text" else open_image(items[row], backbone.input_size)

    batches = text_batches if kind == "text" else image_batches
    features, ok = np.zeros((len(items), backbone.dim), np.float32), np.zeros(len(items), bool)
    for rows, batch, _ in batches(backbone, read, list(range(len(items))), batch_size):
        features[rows] = compute(batch, len(rows))
        ok[rows] = True
    ok &= np.isfinite(features).all(axis=1)
    return np.flatnonzero(ok), features[ok]


def write(path: Path, columns: dict[str, Any]) -> None:
    """A Parquet file that appears whole; an array (n, d) is a column of lists of that length. Raises StorageError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def column(values: Any) -> Any:
        if isinstance(values, np.ndarray) and values.ndim == 2:
            return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
        return pa.array(values)

    aside = path.with_suffix(".part")
    with disk.writing(path):
        table = pa.table({name: column(values) for name, values in columns.items()})
        pq.write_table(table, aside, compression="zstd", use_dictionary=["label"])
        aside.replace(path)


def blocks(manifest: Manifest, shards: list[int]) -> Iterator[tuple[int, np.ndarray, list[str]]]:
    """(shard, features (n, dim) float32, labels) of the shards given, one at a time."""
    import pyarrow.parquet as pq

    for shard in shards:
        table = pq.read_table(manifest.path(shard), columns=["label", "features"])
        flat = table["features"].combine_chunks()
        array = flat.flatten().to_numpy(zero_copy_only=False).reshape(len(table), flat.type.list_size)
        yield shard, array, table["label"].to_pylist()

"""The frozen rung on shards: from a folder of Parquet files that do not fit into memory to predictions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.core.errors import DatasetError
from advisor.core.wording import counted
from advisor.sharded import features, head, work
from advisor.sharded.head import Fitted
from advisor.sharded.items import Shards
from probes.progress import Progress, silent


@dataclass(frozen=True)
class OnShards:
    """What came out: the head, and how many items were predicted. ``problems``: shards that could not be read."""

    out: Path
    fitted: Fitted
    n_predicted: int
    problems: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell a user."""
        fit = self.fitted
        return (
            f"The head was fitted on {counted(fit.n, 'item')} of {counted(len(fit.classes), 'class', 'classes')}.",
            f"It is right about {100 * fit.accuracy:.1f} % of {counted(fit.n_held_out, 'held-out item')}.",
            f"{counted(self.n_predicted, 'item')} predicted: {self.out / 'predictions'}",
            *(f"Left out: {problem}" for problem in self.problems),
        )


def on_shards(
    folder: Path,
    out: Path,
    backbone: str = "",
    input_size: int | None = None,
    device: str = "auto",
    n_processes: int = 1,
    with_ray: bool = False,
    progress: Progress = silent,
) -> OnShards:
    """Extract features shard by shard, fit a head by streaming them, predict every item; a later call goes on.

    folder: Parquet files, see `advisor.sharded.items`. out: gets ``features/``, ``head.json``, ``head.safetensors`` and
    ``predictions/``. Raises DatasetError, BackboneError, RunError, StorageError.
    """
    from probes.backbones import catalog
    from probes.device import pick

    shards = Shards.of(folder)
    entry = catalog.find(backbone, shards.kind) if backbone else catalog.default(shards.kind)
    carry: Any = work.carry_out
    if with_ray:
        from advisor.sharded import ray_data

        carry = ray_data.carry_out
    out = Path(out).resolve()
    if out.is_relative_to(shards.folder):
        raise DatasetError(f"{out} lies inside the dataset, where its files would be taken for items. Give another.")
    extracted = features.extract(
        shards, out / "features", entry, input_size or entry.input_size, pick(device), n_processes, progress, carry
    )
    fitted = head.fit(extracted)
    fitted.save(out)
    predicted = head.predict(extracted, fitted, out / "predictions")
    n = sum(entry["rows"] for entry in predicted.done.values())
    return OnShards(out, fitted, n, tuple(extracted.problems))

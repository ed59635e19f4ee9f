"""Work on shards by Ray Data (extra ``ray``): actors on a cluster, with a device each where there are enough."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.runs.on_ray import connect, cpu_share
from advisor.sharded.work import Maker, Manifest, do
from probes.progress import Progress, silent


class Actor:
    """One process of the cluster; it makes its job once."""

    def __init__(self, make: Maker) -> None:
        self.job = make()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Do the shards of a batch, which is one."""
        pairs = zip(batch["shard"].tolist(), batch["path"].tolist(), strict=True)
        entries = [json.dumps(do(self.job, shard, Path(path))) for shard, path in pairs]
        return {"shard": batch["shard"], "entry": entries}


def carry_out(
    make: Maker, shards: Sequence[int], manifest: Manifest, n_processes: int = 2, progress: Progress = silent
) -> None:
    """As `work.carry_out`, by actors of a Ray cluster (RAY_ADDRESS), or of a small one on this machine.

    Items and manifest must lie under the same path on every node.
    """
    import ray

    open_ = [shard for shard in shards if shard not in manifest.done]
    if not open_:
        return
    if not ray.is_initialized():
        connect()
    there = ray.cluster_resources()
    each = {"num_gpus": 1} if there.get("GPU", 0) >= n_processes else {"num_cpus": cpu_share(there["CPU"], n_processes)}
    rows = [{"shard": shard, "path": str(manifest.path(shard))} for shard in open_]
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Actor, fn_constructor_args=(make,), batch_size=1, compute=ray.data.ActorPoolStrategy(size=n_processes), **each
    )
    for n, row in enumerate(done.iter_rows(), len(shards) - len(open_) + 1):
        manifest.note(int(row["shard"]), json.loads(row["entry"]))
        progress(f"{n:,} of {len(shards):,} shards", n / len(shards))

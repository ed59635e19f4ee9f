"""A run's workers under Ray Train: ``python -m advisor.runs.on_ray RUN_DIRECTORY PROCESSES``.

Ray starts the processes, lets them meet, and starts all of them again from the run's checkpoint when one dies or a node
is lost; on a cluster with as many as are left. The run's folder must be at one path on every node.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from advisor.core.workspace import RunFiles
from advisor.runs import processes, store, worker
from advisor.training.parallel import TIMEOUT

#: Starts after a death before the launch counts as failed; the supervisor then launches afresh.
RESTARTS = 3


def work(config: dict[str, str]) -> None:
    """One process of the run; Ray has set its rank. Raises RuntimeError where the run must start again."""
    folder = Path(config["folder"])
    if processes.read_small(RunFiles(folder).state).get("state") in store.ENDED:
        return  # stopped by leaving, which looks like a death
    status = worker.main(folder)
    if status:
        raise RuntimeError(f"The worker ended with status {status}.")


def main(folder: Path, n: int) -> int:
    """Carry the run out in `n` processes; the exit status is 1 where they died too often."""
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    connect()
    there = ray.cluster_resources()
    on_devices = there.get("GPU", 0) >= n
    scratch = folder / "ray"
    workers: Any = (1, n) if os.environ.get("RAY_ADDRESS") and n > 1 else n
    trainer = TorchTrainer(
        work,
        train_loop_config={"folder": str(folder)},
        torch_config=TorchConfig(timeout_s=int(TIMEOUT.total_seconds())),
        scaling_config=ScalingConfig(
            num_workers=workers,
            use_gpu=on_devices,
            resources_per_worker={"CPU": cpu_share(there.get("CPU", 1.0), n), **({"GPU": 1} if on_devices else {})},
        ),
        run_config=RunConfig(
            name=folder.name, storage_path=str(scratch), failure_config=FailureConfig(max_failures=RESTARTS)
        ),
    )
    try:
        trainer.fit()
    except ray.train.TrainingFailedError as error:
        print(f"Ray gave up: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def connect() -> None:
    """Join the cluster that RAY_ADDRESS names, or start one on this machine's loopback that ends with this process."""
    import ray

    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=True)
    else:
        ray.init(include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=True)


def cpu_share(cores: float, n: int) -> float:
    """Cores for each of `n` processes, at most one: a core is left to Ray and the page, so a share may be a fraction.

    >>> cpu_share(2, 2), cpu_share(64, 8)
    (0.49, 1.0)
    """
    return min(1.0, round(max(1.0, cores - 1) / n - 0.005, 2) or 0.01)


if __name__ == "__main__":
    status = main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
    sys.stdout.flush()
    sys.exit(status)

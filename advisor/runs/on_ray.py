"""A run's workers as Ray actors: ``python -m advisor.runs.on_ray RUN_DIRECTORY PROCESSES``.

Plain actors without restarts: the first that dies ends the launch, and the supervisor launches again. Process 0 stays
on the node of this driver, where the supervisor can see whether it is alive.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from advisor.runs import worker


class Process:
    """One process of a run, as an actor."""

    def address(self) -> tuple[str, int]:
        """Where the others reach process 0: its node's address and a free port."""
        import socket

        import ray

        with socket.socket() as free:
            free.bind(("", 0))
            return ray.util.get_node_ip_address(), int(free.getsockname()[1])

    def work(self, folder: str, environment: dict[str, str]) -> int:
        """Run the worker with its rank in the environment, as under any launcher; returns its exit status."""
        os.environ.update(environment)
        return worker.main(Path(folder))


def main(folder: Path, n: int) -> int:
    """Start the actors, wait for all; the exit status is process 0's, or 1 when one of them died."""
    import ray

    connect()
    actors = _actors(n)
    host, port = ray.get(actors[0].address.remote())
    meeting = {"MASTER_ADDR": host, "MASTER_PORT": str(port), "WORLD_SIZE": str(n)}
    # every actor sees only the devices that Ray gave it, hence the one local rank
    alone = {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}
    waiting = {
        actor.work.remote(str(folder), {**meeting, **alone, "RANK": str(rank)}): rank
        for rank, actor in enumerate(actors)
    }
    status = 0
    while waiting:
        (ended, *_), _ = ray.wait(list(waiting), num_returns=1)
        rank = waiting.pop(ended)
        try:
            one = int(ray.get(ended))
        except ray.exceptions.RayError as error:
            print(f"Process {rank} of {n} died: {str(error).splitlines()[0]}", file=sys.stderr)
            return 1
        status = one if rank == 0 else status
    return status


def connect() -> None:
    """Join the cluster that RAY_ADDRESS names, or start one on this machine's loopback that ends with this process."""
    import ray

    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=True)
    else:
        ray.init(include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=True)


def _actors(n: int) -> list[Any]:
    """`n` actors with a device each where the cluster has so many, else with a share of the cores."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = ray.cluster_resources()
    per_actor = {"num_gpus": 1} if there.get("GPU", 0) >= n else {"num_gpus": 0}
    cpus = cpu_share(there.get("CPU", 1.0), n)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    kind = ray.remote(Process)
    placed = [{"scheduling_strategy": here}, *[{} for _ in range(n - 1)]]
    return [kind.options(num_cpus=cpus, max_restarts=0, **per_actor, **place).remote() for place in placed]


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

"""Runs logged to MLflow or Trackio: ``python -m advisor.runs.tracking RUN_DIRECTORY``, once the run has ended.

A process of its own reads the run's folder and logs parameters, the metrics by step and the report's values. So logging
never delays a run, nor the next one on the device, and whatever goes wrong is one line in the run's log.

Where to log is what the environment said when the run was queued: the supervisor that launches it may have started
earlier, without these variables. Addresses with a password are not written down; they work where the supervisor's own
environment has them.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from advisor.core import storage
from advisor.core.errors import PeopleError
from advisor.core.workspace import RunFiles
from advisor.runs import processes
from advisor.runs.processes import read_small
from probes.errors import first_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisor.runs.tracked import Tracked

LOG = logging.getLogger("advisor.tracking")
#: What switches each on; where one of several is set, it is on.
SWITCHES = {
    "MLflow": ("MLFLOW_TRACKING_URI",),
    "Trackio": ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL", "TRACKIO_DIR"),
}
#: What else is remembered when a run is queued. Passwords and tokens are not.
REMEMBERED = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_ALLOW_FILE_STORE", *(name for s in SWITCHES.values() for name in s))
EXPERIMENT, PROJECT = "Transfer Advisor", "transfer-advisor"
#: A server that cannot be reached is given up soon, and everything after this.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
MOST_SECONDS = 600.0
#: Entries of one request that MLflow takes.
BATCH = {"metrics": 1000, "params": 100, "tags": 100}
EXTRA = 'pip install "transfer-advisor[track]"'


def wanted(environment: Any = os.environ) -> tuple[str, ...]:
    """Where runs are to be logged: MLflow, Trackio, both, or nowhere."""
    return tuple(name for name, switches in SWITCHES.items() if any(environment.get(switch) for switch in switches))


def remember(folder: Path) -> None:
    """Note in the folder of a run that is being queued where it is to be logged; nothing where nowhere."""
    noted = {name: os.environ[name] for name in REMEMBERED if os.environ.get(name) and not _has_password(name)}
    if wanted(noted):
        storage.write_json(RunFiles(folder).tracking, noted)


def _has_password(name: str) -> bool:
    try:
        parts = urlsplit(os.environ[name])
        return bool(parts.password) or "token" in parts.query.lower()
    except ValueError:
        return True


def begin(folder: Path) -> None:
    """Start logging a run that has ended, where that is wanted; never raises, and does not wait."""
    try:
        if wanted() or wanted(read_small(RunFiles(folder).tracking)):
            os.environ.pop(processes.MARK, None)  # it is no part of the run that is ended with it
            processes.spawn("advisor.runs.tracking", str(folder), log=RunFiles(folder).log)
    except OSError as error:
        LOG.error("The run is not logged elsewhere: %s", error)


def main(folder: Path) -> None:
    """Log the run in `folder` wherever that is wanted."""
    from advisor.runs import tracked

    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(asctime)s %(name)s: %(message)s")
    LOG.setLevel(logging.INFO)
    watch = threading.Timer(MOST_SECONDS, os._exit, (1,))
    watch.daemon = True
    watch.start()
    files = RunFiles(folder)
    for name, value in {**PATIENCE, **read_small(files.tracking)}.items():
        os.environ.setdefault(name, str(value))
    names = wanted()
    try:
        run = tracked.of(folder)
    except (PeopleError, OSError) as error:
        LOG.error("The run was not logged to %s: %s", " and ".join(names), first_line(error))
        return
    for name in names:
        _logged(name, run)
    if run.state == "done":  # another may be taken up again
        files.tracking.unlink(missing_ok=True)


def _logged(name: str, run: Tracked) -> None:
    """Log to one place; one line says that it was done, or why not."""
    try:
        where = LOGGERS[name](run)
    except ImportError as error:
        LOG.error("The run was not logged to %s, since a package is missing (%s): %s", name, first_line(error), EXTRA)
    except Exception as error:
        LOG.error("The run was not logged to %s: %s: %s", name, type(error).__name__, first_line(error))
    else:
        LOG.info("Logged to %s: %s.", name, where)


def to_mlflow(run: Tracked) -> str:
    """Log a run to the MLflow server or folder that MLFLOW_TRACKING_URI names; where it stands there."""
    if os.environ["MLFLOW_TRACKING_URI"].partition(":")[0] in ("file", "") or _is_folder():
        os.environ.setdefault(
            "MLFLOW_ALLOW_FILE_STORE", "true"
        )  # MLflow refuses folders unless told that they are meant
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    client = MlflowClient()
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    known = client.get_experiment_by_name(name)
    experiment = known.experiment_id if known is not None else client.create_experiment(name)
    made = client.create_run(experiment, run_name=run.name, start_time=run.milliseconds(0.0)).info.run_id
    metrics = [Metric(_plain(m.name), m.value, run.milliseconds(m.seconds), m.step) for m in run.metrics]
    params = [Param(_plain(key), value[:500]) for key, value in run.params.items()]
    tags = [RunTag(key, value) for key, value in run.tags.items()]
    for kind, entries in (("params", params), ("tags", tags), ("metrics", metrics)):
        for start in range(0, len(entries), BATCH[kind]):
            part: dict[str, Any] = {kind: entries[start : start + BATCH[kind]]}
            client.log_batch(made, **part)
    status = {"done": "FINISHED", "stopped": "KILLED"}.get(run.state, "FAILED")
    client.set_terminated(made, status, end_time=run.milliseconds(run.seconds))
    return f"experiment {name}, run {made}"


def _is_folder() -> bool:
    return "://" not in os.environ["MLFLOW_TRACKING_URI"]


def to_trackio(run: Tracked) -> str:
    """Log a run to the space, server or folder that Trackio's variables name; where it stands there."""
    import trackio

    trackio.init(
        project=PROJECT, name=run.name, group=run.tags["advisor.dataset"], config=run.params | run.tags, resume="allow",
        embed=False, auto_log_gpu=False, auto_log_cpu=False,
    )  # fmt: skip
    try:
        steps: dict[int, dict[str, float]] = {}
        for metric in run.metrics:
            steps.setdefault(metric.step, {})[metric.name] = metric.value
        for step, values in sorted(steps.items()):
            trackio.log(values, step=step)
    finally:
        trackio.finish()
    return f"project {PROJECT}, run {run.name}"


def _plain(name: str) -> str:
    """A name as MLflow takes it.

    >>> _plain("recall/été: <b>")
    'recall/été_ _b_'
    """
    return re.sub(r"[^\w\-. /]", "_", name)[:240].strip("/. ") or "_"


LOGGERS: dict[str, Callable[[Tracked], str]] = {"MLflow": to_mlflow, "Trackio": to_trackio}

if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

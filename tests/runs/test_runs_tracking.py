"""Ended runs are logged to MLflow and Trackio from their folders; whatever goes wrong is a line in the run's log."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.core import storage
from advisor.core.records import Dataset, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import store, tracking
from advisor.runs.follow import follow, log_tail
from tests.runs.test_runs_compare import finished

pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test logs where the machine's own environment says."""
    for name in tracking.REMEMBERED:
        monkeypatch.delenv(name, raising=False)


def a_finished_run(dataset: Dataset) -> RunFiles:
    """A run with two folds, whose steps have the same numbers."""
    run = finished(dataset, "20261130-0001-frozen-aaaa", 2, settings={"head": "ridge"})
    files = store.status(run).files
    for fit in ("fold 1", "fold 2"):
        for step in (1, 2):
            line = {"stage": "Training", "fit": fit, "step": step, "seconds": step + 0.5, "train_loss": 1 / step}
            storage.append_line(files.metrics, line)
    storage.append_line(files.metrics, {"stage": "Fitting the head", "seconds": 9.0, "frozen_value": 0.9})
    storage.append_line(files.events, {"time": 1_790_000_000.0, "event": "attempt"})
    files.state.write_text('{"state": "done", "seconds": 12.0}')
    return files


def log(files: RunFiles, **environment: str) -> str:
    """Log the run in a process of its own, as a worker does; what it wrote into its log."""
    call = [sys.executable, "-m", "advisor.runs.tracking", str(files.folder)]
    done = subprocess.run(call, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_run_is_logged_to_mlflow(digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, place = a_finished_run(digits), (tmp_path / "mlruns").as_uri()
    assert "Logged to MLflow: experiment Transfer Advisor" in log(files, MLFLOW_TRACKING_URI=place)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow.tracking import MlflowClient

    client = MlflowClient(place)
    experiment = client.get_experiment_by_name("Transfer Advisor")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED" and run.info.run_name == files.folder.name
    assert run.info.end_time - run.info.start_time == 12_000
    assert run.data.params["head"] == "ridge" and run.data.params["backbone"] == "efficientnet-lite0"
    assert run.data.tags["advisor.dataset"] == digits.name
    assert run.data.metrics["test/accuracy"] == RunReport.load(files.report).test.value
    history = client.get_metric_history(run.info.run_id, "fold 1/train_loss")
    assert [(point.step, point.value) for point in history] == [(1, 1.0), (2, 0.5)]
    assert run.data.metrics["frozen_value"] == 0.9


def test_a_run_is_logged_to_trackio(digits: Dataset, tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="Trackio is not installed")
    files, place = a_finished_run(digits), tmp_path / "trackio"
    assert "Logged to Trackio: project transfer-advisor" in log(files, TRACKIO_DIR=str(place))
    code = (
        "from trackio.sqlite_storage import SQLiteStorage as S; import json; "
        f"print(json.dumps(S.get_logs('transfer-advisor', {files.folder.name!r}), default=str))"
    )
    call = [sys.executable, "-c", code]
    shown = subprocess.run(call, env={**os.environ, "TRACKIO_DIR": str(place)}, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "fold 1/train_loss" in shown.stdout and "test/accuracy" in shown.stdout


def test_what_goes_wrong_is_one_line_in_the_log(digits: Dataset, tmp_path: Path) -> None:
    files = a_finished_run(digits)
    told = log(files, MLFLOW_TRACKING_URI="http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    lines = [line for line in told.splitlines() if "advisor.tracking" in line]
    assert len(lines) == 1 and "was not logged to MLflow" in lines[0]
    files.report.write_text("{ half")
    assert "was not logged" in log(files, MLFLOW_TRACKING_URI=(tmp_path / "mlruns").as_uri())
    assert not (tmp_path / "mlruns").exists()


def test_a_queued_run_remembers_where_it_is_to_be_logged(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = store.status(finished(digits, "plain", 0)).files
    assert not plain.tracking.exists()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "a-secret")
    noted = store.status(finished(digits, "noted", 0)).files.tracking
    assert storage.read_object(noted) == {"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://somebody:a-secret@example.org")
    assert not store.status(finished(digits, "secret", 0)).files.tracking.exists()


@pytest.mark.slow
def test_a_run_that_trained_is_logged_after_it_has_ended(
    plan_of: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    run = store.submit(plan_of("frozen"))
    *_, last = follow(run)
    assert last.state == "done", log_tail(run)
    until = time.monotonic() + 60
    while last.files.tracking.exists() and time.monotonic() < until:
        time.sleep(0.2)
    assert "Logged to MLflow" in log_tail(run), log_tail(run)

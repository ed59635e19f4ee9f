"""A small real image set, and plans of real runs over it."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from advisor import api
from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Plan
from advisor.runs import store
from probes.backbones import catalog
from probes.backbones.weights import available, weights_hash

Until = Callable[..., bool]


@pytest.fixture(scope="session")
def digit_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 images of each of the digits 0, 1 and 2 in class folders."""
    root = tmp_path_factory.mktemp("digits")
    images, labels = load_digits(return_X_y=True)
    for label in range(3):
        folder = root / f"digit {label}"
        folder.mkdir()
        for i, pixels in enumerate(images[labels == label][:40]):
            Image.fromarray((pixels.reshape(8, 8) * 15.9).astype("uint8")).resize((32, 32)).save(folder / f"{i}.png")
    return root


@pytest.fixture
def digits(digit_folders: Path, workspace: Path) -> Dataset:
    """The digits, read into this test's workspace."""
    return api.read(digit_folders)


@pytest.fixture
def plan_of(digits: Dataset) -> Callable[..., Plan]:
    """Makes plans over the digits with the packaged weights."""
    entry = catalog.find("efficientnet-lite0")
    if not available(entry)[0]:
        pytest.skip(available(entry)[1])

    def make(rung: RungName = "frozen", seconds: float = 30.0, **changes: Any) -> Plan:
        plan = Plan(
            run=store.new_run_id(rung), rung=rung, dataset_folder=digits.folder, dataset_name=digits.name,
            fingerprint=digits.fingerprint, kind="image", metric=digits.metric, backbone=entry.name,
            backbone_hash=weights_hash(entry), input_size=64, device="cpu", budget_seconds=seconds,
        )  # fmt: skip
        return plan.model_copy(update=changes)

    return make


@pytest.fixture
def until() -> Until:
    """Polls a condition until it holds or the time is up."""

    def poll(done: Callable[[], object], seconds: float = 60.0) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if done():
                return True
            time.sleep(0.05)
        return False

    return poll


@pytest.fixture(autouse=True)
def nothing_left_running(workspace: Path) -> Iterator[None]:
    """End the supervisor and workers of this test's workspace, and of no other."""
    yield
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("ADVISOR_HOME") == str(workspace) and "advisor.runs" in " ".join(
                process.cmdline()
            ):
                process.send_signal(signal.SIGKILL)

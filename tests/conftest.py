"""Shared fixtures: every test has a workspace of its own and no way to a model hub."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"
# The workers share the cores: each with threads for all of them would slow the other down.
os.environ.setdefault(
    "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))))
)

# A test says what is right and not how fast: on a busy machine any example may wait for a second.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


@pytest.fixture(autouse=True)
def workspace(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ADVISOR_HOME for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ADVISOR_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_engine_open() -> Iterator[None]:
    """A test finds no graph of a backbone open that another one opened: small numbers of items stay in torch."""
    yield
    if (opened := sys.modules.get("probes.engines.opened")) is not None:
        opened.close()


#: How long a slow test may take: a language model on two processors that others use, too.
SLOW_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker is left alone with one at the end."""
    first = ("test_browser", "test_cli", "test_runs_supervisor", "test_rungs_line", "test_api")
    order = {name: place for place, name in enumerate(first)}
    items.sort(key=lambda item: order.get(item.path.stem, len(first)))
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))

"""Shared fixtures: every test has a workspace of its own and no way to a model hub."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(autouse=True)
def workspace(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ADVISOR_HOME for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ADVISOR_HOME", str(folder))
    return folder

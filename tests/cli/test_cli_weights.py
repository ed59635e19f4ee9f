"""`advisor weights NAME` never names itself as the next step."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor.cli.main import app
from probes.backbones.weights import WEIGHTS_FOLDER


def test_weights_about_to_be_fetched_are_described_without_the_command_just_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv(WEIGHTS_FOLDER, str(tmp_path))
    done = CliRunner().invoke(app, ["weights", "resnet50"])
    said = capfd.readouterr().err + done.stderr
    assert done.exit_code == 1 and "not yet" in said and "--yes" in said
    assert "advisor weights" not in said

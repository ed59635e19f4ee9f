"""`advisor weights`: the list, and one backbone by name, which never names itself as the next step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor.cli.main import app
from probes.backbones.weights import WEIGHTS_FOLDER


@pytest.mark.parametrize("words", [["resnet50"], ["fetch", "resnet50"]])
def test_weights_about_to_be_fetched_are_described_without_the_command_just_given(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv(WEIGHTS_FOLDER, str(tmp_path))
    done = CliRunner().invoke(app, ["weights", *words])
    said = capfd.readouterr().err + done.stderr
    assert done.exit_code == 1 and "not yet" in said and "--yes" in said
    assert "advisor weights" not in said


@pytest.mark.parametrize("words", [["fetch"], ["fetch", "resnet50", "resnet18"], ["resnet50", "resnet18"]])
def test_one_backbone_is_fetched_at_a_time(words: list[str]) -> None:
    done = CliRunner().invoke(app, ["weights", *words])
    assert done.exit_code == 2


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_list_is_in_groups_and_its_document_says_all(
    columns: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = CliRunner().invoke(app, ["weights"])
    said = done.stdout + capfd.readouterr().out
    places = [said.index(heading) for heading in ("for images", "for texts", "language models")]
    assert (
        places == sorted(places)
        and "Gemma terms *" in said
        and "DINOv3 terms *" in said
        and ("SHA-256" in said) == (columns == "120")
    )
    done = CliRunner().invoke(app, ["weights", "--json"])
    rows = {row["name"]: row for row in json.loads(done.stdout + capfd.readouterr().out)}
    assert rows["multilingual-e5-small"]["prefixes"]["passage"] == "passage: "
    assert rows["bge-base-en-v1.5"]["pooling"] == "cls" and rows["efficientnet-lite0"]["pooling"] is None
    assert rows["dinov2-small"]["source"] == "hub: timm/vit_small_patch14_dinov2.lvd142m"
    assert rows["all-mpnet-base-v2"]["source"].startswith("5 packages")

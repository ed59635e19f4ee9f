"""A model is found by its folder or an export's; what is none says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.core.errors import RunError
from advisor.runs.model_folder import model_folder

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def test_a_folder_with_a_model_is_found_and_one_with_an_onnx_model_alone_too(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        model_folder(tmp_path)
    (tmp_path / "export.json").write_text("{}")
    with pytest.raises(RunError, match=r"python serve\.py"):
        model_folder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"x")
    assert model_folder(tmp_path) == tmp_path
    shutil.copytree(GOLDEN, tmp_path, dirs_exist_ok=True)
    assert model_folder(tmp_path) == tmp_path == model_folder(str(tmp_path))

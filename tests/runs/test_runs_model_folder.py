"""A model is found by its folder or an export's; what is none says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.core.errors import RunError
from advisor.runs.model_folder import model_folder

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def test_a_folder_with_a_model_is_found_and_an_onnx_model_alone_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(RunError, match=r"ONNX model alone.*--format folder"):
        model_folder(tmp_path)
    shutil.copytree(GOLDEN, tmp_path, dirs_exist_ok=True)
    assert model_folder(tmp_path) == tmp_path == model_folder(str(tmp_path))

"""A byte flipped in what an earlier attempt kept is noticed, named, and its work done again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from advisor.core import storage
from advisor.core.records import Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import store, worker
from advisor.runs.reporter import Reporter
from advisor.runs.resuming import drop_damaged, sentences
from advisor.training import checkpoints
from advisor.training.checkpoints import Part


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def an_attempt(folder: Path) -> RunFiles:
    """What an attempt leaves: settings, a checkpoint, and a finished stage below it."""
    files = RunFiles(folder)
    storage.write_json(files.resolved, {"rung": "fine-tune", "learning_rate": 1e-3})
    tensors = {"weight": torch.ones(64, 64)}
    checkpoints.write(files.checkpoint, {"now": Part(3, tensors), "best": Part(1, tensors)}, {"step": 3})
    checkpoints.write(files.checkpoint / "stages" / "frozen", {"tensors": Part(0, tensors)}, {"values": {"n": 1}})
    return files


def test_what_is_whole_stays(tmp_path: Path) -> None:
    files = an_attempt(tmp_path)
    before = sorted(path for path in tmp_path.rglob("*"))
    assert drop_damaged(tmp_path) == [] and sentences([]) == ()
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert drop_damaged(files.folder / "a run that has not begun") == []


@pytest.mark.parametrize("name", ["state.json", "now-3.safetensors", "best-1.safetensors"])
def test_a_damaged_checkpoint_goes_alone(tmp_path: Path, name: str) -> None:
    files = an_attempt(tmp_path)
    flipped(files.checkpoint / name)
    assert drop_damaged(tmp_path) == ["checkpoint/state.json"]
    assert checkpoints.read(files.checkpoint) is None and not list(files.checkpoint.glob("*.safetensors"))
    assert checkpoints.read(files.checkpoint / "stages" / "frozen") is not None
    assert "checkpoint/state.json was damaged" in sentences(["checkpoint/state.json"])[0]


def test_a_damaged_stage_goes_alone(tmp_path: Path) -> None:
    files = an_attempt(tmp_path)
    flipped(files.checkpoint / "stages" / "frozen" / "tensors-0.safetensors")
    assert drop_damaged(tmp_path) == ["checkpoint/stages/frozen/state.json"]
    assert checkpoints.read(files.checkpoint) is not None


@pytest.mark.parametrize("content", ["[]", "{", '{"parts": []}', '{"parts": {"now": 3}}', '{"parts": {"now": {}}}'])
def test_a_checkpoint_of_another_form_is_damaged_too(tmp_path: Path, content: str) -> None:
    files = an_attempt(tmp_path)
    (files.checkpoint / "state.json").write_text(content)
    assert drop_damaged(tmp_path) == ["checkpoint/state.json"]


def test_settings_that_cannot_be_read_take_the_training_with_them(tmp_path: Path) -> None:
    files = an_attempt(tmp_path)
    files.resolved.write_text('{"rung":')
    assert drop_damaged(tmp_path) == ["resolved.json"]
    assert not list(files.checkpoint.rglob("*.safetensors"))


def test_a_run_with_a_damaged_outcome_is_carried_out_again_and_says_so(plan_of: Callable[..., Plan]) -> None:
    run = store.submit(plan_of("frozen"))
    folder = store.directory(run)
    storage.write_json(RunFiles(folder).state, {"state": "running", "seconds": 29.0, "kept_seconds": 29.0})
    RunFiles(folder).outcome.write_text('{"rung": "froz')
    reporter = Reporter(folder)
    assert worker.work(folder, reporter, RunFiles(folder).stop.exists) == ("done", "")
    report = RunReport.load(RunFiles(folder).report)
    assert any("outcome.json was damaged" in sentence for sentence in report.sentences)
    assert reporter.redone_seconds >= 29.0 and report.seconds < 29.0

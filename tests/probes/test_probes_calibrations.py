"""Remembered calibrations: used again while they hold, measured anew when something changed or they were disturbed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from probes import calibrations
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone
from probes.device import Calibration
from probes.pace import Pace


class Measurements:
    """Stands in for the stopwatch only: what it would read now, and how often it was asked to measure in full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
        self.rate, self.processor_seconds, self.n_full = rate, 0.02, 0
        monkeypatch.setattr(calibrations, "_measured", self.full)
        monkeypatch.setattr(calibrations, "present_pace", lambda *_: self.now())

    def now(self) -> Pace | None:
        return Pace(self.rate, self.processor_seconds, threads=2) if self.rate else None

    def full(self, backbone: object, cache: Path, texts: object = None) -> Calibration:
        self.n_full += 1
        each, reason = self.processor_seconds / 2, "cpu, float32: measured."
        return Calibration(device="cpu", batch_size=16, items_per_second=self.rate, free_seconds=each, reason=reason)


def test_a_real_calibration_is_measured_once_and_confirmed(lite0: ImageBackbone, tmp_path: Path) -> None:
    first = calibrations.calibration_of(lite0, tmp_path)
    again = calibrations.calibration_of(lite0, tmp_path)
    assert first.items_per_second > 0
    choice = {"device", "dtype", "channels_last", "batch_size", "engine", "engine_dtype"}
    on_file = json.loads(next((tmp_path / calibrations.FOLDER).glob("*.json")).read_text())["content"]["calibration"]
    assert {name: on_file[name] for name in choice} == again.model_dump(include=choice)


def test_a_rate_near_the_kept_one_confirms_it(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 100.0)
    kept = calibrations.calibration_of(lite0, tmp_path)
    for rate in (100.0, 70.0, 140.0):
        stopwatch.rate = rate
        assert calibrations.calibration_of(lite0, tmp_path) == kept
    assert stopwatch.n_full == 1


def test_a_busy_machine_keeps_the_choice_and_says_the_present_rate(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 100.0)
    kept = calibrations.calibration_of(lite0, tmp_path)
    stopwatch.rate = 20.0
    busy = calibrations.calibration_of(lite0, tmp_path)
    assert (busy.dtype, busy.batch_size, busy.items_per_second) == (kept.dtype, kept.batch_size, 20.0)
    assert "busy" in busy.reason and stopwatch.n_full == 1
    stopwatch.rate = 100.0
    assert calibrations.calibration_of(lite0, tmp_path) == kept


def test_what_an_item_takes_is_that_of_the_free_machine_whatever_else_runs_now(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 100.0)
    quiet = calibrations.calibration_of(lite0, tmp_path)
    stopwatch.rate, stopwatch.processor_seconds = 9.0, 0.021
    busy = calibrations.calibration_of(lite0, tmp_path)
    assert busy.items_per_second == 9.0 and busy.seconds_per_item == quiet.seconds_per_item == 0.01


def test_a_calibration_kept_by_the_clock_alone_gets_the_time_of_a_free_machine_once(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 20.0)
    former = Calibration(device="cpu", items_per_second=20.0)
    monkeypatch.setattr(calibrations, "_measured", lambda *_: former)
    assert calibrations.calibration_of(lite0, tmp_path).seconds_per_item == 0.05
    assert calibrations.calibration_of(lite0, tmp_path).seconds_per_item == 0.01
    stopwatch.processor_seconds = 0.03
    assert calibrations.calibration_of(lite0, tmp_path).seconds_per_item == 0.01


def test_a_rate_far_above_the_kept_one_is_measured_anew(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 20.0)
    calibrations.calibration_of(lite0, tmp_path)
    stopwatch.rate = 100.0
    assert calibrations.calibration_of(lite0, tmp_path).items_per_second == 100.0
    assert calibrations.calibration_of(lite0, tmp_path).items_per_second == 100.0
    assert stopwatch.n_full == 2


def test_another_input_or_torch_is_another_calibration_and_a_damaged_file_is_none(
    lite0: ImageBackbone, minilm: TextBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    stopwatch = Measurements(monkeypatch, 50.0)
    calibrations.calibration_of(lite0, tmp_path)
    calibrations.calibration_of(dataclasses.replace(lite0, input_size=96), tmp_path)
    calibrations.calibration_of(minilm, tmp_path, ["a short one"])
    calibrations.calibration_of(minilm, tmp_path, ["a much longer one " * 50])
    assert stopwatch.n_full == 4
    monkeypatch.setattr(torch, "__version__", "99.0")
    calibrations.calibration_of(lite0, tmp_path)
    assert stopwatch.n_full == 5
    for path in (tmp_path / calibrations.FOLDER).glob("*.json"):
        path.write_text(path.read_text()[:-40])
    calibrations.calibration_of(lite0, tmp_path)
    assert stopwatch.n_full == 6
    assert calibrations.forget(tmp_path) == 5


def test_a_folder_that_cannot_be_written_costs_the_memory_only(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 50.0)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    calibrations.calibration_of(lite0, blocked)
    assert calibrations.calibration_of(lite0, blocked).items_per_second == 50.0
    assert stopwatch.n_full == 2


def test_an_engine_that_comes_or_goes_is_another_calibration(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from probes.engines import opened

    stopwatch = Measurements(monkeypatch, 50.0)
    for versions in ({}, {"openvino": "1"}, {"openvino": "2"}, {"openvino": "1"}):
        monkeypatch.setattr(opened, "installed", lambda versions=versions: versions)
        calibrations.calibration_of(lite0, tmp_path)
    assert stopwatch.n_full == 3


def test_a_kept_engine_that_does_not_run_any_more_is_measured_anew(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Measurements(monkeypatch, 50.0)
    calibrations.calibration_of(lite0, tmp_path)
    stopwatch.rate = 0.0  # it does not run
    monkeypatch.setattr(stopwatch, "full", lambda *_: Calibration(device="cpu", items_per_second=9.0))
    monkeypatch.setattr(calibrations, "_measured", stopwatch.full)
    assert calibrations.calibration_of(lite0, tmp_path).items_per_second == 9.0


def test_a_calibration_of_a_former_version_still_loads() -> None:
    former = {"device": "cpu", "dtype": "bfloat16", "channels_last": True, "batch_size": 16, "items_per_second": 9.0}
    assert Calibration.model_validate({**former, "reason": "On the CPU."}).engine == "torch"

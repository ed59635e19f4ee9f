"""The check of a GPU on a processor: sections that hang or fail end alone, and what is packed does as the original."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from advisor import api
from benchmarks.faults.short_runs import dataset_of
from benchmarks.figures import Figure
from benchmarks.gpu_check import networks
from benchmarks.gpu_check.check import MOST_SECONDS, SECTIONS, Check, Section
from benchmarks.gpu_check.device import PEAKS
from benchmarks.gpu_check.devices import of_line
from benchmarks.gpu_check.extraction import agreement
from benchmarks.gpu_check.line import taken_home
from benchmarks.gpu_check.pack import CARRIED, ROOT, names_in, needed
from benchmarks.gpu_check.photos import written
from benchmarks.gpu_check.running import rows_of
from benchmarks.gpu_check.small_copy import SAMPLE, write_small_copy
from probes.backbones import catalog
from probes.backbones.text import TextBackbone
from probes.backbones.weights import weights_path


def test_the_whole_check_stays_within_its_time() -> None:
    assert sum(section.seconds for section in SECTIONS) <= MOST_SECONDS


def test_longer_names_of_devices_come_before_those_that_they_hold() -> None:
    names = list(PEAKS)
    assert not [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if a in b]


def test_a_step_costs_three_forward_passes_of_what_the_paper_gives_for_vit_b() -> None:
    """17.6 GMAC at 224 px (Touvron et al., ICML 2021, table 5), counted without computing anything."""
    module = networks.random_backbone("vit_base_patch16_224", "meta", 224).module
    assert networks.parameters(module) == pytest.approx(86e6, rel=0.01)
    pixels = torch.empty(2, 3, 224, 224, device="meta")
    assert networks.step_flops(module, pixels) == pytest.approx(3 * 2 * 17.6e9, rel=0.02)


def test_a_section_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}  # of other tests in this process
    rows = rows_of(Section("images", "", 0.02), Check("cpu", True, tmp_path))
    assert [(row["figure"], row["holds"]) for row in rows] == [("ended", "failed")]
    assert rows[0]["how"].startswith("not done within")
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def test_a_section_that_fails_says_why(tmp_path: Path) -> None:
    (row,) = rows_of(Section("no_such_section", "", 100.0), Check("cpu", True, tmp_path))
    assert row["holds"] == "failed" and row["how"].startswith("ModuleNotFoundError")


def test_the_small_copy_of_the_encoder_reads_the_sample_as_the_original_does(tmp_path: Path) -> None:
    write_small_copy(tmp_path / "copy", tmp_path / "home")
    size = (tmp_path / "copy" / "model.safetensors").stat().st_size
    assert size < weights_path(catalog.default("text")).stat().st_size / 3
    texts = api.read(SAMPLE).items["text"].tolist()[::20]
    original, copy = (
        TextBackbone.load(entry) for entry in (catalog.default("text"), catalog.find(str(tmp_path / "copy"), "text"))
    )
    one, other = original.embed(texts), copy.embed(texts)
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosine.min() > 0.9999
    lengths = [backbone.tokenize(texts)["attention_mask"].sum(1).tolist() for backbone in (original, copy)]
    assert lengths[0] == lengths[1]


def test_packed_is_what_a_machine_lacks() -> None:
    there = names_in("torch==2.11.0\nscikit_learn==1.9.0\nPyArrow==23.0\npandas==3.0")
    names = needed(there)
    assert "pydantic" in names and "pydantic-core" in names
    assert not names & (there | {"torch", "streamlit", "scipy"}), "what others there bring is there too"
    weights = (ROOT / "weights.txt").read_text()
    assert all(f"\n{name}==" in weights for name in CARRIED)


CPU = {"value": 0.90, "half": 0.03, "n": 300, "seconds": 30.0, "peak": 1e9, "forecast": 1e9, "precision": "float32"}


def test_values_of_two_devices_are_held_against_the_noise() -> None:
    """What the line says on both devices, as it is said on a machine with a GPU."""
    for value, apart, holds in ((0.88, 0.01, True), (0.86, 0.2, False)):
        cuda = {**CPU, "value": value, "seconds": 3.0, "taken_home": apart, "precision": "bfloat16"}
        figures = [figure for figure in of_line("frozen", CPU, cuda) if isinstance(figure, Figure)]
        verdicts = {figure.name.removeprefix("frozen: "): figure.holds for figure in figures}
        assert verdicts["points between the devices"] is holds
        assert verdicts["probabilities of the GPU's model on the processor"] is holds
        assert verdicts["peak memory over its forecast"] is True
    assert next(f.value for f in figures if "times as fast" in f.name) == 10.0


@pytest.mark.slow
def test_features_and_probabilities_of_two_devices_are_compared(tmp_path: Path) -> None:
    """The processor against itself, since there may be no other device: nothing differs."""
    check = Check("cpu", True, tmp_path)
    assert agreement(check, written(tmp_path / "photos", 4)).value == pytest.approx(1.0)
    dataset = dataset_of(tmp_path, "few images")
    report = api.train(dataset, rung="frozen", budget=20, advice=api.advise(dataset, budget=5, backbones="none"))
    assert taken_home(dataset, report.run, "cpu") == 0.0


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_small_check_runs_on_a_processor(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.gpu_check", "--device", "cpu", "--size", "small"]
    done = subprocess.run([*command, "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    with (tmp_path / "figures.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["instrument"] for row in rows} == {section.name for section in SECTIONS}
    assert not [row for row in rows if row["holds"] in ("failed", "no")], done.stdout
    assert done.returncode == 0, done.stderr
    without = {row["figure"] for row in rows if row["holds"] == "not run: no GPU"}
    assert {"copies to the device", "copy alone", "fine-tune on the GPU", "LoRA on the GPU"} <= without
    assert json.loads((tmp_path / "figures.json").read_text())["rows"] == rows
    assert all(section.title in done.stdout for section in SECTIONS)

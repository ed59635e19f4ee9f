"""The race of backbones: rounds that double, a worse half that drops out, and a clock that is kept."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor import api
from advisor.core.records import BackboneTrial, Dataset
from advisor.data import images
from advisor.evidence.backbone_race import FIRST_ITEMS, race
from advisor.evidence.backbones import settled
from probes.backbones import catalog
from probes.backbones.entry import Entry
from tests.probes import tiny_models


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Three hundred of the digits, fed small."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 32)
    for label, paths in api.read("sample:digits").items.groupby("label")["path"]:
        (tmp_path / "digits" / str(label)).mkdir(parents=True)
        for path in list(paths)[:30]:
            shutil.copy(path, tmp_path / "digits" / str(label))
    return api.read(tmp_path / "digits")


def tiny(folder: Path, number: int) -> Entry:
    """A small network with random weights, another one for each number."""
    return catalog.find(str(tiny_models.timm_folder(folder / f"net{number}", *tiny_models.TIMM[number])), "image")


def always(trials: Sequence[BackboneTrial]) -> bool:
    return True


def test_the_worse_half_drops_out_and_every_lead_is_on_the_same_items(digits: Dataset, tmp_path: Path) -> None:
    default, *others = (tiny(tmp_path, number) for number in range(4))
    trials = race(digits, default, others, 600.0, always)
    assert trials[0].backbone == default.reference and trials[0].lead is None
    assert {trial.backbone for trial in trials[1:]} == {entry.reference for entry in others}
    n_all = len(digits.where("train", "val"))
    for trial in trials[1:]:
        assert trial.value is not None and trial.lead is not None and trial.seconds_per_item
        assert trial.value.n == trial.lead.n and trial.lead.low < trial.lead.value < trial.lead.high
    stayed = [trial for trial in trials[1:] if trial.stayed]
    assert len(stayed) == 1 and stayed[0].value is not None and stayed[0].value.n == n_all  # three, two, one
    sizes = sorted(trial.value.n for trial in trials[1:] if trial.value is not None)
    assert FIRST_ITEMS - 10 <= sizes[0] <= FIRST_ITEMS + 10 < sizes[1] <= sizes[2] == n_all
    assert trials[0].value is not None and trials[0].value.n == n_all


def test_once_the_choice_is_clear_no_further_round_is_run(digits: Dataset, tmp_path: Path) -> None:
    default, other = tiny(tmp_path, 0), tiny(tmp_path, 1)
    trials = race(digits, default, [other], 600.0, lambda seen: False)
    sizes = [trial.value.n for trial in trials if trial.value is not None]
    assert len(sizes) == 2 and sizes[0] == sizes[1] <= FIRST_ITEMS + 10


def test_without_time_nothing_is_compared_and_the_default_stays(digits: Dataset, tmp_path: Path) -> None:
    default, other = tiny(tmp_path, 0), tiny(tmp_path, 1)
    trials = race(digits, default, [other], 0.0, always)
    assert trials[0].value is not None and trials[1].value is None and "would have taken" in trials[1].sentence
    found = settled(trials, 1.0)
    assert found.best == default.reference and "no other backbone could be compared" in found.sentence


def test_a_backbone_that_does_not_load_says_so(digits: Dataset, tmp_path: Path) -> None:
    default, other = tiny(tmp_path, 0), tiny(tmp_path, 1)
    (Path(other.name) / "model.safetensors").write_bytes(b"damaged")
    broken = race(digits, default, [other], 600.0, always)[1]
    assert broken.value is None and not broken.stayed and "cannot be read as weights" in broken.sentence


def test_where_nothing_can_be_held_out_nothing_is_compared(tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / "two" / label).mkdir(parents=True)
        for number in range(6):
            picture = np.full((24, 24, 3), 40 * number + (label == "b"), np.uint8)
            Image.fromarray(picture).save(tmp_path / "two" / label / f"{number}.png")
    (tmp_path / "two" / "groups.csv").write_text(
        "path,group\n" + "".join(f"{label}/{number}.png,one\n" for label in "ab" for number in range(6))
    )
    dataset = api.read(tmp_path / "two")
    default, other = tiny(tmp_path, 0), tiny(tmp_path, 1)
    trials = race(dataset, default, [other], 60.0, always)
    found = settled(trials, 1.0)
    assert found.best == default.reference

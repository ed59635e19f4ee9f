from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from probes import device
from probes.backbones.text import TextBackbone
from probes.errors import ProbeError


class WrongInBfloat16(nn.Module):
    """A network whose reduced precision is quick, and wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.layer(x).mean((2, 3))
        if torch.is_autocast_enabled("cpu"):
            return -features
        for _ in range(50):
            self.layer(x)
        return features


class NoBfloat16(WrongInBfloat16):
    """A network with an operator that reduced precision lacks."""

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError("not implemented for 'BFloat16'")
        return self.layer(x).mean((2, 3))


class OnlyBfloat16(WrongInBfloat16):
    """A network with an operator that only reduced precision has."""

    def forward(self, x: Tensor) -> Tensor:
        if not torch.is_autocast_enabled("cpu"):
            raise RuntimeError("not implemented for 'Float'")
        return self.layer(x).mean((2, 3))


class OnlyChannelsLast(WrongInBfloat16):
    """A network that takes images in one memory format only, and no reduced precision."""

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_autocast_enabled("cpu") or not x.is_contiguous(memory_format=torch.channels_last):
            raise RuntimeError("not implemented")
        return self.layer(x).mean((2, 3))


def images(n: int) -> Tensor:
    return torch.rand(n, 3, 16, 16)


def test_pick_knows_what_is_here() -> None:
    assert device.pick() in ("cuda", "mps", "cpu")
    assert device.pick("cpu") == "cpu"
    with pytest.raises(ProbeError, match="no device called 'gpu'"):
        device.pick("gpu")
    for name in ("cuda", "mps"):
        if device.pick() != name and name == "mps":
            with pytest.raises(ProbeError, match="no mps device"):
                device.pick(name)


@pytest.mark.parametrize("module", [WrongInBfloat16(), NoBfloat16()], ids=["wrong", "absent"])
def test_a_precision_that_changes_the_features_or_fails_is_not_chosen(module: nn.Module) -> None:
    found = device.calibrate(module, images, "cpu", seconds=0.1)
    assert found.dtype == "float32"
    assert found.items_per_second > 0
    assert "items per second" in found.reason


@pytest.mark.parametrize(
    ("module", "dtype"), [(OnlyBfloat16(), "bfloat16"), (OnlyChannelsLast(), "float32")], ids=["bfloat16", "format"]
)
def test_where_plain_float32_fails_the_first_that_works_is_chosen(module: nn.Module, dtype: str) -> None:
    found = device.calibrate(module, images, "cpu", seconds=0.1)
    assert (found.dtype, found.channels_last) == (dtype, True)
    assert found.items_per_second > 0


def test_where_nothing_works_the_cause_is_raised() -> None:
    class Broken(WrongInBfloat16):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("no kernel at all")

    with pytest.raises(RuntimeError, match="no kernel at all"):
        device.calibrate(Broken(), images, "cpu", seconds=0.1)


def test_the_choice_is_one_of_the_candidates_and_the_module_is_ready_to_use() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).train()
    found = device.calibrate(module, images, "cpu", seconds=0.1)
    assert found.dtype in ("float32", "bfloat16")
    assert found.batch_size in device.BATCHES["cpu"]
    assert not module.training
    assert module[0].weight.is_contiguous(memory_format=torch.channels_last) == found.channels_last


def test_a_text_backbone_is_timed_on_the_given_texts(minilm: TextBackbone) -> None:
    found = device.calibrate_backbone(minilm, ["two words"], seconds=0.1)
    assert not found.channels_last
    assert "texts per second" in found.reason


def test_precision_is_autocast_only_where_it_won() -> None:
    layer, rows = nn.Linear(4, 4), torch.rand(2, 4)
    with device.precision(device.Calibration(device="cpu")):
        assert layer(rows).dtype == torch.float32
    with device.precision(device.Calibration(device="cpu", dtype="bfloat16")):
        assert layer(rows).dtype == torch.bfloat16


def test_the_facts_are_all_filled() -> None:
    facts = device.device_facts()
    assert facts["Device"] == device.pick()
    assert all(facts.values())

"""The growing sample: real digits and a real backbone at 32 px; only the stopping rule and the pace are set by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from advisor.core.records import Dataset
from advisor.data import images
from advisor.data.features import input_size, load_backbone
from advisor.data.reading import read
from advisor.evidence import grow
from advisor.evidence.sample import related, sample_rows
from probes import sequential
from probes.backbones import catalog
from probes.device import Calibration
from probes.progress import silent

Grown = Callable[..., tuple[Any, list[str]]]


@pytest.fixture
def digits() -> Dataset:
    return read("sample:digits")


@pytest.fixture
def grown(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> Grown:
    """`grown` on the digits, from a first look of 50, at a given pace."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 32)
    monkeypatch.setattr(grow, "FIRST_LOOK", 50)
    monkeypatch.setattr(grow, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(grow, "WHOLE_SECONDS", 0.0)
    entry = catalog.default("image")
    backbone = load_backbone(entry, input_size(digits, entry), "cpu")

    def call(rate: float = 1e5, budget: float = 20.0) -> tuple[Any, list[str]]:
        pace = Calibration(device="cpu", channels_last=True, batch_size=32, items_per_second=rate)
        return grow.grown(digits, backbone, pace, budget, silent)

    return call


def test_it_doubles_until_the_rule_is_content(digits: Dataset, grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def third_time(
        metric: str, truth: np.ndarray, answers: dict[str, np.ndarray], before: Any, n_classes: int
    ) -> str | None:
        assert all(len(answer) == len(truth) for answer in answers.values()) and len(answers) == 3
        if looks:
            positions, earlier = before
            assert len(positions) == looks[-1] == len(next(iter(earlier.values()))), "the last look lies inside"
        looks.append(len(truth))
        return "it was the third look" if len(looks) == 3 else None

    monkeypatch.setattr(sequential, "reason_to_stop", third_time)
    sample, notes = grown(budget=600.0)  # so much that a machine's pace does not end it
    assert len(looks) == 3 and sample.size == 200
    np.testing.assert_array_equal(sample.rows, sample_rows(digits, sample.size))
    np.testing.assert_array_equal(sample.groups, related(digits)[sample.rows])
    assert len(notes) == 1 and "because it was the third look" in notes[0]


def test_the_budget_ends_it_and_is_named(grown: Grown) -> None:
    sample, notes = grown(rate=1.0)
    assert sample.size == 200, "never fewer"
    assert "the budget pays for no more" in notes[0]


@pytest.mark.slow
def test_a_small_set_is_looked_at_whole(digits: Dataset, grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequential, "reason_to_stop", lambda *_: None)
    sample, notes = grown(budget=600.0)
    assert len(sample.rows) == len(digits.where("train", "val")) and notes == []


def test_sizes_double_and_end_where_the_end_is_near() -> None:
    sizes = [grow._no_less(400, 3000)]
    while sizes[-1] < 3000:
        sizes.append(grow._no_less(2 * sizes[-1], 3000))
    assert sizes == [400, 800, 1600, 3000]
    assert grow._no_less(400, 500) == 500


def test_where_items_come_fast_there_is_one_look(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grow, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sequential, "reason_to_stop", lambda *_: pytest.fail("there is nothing to wait for"))
    assert grown(rate=30_000.0, budget=0.03)[0].size == 315, "35 % of the budget"

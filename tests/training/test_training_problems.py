"""A problem travels to another process whole: network, items and objective, without what cannot travel."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from advisor.core.records import Dataset
from advisor.data.features import load_backbone
from advisor.data.reading import read
from advisor.training import parcels
from advisor.training.loop import fit
from advisor.training.network import at_layers, build
from advisor.training.problem import Problem
from advisor.training.problems import insert_adapters, problem_of
from probes.backbones import catalog
from tests.training.small_problems import SETTINGS, image_problem, text_problem


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    rows = [(f"{word} number {n}", label) for n in range(20) for word, label in (("cat", "cats"), ("hound", "dogs"))]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "texts.csv", index=False)
    return read(tmp_path / "texts.csv")


def there_and_back(problem: Problem) -> Problem:
    arrived: Problem = parcels.unpack(parcels.pack(problem))
    return arrived


def same_end(problem: Problem) -> None:
    """The fit of what arrived ends with the bits of the fit of what was sent."""
    other = there_and_back(problem)
    results = [fit(one, dataclasses.replace(SETTINGS, steps=3)) for one in (problem, other)]
    assert results[0].loss == results[1].loss
    expected, found = problem.network.state_dict(), other.network.state_dict()
    assert expected.keys() == found.keys() and all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize("make", [image_problem, text_problem])
def test_what_arrives_trains_to_the_same_bits(make: Callable[[], Problem]) -> None:
    same_end(make())


def test_adapters_and_several_layers_arrive(dataset: Dataset) -> None:
    backbone = at_layers(load_backbone(catalog.default("text"), 32, "cpu"), ["layer 2", "last features"])
    rows = dataset.where("train")
    problem, _ = problem_of(
        dataset, "fine-tune", build(backbone, len(dataset.classes), True), backbone, rows, dataset.where("val")
    )
    insert_adapters(problem, 0)
    same_end(problem)


def test_pixels_stay_where_they_were_decoded() -> None:
    problem = image_problem()
    problem.train.raw(np.arange(4))
    problem.train.ok[3] = False
    arrived = there_and_back(problem)
    assert len(parcels.pack(problem.train)) < len(parcels.pack(problem.network)) + 200_000
    assert arrived.train.ok.tolist() == problem.train.ok.tolist()
    assert np.array_equal(arrived.train.raw(np.arange(6)), problem.train.raw(np.arange(6)))

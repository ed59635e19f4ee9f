"""Another process comes to the same problem from what fits into JSON, weights of one's own included."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advisor.core.records import Dataset
from advisor.data.features import load_backbone
from advisor.data.reading import read
from advisor.training.follower import signature
from advisor.training.network import build
from advisor.training.problems import problem_of, rebuilt
from probes.backbones import catalog
from probes.backbones.weights import weights_path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    rows = [(f"{word} number {n}", label) for n in range(20) for word, label in (("cat", "cats"), ("hound", "dogs"))]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "texts.csv", index=False)
    return read(tmp_path / "texts.csv")


def test_weights_from_a_folder_of_ones_own_are_found_again(dataset: Dataset) -> None:
    """The architecture of the named backbone is not on this machine; only the folder has what builds the network."""
    folder = weights_path(catalog.default("text")).parent
    backbone = load_backbone(catalog.find(f"distilbert-base-uncased@{folder}", "text"), 256, "cpu")
    rows = dataset.where("train")
    network = build(backbone, len(dataset.classes), hold_batch_norm=True)
    problem, _ = problem_of(dataset, "fine-tune", network, backbone, rows, rows[:1])
    assert problem.rebuild is not None
    function, arguments = json.loads(json.dumps(problem.rebuild))
    assert function == "advisor.training.problems:rebuilt"
    other = rebuilt(dataset, "cpu", **arguments)
    assert signature(other) == signature(problem)
    np.testing.assert_array_equal(other.labels_train, problem.labels_train)

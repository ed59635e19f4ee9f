"""What a GPU changes is the time, and nothing else: the whole line on it, held against the processor."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import advisor
from advisor.core.kinds import kind_row
from advisor.core.records import Advice, Dataset, Evidence
from advisor.data.features import input_size, load_backbone, reader
from advisor.rungs.saved.loading import load
from advisor.runs import store
from advisor.training.loop import fit
from advisor.training.settings import Callbacks
from probes import device as devices
from probes.backbones import catalog
from probes.features import extract
from tests.test_api import home, pictures, questions, workspace  # noqa: F401 fixtures: a workspace for the module
from tests.training.small_problems import SETTINGS, image_problem, lite0, stopped_after

GPU = devices.pick()
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(GPU == "cpu", reason="no CUDA or MPS device here"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module", params=["text", "image"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data")
    return advisor.read(questions(folder) if request.param == "text" else pictures(folder))


@pytest.fixture(scope="module")
def advice(dataset: Dataset) -> Advice:
    return advisor.advise(dataset)


def test_features_are_those_of_the_processor(dataset: Dataset, tmp_path: Path) -> None:
    entry, rows = catalog.default(kind_row(dataset.kind).modality), dataset.where("train")
    read = reader(dataset)
    found = [
        extract(
            load_backbone(entry, input_size(dataset, entry), name),
            lambda position: read(int(rows[position])),
            list(dataset.items["digest"].to_numpy()[rows]),
            tmp_path / name,
        ).array
        for name in ("cpu", GPU)
    ]
    here, there = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in found)
    assert (here * there).sum(1).min() > 0.995  # its matrix products are of 10 bits (TF32) or fewer (bfloat16)


def test_the_advice_is_measured_there_and_names_it(dataset: Dataset, advice: Advice) -> None:
    evidence = Evidence.saved(dataset.files.evidence)
    assert evidence is not None and evidence.device == GPU
    trained = advice.estimate("fine-tune")
    assert trained.available and trained.train_seconds is not None and trained.train_seconds > 0


@pytest.mark.parametrize("rung", ["frozen", "fine-tune", "scratch"])
def test_a_rung_trained_there_is_taken_home_to_a_processor(dataset: Dataset, advice: Advice, rung: str) -> None:
    report = advisor.train(dataset, rung=rung, budget=60, advice=advice, device=GPU)
    evidence = Evidence.saved(dataset.files.evidence)
    majority = evidence.result("majority") if evidence else None
    assert report.device == GPU and report.test.n == len(dataset.where("test"))
    assert majority is not None and report.test.value > majority.measured.value
    models = [load(store.directory(report.run), name) for name in ("cpu", GPU)]
    here, there = (model.predict_rows(dataset, dataset.where("test"))[0] for model in models)
    assert np.abs(here - there).max() < 0.05


def test_a_fit_that_was_stopped_goes_on_to_the_end_of_an_undisturbed_one(tmp_path: Path) -> None:
    problem = partial(image_problem, partial(lite0, GPU))
    whole = fit(problem(), SETTINGS)
    stop = stopped_after(3, tmp_path)
    assert fit(problem(), SETTINGS, stop).stopped
    resumed = fit(problem(), SETTINGS, Callbacks(checkpoint=tmp_path, checkpoint_seconds=0.0))
    assert resumed.steps == whole.steps
    np.testing.assert_allclose(resumed.logits, whole.logits, atol=0.2)  # its sums are not of the same bits twice

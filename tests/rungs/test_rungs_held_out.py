"""What is said of held-out items comes from a model that has not seen them; promises made on them hold in the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from advisor.core.errors import RunError, StorageError
from advisor.core.records import Dataset
from advisor.data.reading import read
from advisor.rungs import held_out, registry
from advisor.rungs.context import RunContext
from advisor.rungs.saved import held_out as files
from probes.selective import least_likely, likely, thresholds
from tests.rungs.saved_models import load_predictor

Run = Callable[..., RunContext]
#: How improbable noise a test accepts.
RARE = 1e-4


@pytest.mark.parametrize("rung", ["frozen", "rag", "scratch"])
def test_a_model_that_is_saved_with_every_item_is_fitted_again_without_them(
    rung: str, docstrings: Dataset, run_of: Run
) -> None:
    context = run_of(docstrings, rung, 60.0, **({"k": 1} if rung == "rag" else {}))
    registry.execute(context)
    model = load_predictor(context.directory)
    said = held_out.measure(context.plan, docstrings, model)
    assert said.rows.tolist() == docstrings.where("train", "val").tolist()
    assert np.array_equal(said.truth, docstrings.labels[said.rows])
    np.testing.assert_allclose(said.probabilities.sum(axis=1), 1.0, atol=1e-4)
    learned, _ = model.predict_rows(docstrings, said.rows)
    right = learned.argmax(axis=1) == said.truth
    assert said.right.mean() < right.mean()  # it has learned these, and knows them better than new ones
    assert said.right.mean() > 1 / len(docstrings.classes)


def test_class_names_learned_nothing_and_predict_the_validation_part(docstrings: Dataset, run_of: Run) -> None:
    context = run_of(docstrings, "prompting", 60.0)
    registry.execute(context)
    model = load_predictor(context.directory)
    said = held_out.measure(context.plan, docstrings, model)
    assert sorted(said.rows.tolist()) == docstrings.where("val").tolist()
    some = held_out.measure(context.plan, docstrings, model, seconds=0.0)
    assert 0 < len(some.rows) <= held_out.STEP
    model.spec["training"] = {"n_folds": 4}
    with pytest.raises(RunError, match="learned from every labelled item"):
        held_out.measure(context.plan, docstrings, model)


def test_what_is_kept_is_read_back_and_damage_is_named(tmp_path: Path) -> None:
    assert files.kept(tmp_path) is None
    shares = np.array([[0.2, 0.8], [0.9, 0.1]], np.float32)
    files.keep(tmp_path, files.HeldOut(np.array([3, 7]), np.array([1, 1]), shares))
    said = files.kept(tmp_path)
    assert said is not None
    assert (said.rows.tolist(), said.right.tolist()) == ([3, 7], [True, False])
    np.testing.assert_allclose(said.of_truth, [0.8, 0.1])
    for content in (b"no table", b""):
        (tmp_path / "held-out.parquet").write_bytes(content)
        with pytest.raises(StorageError, match="is damaged"):
            files.kept(tmp_path)
    files.keep(tmp_path, files.HeldOut(np.array([3]), np.array([5]), shares[:1]))  # a class that is none
    with pytest.raises(StorageError, match="is damaged"):
        files.kept(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["sample:digits", "sample:topics"])
def test_promises_and_sets_hold_on_the_test_part(source: str, home: Path, run_of: Run) -> None:
    dataset = read(source)
    context = run_of(dataset, "frozen", 60.0)
    registry.execute(context)
    model = load_predictor(context.directory)
    said = held_out.measure(context.plan, dataset, model)
    rows = dataset.where("test")
    assert not set(rows) & set(said.rows)
    given, truth = model.predict_rows(dataset, rows)[0], dataset.labels[rows]
    for one in thresholds(said.confidence, said.right):
        answered = given.max(axis=1) >= one.least
        n_right = int((given.argmax(axis=1) == truth)[answered].sum())
        assert n_right >= binom.ppf(RARE, int(answered.sum()), one.promised)
    members = likely(given, least_likely(said.of_truth, 0.9))
    assert members[np.arange(len(rows)), truth].sum() >= binom.ppf(RARE, len(rows), 0.9)

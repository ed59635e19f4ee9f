"""A threshold is chosen on held-out items, checked on the test part, kept, and applied wherever the model predicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB
from typer.testing import CliRunner

import advisor
from advisor.cli.main import app
from advisor.core.errors import AdviceError, RunError, StorageError
from advisor.rungs.saved import held_out as files
from advisor.rungs.saved.held_out import HeldOut
from advisor.runs import threshold
from advisor.runs.report.classification import each_prediction
from tests.rungs.saved_models import load_predictor

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def judged(folder: Path) -> HeldOut:
    """The digits judged by a model that is often wrong: held-out items and the predictions of a test part."""
    features, labels = load_digits(return_X_y=True)
    train, held, test = np.array_split(np.random.default_rng(0).permutation(len(labels)), 3)
    model = GaussianNB().fit(features[train], labels[train])
    scores = [model.predict_joint_log_proba(features[rows]) / 20 for rows in (held, test)]
    shares = [np.exp(one - one.max(1, keepdims=True)) for one in scores]
    shares = [(one / one.sum(1, keepdims=True)).astype(np.float32) for one in shares]
    said = HeldOut(held, labels[held], shares[0])
    files.keep(folder, said)
    each_prediction(test, labels[test], shares[1]).to_parquet(folder / "predictions.parquet", index=False)
    return said


def test_the_promise_is_checked_on_the_test_part_which_took_no_part(tmp_path: Path) -> None:
    said = judged(tmp_path)
    one = threshold.choose(tmp_path, said, 0.9)
    assert 0 < one.covers < 1 and one.right_there >= 0.9 and one.n == len(said.rows)
    assert one.test_covers is not None and one.test_right is not None and one.test_holds is not None
    n = round(one.test_covers * one.n_test)
    assert round(one.test_right * n) >= binom.ppf(1e-4, n, 0.9)
    assert round(one.test_holds * one.n_test_doubtful) >= binom.ppf(1e-4, one.n_test_doubtful, one.holds - 0.05)
    assert one.n_test_doubtful == one.n_test - n and one.n_likely > 1
    assert "90.0 %" in " ".join(threshold.sentences(one))
    (tmp_path / "predictions.parquet").unlink()  # runs of former versions kept none, and the choice is the same
    assert threshold.choose(tmp_path, said, 0.9).least == one.least
    assert threshold.tested(tmp_path) == []


def test_a_model_that_always_answers_says_so_and_names_nothing_instead(tmp_path: Path) -> None:
    one = threshold.choose(tmp_path, judged(tmp_path), 0.5)
    assert threshold.always(one) and one.covers == 1.0
    said = " ".join(threshold.sentences(one))
    assert "It answers every item" in said and "Checked on the test part" in said
    assert "0.000" not in said and "not sure" not in said and "100 %" not in said
    assert not threshold.always(threshold.choose(tmp_path, judged(tmp_path), 0.9))


def test_who_asks_for_more_than_can_be_promised_is_told_what_can_be(tmp_path: Path) -> None:
    said = judged(tmp_path)
    with pytest.raises(RunError, match=r"No threshold can promise that 99.9 % .* The most that can be promised is 9"):
        threshold.choose(tmp_path, said, 0.999)
    few = HeldOut(said.rows[:5], said.truth[:5], said.probabilities[:5])
    with pytest.raises(RunError, match="5 held-out items"):
        threshold.choose(tmp_path, few, 0.9)
    none = HeldOut(said.rows[:0], said.truth[:0], said.probabilities[:0])
    with pytest.raises(RunError, match=r"0 held-out items\. Label more items"):
        threshold.choose(tmp_path, none, 0.9)
    with pytest.raises(RunError, match="between 0 and 1"):
        threshold.choose(tmp_path, said, 1.0)


def test_a_threshold_is_kept_applied_and_forgotten(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(GOLDEN, tmp_path / "run")
    run, runner = tmp_path / "run", CliRunner()
    with pytest.raises(RunError, match="is no run's folder"):
        advisor.threshold(run)
    judged(run)
    plain = load_predictor(run).predict("Fry the onions in butter")[0]
    assert (plain.sure, plain.likely) == (None, ())
    tried = advisor.threshold(run, 90, keep=False)
    assert threshold.kept(run) is None
    assert advisor.threshold(run, "90 %") == tried == threshold.kept(run)
    sure = load_predictor(run).predict("Fry the onions in butter")[0]
    assert sure.sure is ((sure.probability or 0.0) >= tried.least) and sure.likely[0] == sure.label
    threshold.keep(run, tried.model_copy(update={"least": 1.01, "least_likely": 0.0}))
    done = runner.invoke(app, ["predict", str(run), "Fry the onions in butter", "--json"])
    assert done.exit_code == 0, done.exception
    row = json.loads(capfd.readouterr().out)[0]
    assert row["sure"] is False and set(row["likely"]) == set(load_predictor(run).classes)
    assert runner.invoke(app, ["threshold", str(run), "--right", "92", "--json"]).exit_code == 0
    assert json.loads(capfd.readouterr().out)["right"] == 0.92
    assert runner.invoke(app, ["threshold", str(run), "--off"]).exit_code == 0
    assert load_predictor(run).threshold is None
    with pytest.raises(AdviceError):
        advisor.threshold(run, "most")


def test_a_damaged_threshold_is_named_before_anything_is_answered(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "run")
    (tmp_path / "run" / "threshold.json").write_text("{")
    with pytest.raises(StorageError, match="threshold"):
        load_predictor(tmp_path / "run")

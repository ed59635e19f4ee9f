"""Runs side by side: paired on the same items where they can be, and where not, a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import advisor
from advisor import api
from advisor.cli.main import app
from advisor.core import storage
from advisor.core.errors import RunError
from advisor.core.records import Dataset, Plan, RunReport
from advisor.runs import compare, notes, settings, store
from advisor.runs.report.classification import confusion, each_prediction, per_class
from probes.interval import measured_score


def finished(dataset: Dataset, run: str, n_wrong: int, seed: int = 0, **plan: object) -> str:
    """A finished run on a dataset whose model has so many test items wrong, as its report is written."""
    rows = dataset.where("test")
    truth, n_classes = dataset.labels[rows], len(dataset.classes)
    probabilities = np.eye(n_classes)[truth] * 0.8 + 0.1
    wrong = np.random.default_rng(seed).permutation(len(rows))[:n_wrong]
    probabilities[wrong] = np.roll(probabilities[wrong], 1, axis=1)
    predicted = probabilities.argmax(axis=1)
    fields: dict[str, object] = {
        "run": run, "rung": "frozen", "dataset_folder": dataset.folder, "dataset_name": dataset.name,
        "fingerprint": dataset.fingerprint, "kind": dataset.kind, "metric": "accuracy", "input_size": 96,
        "backbone": "efficientnet-lite0", "backbone_hash": "",
    }  # fmt: skip
    made = Plan.model_validate(fields | plan)
    store.submit(made)
    files = store.status(run).files
    report = RunReport(
        run=run, rung="frozen", metric=made.metric, promised=None, seconds=3.0, device="cpu", precision="float32",
        test=measured_score(made.metric, truth, predicted, n_classes, 0.0), classes=dataset.classes, mistakes=(),
        confusion=confusion(truth, predicted, n_classes).tolist(),
        per_class=per_class(truth, predicted, dataset.classes),
    )  # fmt: skip
    storage.write_bytes(files.predictions, each_prediction(rows, truth, probabilities).to_parquet(index=False))
    report.save(files.report)
    files.state.write_text(json.dumps({"state": "done"}))
    store.change(run, "queued", "done")
    return run


def test_two_runs_are_paired_item_by_item(digits: Dataset) -> None:
    n = len(digits.where("test"))
    base, other = finished(digits, "one", 0), finished(digits, "two", 3, seed=1, settings={"head": "ridge"})
    compared = advisor.compare([base, other])
    (pair,) = compared.pairs
    assert pair.reason == "" and pair.n == n
    assert pair.difference == pytest.approx(-3 / n) and pair.low < pair.difference < pair.high
    assert pair.n_right == (3, 0) and (pair.n_both, pair.n_neither) == (n - 3, 0)
    assert pair.items is not None and set(pair.items["right"]) == {"base"}
    keys = digits.items["key"].iloc[pair.items["row"]].tolist()
    assert pair.items["key"].tolist() == keys
    assert all(pair.items["base"] == pair.items["truth"]) and all(pair.items["other"] != pair.items["truth"])
    assert compared.settings == (("head", (settings.NONE, "ridge")),)
    assert list(compared.per_class) == ["class", "n", "one", "two"]


def test_a_small_difference_may_be_luck_and_a_large_one_is_not(digits: Dataset) -> None:
    finished(digits, "one", 0), finished(digits, "near", 1), finished(digits, "far", len(digits.where("test")))
    near, far = advisor.compare(["one", "near", "far"]).pairs
    assert near.low < 0 < near.high and "may be luck" in near.verdict("one", "two")
    assert far.high < 0 and far.verdict("one", "two").startswith("One: ")


def test_equal_runs_are_not_equal_for_certain(digits: Dataset) -> None:
    finished(digits, "one", 2), finished(digits, "two", 2)
    (pair,) = advisor.compare(["one", "two"]).pairs
    assert pair.difference == 0 and pair.low < 0 < pair.high and pair.n_right == (0, 0)
    assert pair.verdict("one", "two").startswith(f"both have the same {pair.n_both} of {pair.n} test items right")


def test_other_items_are_not_paired(digits: Dataset, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "own" / label).mkdir(parents=True)
        for i in range(12):
            shade = (i * 9 + 100 * (label == "b")) % 256
            Image.new("RGB", (20, 20), (shade, i * 3, 40)).save(tmp_path / "own" / label / f"{i}.png")
    finished(digits, "one", 0), finished(api.read(tmp_path / "own"), "two", 1)
    (pair,) = advisor.compare(["one", "two"]).pairs
    assert "different test items" in pair.reason and pair.items is None


def test_a_dataset_with_more_training_items_and_the_same_test_part_is_paired(digits: Dataset, tmp_path: Path) -> None:
    for part, share in (("train", slice(2)), ("train", slice(2, 4)), ("test", slice(4, 10))):
        for kind in ("small", "large"):
            if kind == "small" and share == slice(2, 4):
                continue
            for label, own in digits.items.groupby("label"):
                folder = tmp_path / kind / part / f"digit {label}"
                folder.mkdir(parents=True, exist_ok=True)
                for path in own["path"].iloc[share]:
                    (folder / Path(path).name).write_bytes(Path(path).read_bytes())
    small, large = api.read(tmp_path / "small"), api.read(tmp_path / "large")
    assert small.fingerprint != large.fingerprint
    finished(small, "one", 4), finished(large, "two", 0)
    (pair,) = advisor.compare(["one", "two"]).pairs
    assert pair.reason == "" and pair.n == len(small.where("test")) == 18 and pair.n_right == (0, 4)


def test_what_cannot_be_paired_says_why(digits: Dataset) -> None:
    finished(digits, "one", 0), finished(digits, "two", 1), finished(digits, "balanced", 1, metric="balanced accuracy")
    store.status("two").files.predictions.unlink()
    without, metric = advisor.compare(["one", "two", "balanced"]).pairs
    assert "Run two kept no answer" in without.reason
    assert "balanced accuracy" in metric.reason
    store.submit(Plan.load(store.status("one").files.plan).model_copy(update={"run": "queued"}))
    assert "no test value: it is queued" in advisor.compare(["one", "queued"]).pairs[0].reason


def test_a_dataset_that_is_gone_still_pairs_by_row(digits: Dataset) -> None:
    finished(digits, "one", 0), finished(digits, "two", 1)
    digits.files.record.unlink()
    (pair,) = advisor.compare(["one", "two"]).pairs
    assert pair.reason == "" and pair.items is not None and pair.items["key"].tolist() == [""]


def test_one_run_is_nothing_to_compare(digits: Dataset) -> None:
    finished(digits, "one", 0)
    with pytest.raises(RunError, match="two different runs"):
        advisor.compare(["one", "one"])


def test_the_command_prints_and_gives_json(digits: Dataset, capfd: pytest.CaptureFixture[str]) -> None:
    finished(digits, "one", 0), finished(digits, "two", 3)
    notes.change(store.directory("two"), name="tried again")
    app(["runs", "compare", "one", "tried again", "--json"], standalone_mode=False)
    document = json.loads(capfd.readouterr().out)
    assert document["pairs"][0]["n_base_only"] == 3 and len(document["pairs"][0]["items"]) == 3
    assert [run["name"] for run in document["runs"]] == ["", "tried again"]
    app(["runs", "compare", "one", "two"], standalone_mode=False)
    printed = capfd.readouterr().out
    assert "one alone has 3 test items right" in printed and "tried again against" in printed
    assert compare.sentences(advisor.compare(["one", "two"]))[0] in " ".join(printed.split())

"""Every check on packaged data: digits as pictures with their pixels as features, questions with their words."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor.core.records import Dataset, Finding
from advisor.core.shown import without_formula
from advisor.data.reading import read
from advisor.evidence.issues import (
    CHECKS,
    COLUMNS,
    COPIES,
    LABELS,
    SHORTCUTS,
    export_csv,
    listed,
    load_issues,
    measure_issues,
    ranked,
    save_csv,
    summary,
)
from advisor.evidence.sample import Sample, related
from probes.linear import linear_probe

EVIDENCE: Any = SimpleNamespace(backbone_hash="0123456789", n_sample=500)


def digits(folder: Path, n: int = 500, wrong: int = 0, bordered: int | None = None, grain: int = 0) -> Dataset:
    """Class folders of scikit-learn's digits; the first `wrong` pictures lie in the next digit's folder."""
    from sklearn.datasets import load_digits

    data = load_digits()
    rng = np.random.default_rng(0)
    for index in range(n):
        digit = int(data.target[index])
        label = (digit + 1) % 10 if index < wrong else digit
        path = folder / "digits" / f"digit {label}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((data.images[index] * 12).astype(np.uint8)).resize((32, 32))
        picture = Image.fromarray(np.asarray(picture) + rng.integers(0, grain + 1, (32, 32)).astype(np.uint8))
        if label == bordered:
            picture.paste(Image.new("L", (32, 6), 200), (0, 0))
        picture.save(path)
    return read(folder / "digits")


def sampled(dataset: Dataset) -> Sample:
    """The training part with 8 × 8 pixels or hashed words as features."""
    rows = dataset.where("train", "val")
    if dataset.kind == "image":
        paths = dataset.items["path"].iloc[rows]
        features = np.stack([np.asarray(Image.open(path).resize((8, 8))).ravel() for path in paths])
    else:
        from sklearn.feature_extraction.text import HashingVectorizer

        features = HashingVectorizer(n_features=256, stop_words=None).transform(dataset.items["text"].iloc[rows])
        features = features.toarray()
    return Sample(rows, dataset.labels[rows], related(dataset)[rows], features.astype(np.float32))


def measured(dataset: Dataset) -> tuple[tuple[Finding, ...], pd.DataFrame]:
    sample = sampled(dataset)
    probe = linear_probe(sample.features, sample.labels, dataset.metric, sample.groups, n_classes=len(dataset.classes))
    found = measure_issues(
        dataset, sample, probe.oof_probability, probe.oof_predicted, backbone_hash="0123456789", n_sample=500
    )
    return found, load_issues(dataset, EVIDENCE)


def test_digits_in_the_wrong_folder_are_listed_with_the_right_one(tmp_path: Path) -> None:
    dataset = digits(tmp_path, wrong=30)
    found, table = measured(dataset)
    assert tuple(table.columns) == COLUMNS and set(table["check"]) <= set(CHECKS)
    rows = dataset.where("train", "val")
    own = table[table["check"] == LABELS]
    np.testing.assert_array_equal(np.sort(own["row"]), rows)  # one row per item, the test part not among them
    wrong = {key for key in dataset.items["key"].iloc[rows] if int(Path(key).stem) < 30}
    keys = set(listed(table, LABELS))
    assert len(keys & wrong) >= 0.6 * len(wrong) and len(keys & wrong) >= 0.5 * len(keys)
    sentence = next(f for f in found if f.check == LABELS)
    assert sentence.n_items == len(keys) and str(len(keys)) in sentence.sentence and "on purpose" in sentence.sentence
    hits = own[own["key"].isin(keys & wrong)]
    right = [f"digit {(int(label.split()[1]) - 1) % 10}" for label in hits["label"]]
    assert np.mean(hits["suggested"].to_numpy() == np.array(right)) > 0.7


@pytest.mark.parametrize("grain", [0, 60])
def test_a_margin_on_one_class_is_named(tmp_path: Path, grain: int) -> None:
    """On grainy pictures it can only come from their making, a warning; on plain ones it may be the background."""
    dataset = digits(tmp_path, bordered=3, grain=grain)
    found, table = measured(dataset)
    name = "A plain border" if grain else "The plain background"
    told = [f for f in found if f.check == SHORTCUTS and f.sentence.startswith(name)]
    assert "digit 3" in told[0].sentence and told[0].severity == ("warning" if grain else "note")
    assert (table.loc[table["check"] == SHORTCUTS, "row"] == -1).all()


def test_copies_are_listed_and_the_summary_has_every_check(tmp_path: Path) -> None:
    dataset = read("sample:topics")
    _, table = measured(dataset)
    told = summary(dataset, table)
    assert tuple(told["check"]) == CHECKS
    assert told["n_listed"].le(told["n_checked"]).all()
    n_checked = dict(zip(told["check"], told["n_checked"], strict=True))
    assert n_checked[COPIES] == len(dataset.where("train", "val"))  # all were compared, and only copies have a row
    copies = table[table["check"] == COPIES]
    assert all("copy of" in remark for remark in copies["remark"])
    assert len(ranked(table, COPIES)) == len(copies)


def test_the_file_has_what_is_listed_and_no_formula(tmp_path: Path) -> None:
    dataset = digits(tmp_path, wrong=30)
    _, table = measured(dataset)
    table.loc[table["check"] == LABELS, "label"] = "=HYPERLINK(1)"
    rows = list(csv.DictReader(io.StringIO(export_csv(table))))
    assert len(rows) == int(summary(dataset, table)["n_listed"].sum())
    assert {row["label"] for row in rows if row["check"] == LABELS} == {"'=HYPERLINK(1)"}
    path = save_csv(table, tmp_path / "issues.csv")
    assert path.read_text(encoding="utf-8") == export_csv(table)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n-2"])
def test_formulas_get_a_sign_in_front(cell: str) -> None:
    assert without_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "cat", "a=b", "'x", "ä-b", " x"])
def test_other_cells_stay(cell: str) -> None:
    assert without_formula(cell) == cell


def test_evidence_from_before_the_checks_has_an_empty_table(tmp_path: Path) -> None:
    dataset = digits(tmp_path, n=60)
    table = load_issues(dataset, EVIDENCE)
    assert table.empty and tuple(table.columns) == COLUMNS
    assert summary(dataset, table)["n_checked"].sum() == 0
    assert export_csv(table).startswith("key,row,label,check")

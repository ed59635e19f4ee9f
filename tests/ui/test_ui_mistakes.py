"""The confusion matrix opens its items; of runs that kept no table, those among the worst mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor.core.records import Dataset, RunReport
from advisor.evidence.worklist import of_rows, worklist
from advisor.runs import store
from advisor.ui import mistakes
from advisor.ui.fixing import board
from tests.ui.ui_records import opened, unfolded


def table(dataset: Dataset) -> pd.DataFrame:
    """All test items, every third taken for the next class."""
    rows = dataset.where("test")
    truth = dataset.labels[rows]
    wrong = np.arange(len(rows)) % 3 == 0
    predicted = np.where(wrong, (truth + 1) % len(dataset.classes), truth)
    probability = np.linspace(0.5, 0.99, len(rows), dtype=np.float32)
    return pd.DataFrame({"row": rows, "truth": truth, "predicted": predicted, "probability": probability})


def test_a_cell_holds_its_items_the_most_confident_first(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    report = RunReport.load(store.status(run).files.report)
    every = table(images)
    for i, j in ((0, 0), (0, 1)):
        rows = mistakes.chosen(report, every, i, j)
        assert {row for row, _ in rows} == set(every[(every.truth == i) & (every.predicted == j)]["row"])
        assert [p for _, p in rows] == sorted((p for _, p in rows), reverse=True)
    assert {row for row, _ in mistakes.chosen(report, None, 0, 1)} == {m.row for m in report.mistakes}


def test_the_page_draws_the_table_of_a_run_and_does_without_one(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    assert mistakes.TRUSTED not in folds(opened("run", run=run))
    many = pd.concat([table(images)] * 5, ignore_index=True)
    many.to_parquet(store.status(run).files.predictions)
    app = unfolded(opened("run", run=run))
    assert mistakes.TRUSTED in folds(app)
    assert any("points on average" in str(line.value) for line in app.text)
    assert "Click on a cell" in app.selectbox(key="confusion-named").label
    (store.directory(run) / "predictions.parquet").write_bytes(b"damaged")
    assert not opened("run", run=run).exception


def test_a_mistake_can_be_chosen_without_a_pointer(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    table(images).to_parquet(store.status(run).files.predictions)
    app = opened("run", run=run)
    app.selectbox(key="confusion-named").select_index(0).run()
    assert not app.exception
    assert any("taken for" in str(line.value) and "test item" in str(line.value) for line in app.html)


def folds(app: Any) -> list[str]:
    """The folds of a page."""
    return [str(fold.label) for fold in app.expander]


def test_a_mistake_that_the_model_is_sure_of_may_be_mislabelled_and_leads_to_where_it_is_decided(
    images: Dataset, write_run: Callable[..., str]
) -> None:
    run = write_run(images, "done")
    report = RunReport.load(store.status(run).files.report)
    rows = images.where("test")
    truth, row = images.labels[rows].copy(), report.mistakes[0].row
    right = pd.DataFrame({"row": rows, "truth": truth, "predicted": truth, "probability": 0.9, "of_truth": 0.9})
    right.loc[right["row"] == row, ["truth", "predicted", "probability", "of_truth"]] = [0, 1, 0.97, 0.01]
    right.to_parquet(store.status(run).files.predictions)
    assert mistakes.doubtful(right) == {row: pytest.approx(0.9)}
    assert mistakes.doubtful(right.drop(columns="of_truth")) == {}
    assert mistakes.doubtful(table(images).assign(of_truth=0.1)) == {}, "a model that errs a lot doubts nothing"
    app = opened("run", run=run)
    said = " ".join(str(line.value) for line in app.html)
    assert said.count("perhaps mislabelled") == 1 and "In 1 mistake the model is as sure of its answer" in said
    app.button(key="doubtful").click().run()
    assert not app.exception
    mark = images.fingerprint[:8]
    assert app.session_state[f"fix-chosen-{mark}"] == [row]
    listed = board.with_reasons(of_rows(images, worklist(images, None), [row]), app.session_state[f"fix-said-{mark}"])
    (one,) = listed.to_dict("records")
    assert one["action"] == "relabel" and one["suggested"] == report.mistakes[0].predicted
    assert "sure on average" in one["reason"]


def test_the_recall_of_a_class_has_an_interval(images: Dataset, write_run: Callable[..., str]) -> None:
    frame = unfolded(opened("run", run=write_run(images, "done"))).dataframe[0].value
    assert all(" to " in text for text in frame["Recall, 90 % interval"])


def test_who_cannot_see_the_matrix_is_told_what_is_confused() -> None:
    report = RunReport.model_construct(classes=("cat", "dog"), confusion=[[5, 3], [0, 9]])
    assert mistakes.confused(report).endswith("is cat taken for dog, 3 times")

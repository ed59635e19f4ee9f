"""The curves of a run: a line for each fit, never back, on axes that end at 0 and at 100 %, over the forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.ui.charts import training
from probes.measured import Measured


def test_curves_draw_what_was_written_and_nothing_else() -> None:
    metrics = pd.DataFrame({"step": [1, 2, 3], "train_loss": [3.0, 2.0, 1.0], "val_loss": [None, 2.5, None]})
    figure = training.curves(metrics)
    assert {trace.name: len(trace.x) for trace in figure.data} == {"Training loss": 3, "Validation loss": 1}
    assert len(training.progress(metrics, "accuracy").data) == 0


def folds() -> pd.DataFrame:
    """A run of two folds and a tuning on all items, each judged once, by a loss that is no metric."""
    rows = [
        {"stage": f"Training {fit}", "fit": fit, "step": step, "train_loss": 2.0 / step}
        for fit in ("fold 1", "fold 2", "all items")
        for step in (1, 5, 9)
    ]
    judged = [{"stage": f"Training {row['fit']}", "fit": row["fit"], "step": 9, "train_loss": 0.3, "val_loss": 1.35,
               "val_value": -1.35} for row in rows if row["step"] == 9]  # fmt: skip
    return pd.DataFrame([*rows, *judged])


def test_the_points_of_one_fit_are_joined() -> None:
    judged = pd.DataFrame({"fit": ["a", "b"] * 2, "step": [1, 1, 5, 5], "val_value": [0.6, 0.7, 0.8, 0.9]})
    figure = training.progress(judged.assign(val_loss=1.0), "accuracy")
    assert {trace.name: (list(trace.y), trace.mode) for trace in figure.data} == {
        "A": ([0.6, 0.8], "lines+markers"), "B": ([0.7, 0.9], "lines+markers"),
    }  # fmt: skip
    losses = training.curves(judged.assign(val_loss=1.0)).data
    assert {trace.mode for trace in losses} == {"lines+markers"}


def test_each_fit_of_a_run_has_a_line_of_its_own_and_validation_is_points() -> None:
    figure = training.curves(folds())
    lines = {trace.name: list(trace.x) for trace in figure.data if trace.mode == "lines"}
    assert lines == {key: [1, 5, 9] for key in ("Fold 1", "Fold 2", "All items")}
    points = {trace.name: (list(trace.x), trace.mode) for trace in figure.data if "validation" in trace.name}
    assert points == {f"{fit}: validation": ([9], "markers") for fit in ("Fold 1", "Fold 2", "All items")}
    assert all((np.diff(trace.x) > 0).all() for trace in figure.data)


def test_runs_of_former_versions_are_told_apart_by_their_stages() -> None:
    former = folds().drop(columns="fit")
    assert len([trace for trace in training.curves(former).data if trace.mode == "lines"]) == 3


def test_what_is_no_share_is_never_shown_as_per_cent() -> None:
    assert not training.progress(folds(), "token F1").data
    metrics = pd.DataFrame({"step": [1, 2, 3], "val_value": [-1.35, 0.25, 1.0]})
    figure = training.progress(metrics, "accuracy")
    assert [list(trace.y) for trace in figure.data] == [[0.25, 1.0]]
    assert tuple(figure.layout.yaxis.range) == (0.2, 1)


def test_a_step_that_was_done_again_is_drawn_once_in_its_place() -> None:
    metrics = pd.DataFrame({"step": [1, 5, 9, 5, 8], "train_loss": [3.0, 2.0, 1.5, 1.9, 1.6]})
    line = training.curves(metrics).data[0]
    assert list(line.x) == [1, 5, 8, 9] and line.y[1] == 1.9


def test_the_forecast_is_a_band_and_the_frozen_head_a_line_under_the_validation_points() -> None:
    metrics = pd.DataFrame({"step": [1, 5], "steps": [40, 40], "val_value": [0.9, 0.95], "frozen_value": [0.93, None]})
    promised = Measured(value=0.96, low=0.91, high=0.99, n=100, seconds=1.0)
    figure = training.progress(metrics, "accuracy", promised)
    band, line = figure.layout.shapes
    assert (band.y0, band.y1) == (0.91, 0.99) and line.y0 == line.y1 == 0.93
    assert not figure.layout.annotations, "a label in the picture lies under some line"
    assert [trace.name for trace in figure.data] == [
        "Validation accuracy",
        "Forecast for the test part",
        "Frozen model",
    ]
    assert figure.layout.xaxis.range[1] > 40, "the axis ends where the plan ends"
    assert tuple(figure.layout.yaxis.range) == (0.8, 1)


def test_the_loss_begins_at_zero_and_the_fit_under_way_stands_out() -> None:
    figure = training.curves(folds())
    assert figure.layout.yaxis.range[0] == 0
    opacity = {trace.name: trace.opacity for trace in figure.data if trace.mode == "lines"}
    assert opacity["All items"] == 1.0 > opacity["Fold 1"]


def test_who_cannot_see_the_figures_is_told_their_message() -> None:
    loss, value = training.message(pd.DataFrame({"train_loss": [2.0, 0.5], "val_value": [-1.3, 0.9]}), "accuracy")
    assert "0.5" in loss and "90.0 %" in value

"""When should it answer: a slider says what is covered, keeping it is applied in Try it, old runs are asked first."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.rungs.saved import held_out
from advisor.runs import store, threshold
from advisor.ui import jobs
from advisor.ui.charts import confidence
from probes.selective import curve, thresholds
from tests.runs.test_runs_threshold import judged
from tests.ui.test_ui_try_it import with_model
from tests.ui.ui_records import opened, spaced, unfolded


def shown(app: AppTest) -> str:
    """All that the page says."""
    assert not app.exception
    return " ".join(spaced(element.value) for kind in ("html", "text") for element in app.get(kind))


def test_a_threshold_is_dragged_kept_and_applied(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    folder = store.directory(run)
    judged(folder)
    app = unfolded(opened("run", run=run))
    app.slider(key=f"right-{run}").set_value(90.0).run()
    assert "with 90 % certainty at least 90.0 %" in shown(app) and "Checked on the test part" in shown(app)
    assert threshold.kept(folder) is None
    app.button(key=f"keep-{run}").click().run()
    kept = threshold.kept(folder)
    assert kept is not None and kept.right == 0.9
    threshold.keep(folder, kept.model_copy(update={"least": 1.01, "least_likely": 0.0}))
    app.text_area(key=f"try-text-{run}").set_value("Fry the onions in butter")
    app.button(key=f"predict-{run}").click().run()
    assert "Not sure: " in shown(app) and "Its best guess is cooking" in shown(app)
    app.button(key=f"forget-{run}").click().run()
    assert threshold.kept(folder) is None
    app.slider(key=f"right-{run}").set_value(50.0).run()
    assert "It always answers." in shown(app) and "Covers" not in shown(app)
    slider = app.slider(key=f"right-{run}")
    said = judged(folder)
    most = max(one.promised for one in thresholds(said.confidence, said.right))
    assert slider.max <= 100 * most < slider.max + slider.step
    slider.set_value(slider.max).run()
    assert "No threshold can promise" not in shown(app) and not app.button(key=f"keep-{run}").disabled
    assert f"More than {slider.max:.1f} % cannot be promised" in shown(app)


def test_without_a_promise_there_is_no_slider(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    said = judged(store.directory(run))
    held_out.keep(store.directory(run), dataclasses.replace(said, truth=said.probabilities.argmin(axis=1)))
    app = unfolded(opened("run", run=run))
    assert not app.slider and "No threshold can promise" in shown(app)


def test_the_band_is_named_and_the_promise_lies_below_it() -> None:
    sure = np.linspace(0.5, 1.0, 200)
    right = np.arange(200) % 9 > 0
    held, promises = curve(sure, right), thresholds(sure, right)
    figure = confidence.selective(held, [], 0.8, None, promises)
    assert {"90 % interval of one threshold", "can be promised"} <= {str(trace.name) for trace in figure.data}
    low = {round(point.covers, 6): point.low for point in held}
    assert all(one.promised <= low[round(one.covers, 6)] for one in promises if round(one.covers, 6) in low)


def test_a_run_that_kept_nothing_is_asked_and_says_why_it_cannot(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = unfolded(opened("run", run=run))
    app.button(key=f"held-out-{run}").click().run()
    key = jobs.key_of("held-out", run)
    for _ in range(600):
        job = jobs.pending(key)
        if job is None or job.finished:
            break
        time.sleep(0.1)
    app.run()
    job = jobs.pending(key)
    assert job is None or (job.error is not None and job.error in shown(app))


def test_the_figure_says_its_finding(tmp_path: Path) -> None:
    said = judged(tmp_path)
    held = curve(said.confidence, said.right)
    figure = confidence.selective(held, threshold.tested(tmp_path), 0.9, 0.4)
    assert {trace.name for trace in figure.data} >= {"held-out items", "test part"}
    assert "90.0 % are promised for 40 %" in confidence.told(held, 0.9, 0.4)
    assert "no threshold promises" in confidence.told(held, 0.9, None)
    assert confidence.selective(held, [], 0.9, None).data

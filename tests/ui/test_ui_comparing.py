"""The list of runs and the comparison: ticks, names, the filter, undo, and what two runs disagree on."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from advisor.core.records import Dataset, Plan, RunReport
from advisor.data.reading import known_dataset
from advisor.runs import aside, compare, notes, settings, sides, store
from advisor.ui import run_facts, run_list, setting_names
from advisor.ui.charts import comparing as figures
from advisor.ui.comparing import plain
from tests.ui.ui_records import opened, spaced

WriteRun = Callable[..., str]


def said(dataset: Dataset, run: str, wrong_from: int, wrong_to: int) -> str:
    """The run has kept what it said of each test item: those from one place to the other are wrong."""
    rows = dataset.where("test")
    truth = dataset.labels[rows]
    predicted = truth.copy()
    predicted[wrong_from:wrong_to] = (truth[wrong_from:wrong_to] + 1) % len(dataset.classes)
    table = pd.DataFrame({"row": rows, "truth": truth, "predicted": predicted, "probability": np.full(len(rows), 0.9)})
    table.to_parquet(store.status(run).files.predictions)
    return run


def test_two_ticks_lead_to_the_comparison(images: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "done"), write_run(images, "done")]
    app = opened("runs")
    assert any("Tick two runs" in str(line.value) for line in app.html)
    for run in runs:
        app.checkbox(key=f"tick-{run}").check().run()
    assert not app.exception and app.session_state[run_list.TICKED] == runs
    app.button(key="compare-runs").click().run()
    assert "How do these runs differ?" in [str(title.value) for title in app.title]
    assert ",".join(runs) in app.query_params["compare"]
    app.button(key="all-runs").click().run()
    assert "compare" not in app.query_params
    app.checkbox(key=f"tick-{runs[0]}").uncheck().run()
    assert app.session_state[run_list.TICKED] == runs[1:]


def test_the_comparison_shows_the_items_that_one_alone_has_right(images: Dataset, write_run: WriteRun) -> None:
    base = said(images, write_run(images, "done"), 0, 1)
    other = said(images, write_run(images, "done"), 1, 3)
    notes.change(store.directory(base), name="first <b>try</b>")
    app = opened("runs", compare=f"{base},{other}")
    assert not app.exception
    lines = [str(line.value) for line in app.text]
    assert any("alone has 1 test item right" in line or "alone has 2 test items right" in line for line in lines), lines
    assert any("points" in str(line.value) for line in app.html)
    options = app.get("button_group")[0] if app.get("button_group") else None
    assert options is not None


def test_runs_with_the_same_items_right_disagree_nowhere(images: Dataset, write_run: WriteRun) -> None:
    runs = [said(images, write_run(images, "done"), 0, 2) for _ in range(2)]
    app = opened("runs", compare=",".join(runs))
    assert not app.exception
    lines = [str(line.value) for line in app.text]
    assert any(" nowhere: both have the same " in line for line in lines), lines
    assert not any("alone has" in line for line in lines)


def test_runs_that_cannot_be_paired_say_why(images: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "done"), write_run(images, "done")]
    app = opened("runs", compare=",".join(runs))
    assert not app.exception
    assert any("kept no answer of each test item" in str(line.value) for line in app.html)
    app = opened("runs", compare=runs[0])
    assert any("two different runs" in str(line.value) for line in app.text)
    assert not opened("runs", compare="nobody,nothing").exception


def test_runs_in_two_metrics_have_a_picture_each(images: Dataset, questions: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "done"), write_run(questions, "done"), write_run(images, "done")]
    said(images, runs[0], 0, 1), said(images, runs[2], 0, 2)
    app = opened("runs", compare=",".join(runs))
    charts = [json.loads(chart.proto.spec)["layout"] for chart in app.get("plotly_chart")]
    titles = [layout["xaxis"]["title"]["text"] for layout in charts[:2]]
    assert titles == ["Accuracy on the test part", "Token F1 on the test part"]
    assert all(layout["xaxis"]["range"][1] <= 1.02 for layout in charts[:2])
    first = next(str(line.value) for line in app.html if "against" in str(line.value))
    assert "cannot be compared item by item" not in first


def test_a_setting_that_says_nothing_is_not_shown(images: Dataset, write_run: WriteRun) -> None:
    rows = [
        ("rung", ("frozen", "rag")), ("input_size", ("160", "0")), ("n_evaluations", ("0", settings.NONE)),
        ("gentle_steps", ("80", settings.NONE)), ("k", (settings.NONE, "1")), ("clip", ("1", "1")),
    ]  # fmt: skip
    assert setting_names.table(rows) == [
        ("Rung", ("Frozen features", "Retrieval")),
        ("Input size, px or tokens", ("160", "")),
        ("Neighbours or passages used", ("", "1")),
    ]
    runs = [write_run(images, "done") for _ in range(2)]
    for run, steps in zip(runs, (80, 90), strict=True):
        (store.directory(run) / "resolved.json").write_text(json.dumps({"gentle_steps": steps, "clip": steps / 100}))
    app = opened("runs", compare=",".join(runs))
    names = [name for table in app.dataframe if "Setting" in table.value for name in table.value["Setting"]]
    assert "Gradient norm, at most" in names and not [name for name in names if "entle" in name]


def test_what_trains_nothing_is_not_called_trained(questions: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(questions, "done") for _ in range(2)]
    for run in runs:
        plan = Plan.load(store.status(run).files.plan)
        plan.model_copy(update={"rung": "rag"}).save(store.status(run).files.plan)
    line = compare.sentences(compare.compare(runs, known_dataset))[-1]
    assert line.startswith("Time of the whole run: ") and line.count("(nothing is trained)") == 2


def test_questions_are_compared_too(questions: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(questions, "done"), write_run(questions, "done")]
    rows = questions.where("test")
    for run, f1 in zip(runs, (1.0, 0.0), strict=True):
        table = pd.DataFrame({"row": rows, "answer": ["<b>so</b>"] * len(rows), "f1": np.full(len(rows), f1)})
        table.to_parquet(store.status(run).files.predictions)
    app = opened("runs", compare=",".join(runs))
    assert not app.exception
    assert any(f"alone has {len(rows)} test item" in str(line.value) for line in app.text)


def test_a_run_is_named_and_starred_on_the_page(images: Dataset, write_run: WriteRun) -> None:
    run = write_run(images, "done")
    app = opened("runs")
    app.text_input(key=f"called-{run}").set_value("the best").run()
    app.checkbox(key=f"star-{run}").check().run()
    app.button(key=f"save-{run}").click().run()
    assert not app.exception and notes.read(store.directory(run)) == notes.Notes("the best", "", True)
    assert any(str(line.value).startswith("★ the best:") for line in app.text)


def test_a_run_from_scratch_names_no_backbone(texts: Dataset, write_run: WriteRun) -> None:
    run = write_run(texts, "done")
    path = store.status(run).files.plan
    plan = Plan.load(path)
    assert run_facts.of(store.status(run)).backbone == plan.backbone
    plan.model_copy(update={"rung": "scratch"}).save(path)
    run_facts._read.clear()
    assert run_facts.of(store.status(run)).backbone == ""


def test_the_list_is_sorted(images: Dataset, texts: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "done"), write_run(texts, "done"), write_run(images, "done")]
    for run, value, seconds in zip(runs, (0.5, 0.9, 0.7), (30.0, 10.0, 20.0), strict=True):
        path = store.status(run).files.report
        report = RunReport.load(path)
        test = report.test.model_copy(update={"value": value, "low": value, "high": value})
        report.model_copy(update={"test": test, "seconds": seconds}).save(path)
    every = store.runs()
    assert [one.run for one in run_facts.ordered(every, run_facts.BEST)] == [runs[1], runs[2], runs[0]]
    assert [one.run for one in run_facts.ordered(every, run_facts.QUICKEST)] == [runs[1], runs[2], runs[0]]
    by_name = [one.dataset_name for one in run_facts.ordered(every, run_facts.DATASET)]
    assert by_name == sorted(by_name, key=str.lower)
    app = opened("runs")
    app.selectbox(key="runs-order").select(run_facts.QUICKEST).run()
    said = " ".join(str(line.value) for line in app.html)
    assert said.index(runs[1]) < said.index(runs[2]) < said.index(runs[0])
    assert "took 10 s" in spaced(said) and run_facts.of(every[0]).backbone in said


def test_the_list_is_filtered_by_dataset(images: Dataset, texts: Dataset, write_run: WriteRun) -> None:
    one, two = write_run(images, "done"), write_run(texts, "done")
    app = opened("runs")
    app.selectbox(key="runs-of").select(texts.name).run()
    ids = [str(line.value) for line in app.html]
    assert any(two in line for line in ids) and not any(one in line for line in ids)


def test_a_deletion_is_undone_on_the_page(images: Dataset, write_run: WriteRun) -> None:
    run = write_run(images, "done")
    app = opened("runs")
    app.button(key=f"confirm-{run}").click().run()
    assert not app.exception and store.runs() == []
    (one,) = aside.runs()
    app.button(key=f"restore-{one.folder.name}").click().run()
    assert not app.exception and [status.run for status in store.runs()] == [run]


def test_a_head_s_value_on_validation_items_is_a_point_of_its_curve() -> None:
    frozen = pd.DataFrame({"seconds": [3.0], "frozen_value": [0.9]})
    tuned = pd.DataFrame({"seconds": [1.0, 2.0], "frozen_value": [0.8, None], "val_value": [None, 0.85]})
    figure = figures.curves({"frozen": frozen, "tuned": tuned}, "val_value", "Value")
    assert [list(trace.y) for trace in figure.data] == [[0.9], [0.8, 0.85]]
    assert figure.layout.yaxis.range[1] <= 1.01
    assert not figures.curves({"frozen": frozen}, "train_loss", "Loss").data
    assert not figures.curves({"frozen": frozen, "again": frozen}, "val_value", "Value").data


def test_the_folds_of_a_run_are_lines_of_their_own_with_their_names() -> None:
    rows = pd.DataFrame(
        {"seconds": [1.0, 2.0, 3.0, 4.0], "train_loss": [0.9, 0.2, 0.8, 0.1], "fit": ["fold 1"] * 2 + ["fold 2"] * 2}
    )
    figure = figures.curves({"tuned": rows, "retrieval": pd.DataFrame()}, "train_loss", "Loss")
    assert [list(trace.y) for trace in figure.data] == [[0.9, 0.2], [0.8, 0.1]]
    assert [trace.text[0] for trace in figure.data] == ["fold 1", "fold 2"]
    assert [trace.showlegend for trace in figure.data] == [True, False]


def test_the_heading_names_the_datasets_and_unequal_training_items_are_told(
    images: Dataset, texts: Dataset, write_run: WriteRun
) -> None:
    runs = [write_run(images, "done"), write_run(images, "done"), write_run(texts, "done")]
    for run, n in zip(runs, (19, 24, 24), strict=True):
        said(images, run, 0, 1) if run != runs[2] else None
        (store.directory(run) / "resolved.json").write_text(json.dumps({"n_train": n, "n_validation": 24 - n}))
    across = compare.compare([runs[0], runs[2]], known_dataset)
    names = [sides.called(side, across.sides) for side in across.sides]
    assert names[0].endswith(f" on {images.name}") and names[1].endswith(f" on {texts.name}")
    lines = compare.sentences(compare.compare(runs[:2], known_dataset))
    assert "19 (settings chosen by 5 more)" in lines[-1] and "24" in lines[-1]
    axes = [
        json.loads(chart.proto.spec)["layout"]["xaxis"]
        for chart in opened("runs", compare=",".join(runs[:2])).get("plotly_chart")
    ]
    assert any("Points above Frozen features" in axis["title"]["text"] for axis in axes)


@pytest.mark.parametrize("text", ["*bold*", "[a](b)", "$x$", ":red[x]", "`c`"])
def test_a_user_s_words_are_no_markdown(text: str) -> None:
    assert all(plain(text)[place - 1] == "\\" for place, letter in enumerate(plain(text)) if letter in "*[]$`:")

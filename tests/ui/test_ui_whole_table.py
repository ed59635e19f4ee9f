"""A table is dropped on the result page and its answers are there to download, also after a reload."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from advisor.batch import on_page
from advisor.core.records import Dataset
from advisor.core.storage import read_json, write_json
from advisor.runs import store
from advisor.ui import jobs
from tests.ui.ui_records import opened, sentences, unfolded

MODEL = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"
TABLE = "id,text\n1,Fry the onions in butter\n2,\n3,The goalkeeper saved the penalty\n"
UNCLEAR = "headline,body\nWarm bread today,Fry the onions in butter\nHome win again,The goalkeeper saved it\n"


def with_model(dataset: Dataset, write_run: Callable[..., str]) -> str:
    """A finished run with a real model of texts."""
    run = write_run(dataset, "done")
    shutil.copytree(MODEL, store.directory(run), dirs_exist_ok=True)
    return run


def dropped(run: str, name: str, content: str) -> AppTest:
    app = unfolded(opened("run", run=run))
    uploader: Any = next(one for one in app.get("file_uploader") if one.key == f"rows-{run}")
    uploader.upload(name, content.encode(), "text/csv").run()
    assert not app.exception
    return app


def finished(app: AppTest, run: str) -> AppTest:
    """The page once its job has ended."""
    key = jobs.key_of("rows", run)
    for _ in range(600):
        job = jobs.find(key)
        if job is not None and job.finished:
            break
        time.sleep(0.05)
    return unfolded(opened("run", run=run))


def test_a_dropped_table_is_predicted_and_its_answers_stay(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = dropped(run, "mails.csv", TABLE)
    assert app.selectbox(key=f"rows-column-{run}").value == "text"
    app.button(key=f"predict-rows-{run}").click().run()
    again = finished(app, run)
    assert not again.exception
    done = on_page.answered(store.directory(run))[0]
    assert (done.name, done.file, done.n_rows, done.n_problems) == ("mails.csv", "mails answers.csv", 3, 1)
    assert any("mails.csv: 3 rows" in said and "1 could not be used" in said for said in sentences(again))
    assert pd.read_csv(done.path)["predicted_label"].fillna("").tolist() == ["cooking", "", "sport"]
    again.button(key=f"forget-rows-{done.folder.name}").click().run()
    assert on_page.answered(store.directory(run)) == []


def test_where_the_column_is_unclear_it_is_asked_for_first(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = dropped(run, "news.csv", UNCLEAR)
    assert app.selectbox(key=f"rows-column-{run}").value is None
    assert app.button(key=f"predict-rows-{run}").disabled
    app.selectbox(key=f"rows-column-{run}").set_value("body").run()
    app.button(key=f"predict-rows-{run}").click().run()
    finished(app, run)
    done = on_page.answered(store.directory(run))[0]
    assert pd.read_csv(done.path)["predicted_label"].tolist() == ["cooking", "sport"]


def test_what_is_no_table_says_so_without_the_path_of_the_workspace(
    texts: Dataset, write_run: Callable[..., str]
) -> None:
    run = with_model(texts, write_run)
    app = dropped(run, "empty.csv", "")
    said = " ".join(str(text.value) for text in app.text)
    assert "empty.csv is empty" in said and "uploads" not in said


def test_answers_with_a_damaged_record_are_left_out(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    folder = store.directory(run) / "answered" / "one"
    folder.mkdir(parents=True)
    record = {
        "name": "a",
        "file": "a.csv",
        "n_rows": 1,
        "n_not_sure": 0,
        "n_problems": 0,
        "counted": {},
        "seconds": 1.0,
    }
    write_json(folder / "about.json", record)
    assert on_page.answered(store.directory(run)) == [], "its answers are missing"
    (folder / "a.csv").write_text("x\n")
    assert len(on_page.answered(store.directory(run))) == 1
    write_json(folder / "about.json", {**read_json(folder / "about.json"), "more": 1})
    assert on_page.answered(store.directory(run)) == []


def test_names_of_files_and_labels_are_no_markup(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    folder = store.directory(run) / "answered" / "one"
    folder.mkdir(parents=True)
    record = {"name": "<b>x</b> *y*.csv", "file": "a.csv", "n_rows": 1, "n_not_sure": 0, "n_problems": 0}
    write_json(folder / "about.json", {**record, "counted": {"<i>z</i>": 1}, "seconds": 1.0})
    (folder / "a.csv").write_text("x\n")
    said = next(one for one in sentences(unfolded(opened("run", run=run))) if "*y*.csv" in one)
    assert "&lt;b&gt;x" in said and "&lt;i&gt;z" in said and "<b>" not in said


def test_a_table_or_an_archive_comes_alone_and_text_files_come_together(
    texts: Dataset, write_run: Callable[..., str]
) -> None:
    run = with_model(texts, write_run)
    for names, alone in ((("mails.csv", "more.zip"), True), (("a.txt", "b.txt"), False)):
        app = unfolded(opened("run", run=run))
        uploader: Any = next(one for one in app.get("file_uploader") if one.key == f"rows-{run}")
        for name in names:
            uploader = uploader.upload(name, f"Fry the onions in {name}".encode(), "text/plain")
        uploader.run()
        assert not app.exception
        assert any("has to come alone" in text.value for text in app.text) == alone
        assert any(button.label == "Predict 2 rows" for button in app.button) != alone

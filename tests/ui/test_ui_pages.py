"""Every page, drawn by Streamlit's own test runner from records that lie in the workspace."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.core.records import Dataset
from advisor.data.read.samples import SAMPLES
from advisor.data.reading import known_datasets
from advisor.runs import store, supervisor
from advisor.ui import parts
from tests.ui.ui_records import opened, sentences, spaced, unfolded, written

APP = Path(__file__).parents[2] / "app.py"
#: The elements whose words pass through Markdown; none of them may hold a user's word.
MARKDOWN = ("markdown", "caption", "button", "title", "header", "subheader", "error", "warning", "info", "metric")


def answer(app: AppTest) -> str:
    """The sentence that answers the page's question."""
    return next(spaced(h.value) for h in app.html if parts.ANSWER in h.value)


def marked_up(app: AppTest) -> str:
    """All words that pass through Markdown."""
    found = []
    for name in MARKDOWN:
        for element in getattr(app, name):
            found.append(str(getattr(element, "label", "") or ""))
            found.append(str(element.value))
    return "\n".join(found)


@pytest.mark.parametrize("page", ["profile", "evidence", "advice"])
def test_a_page_without_a_dataset_says_where_to_choose_one(page: str) -> None:
    app = opened(page)
    assert "Choose a dataset first" in answer(app)
    assert app.page_link[0].value == "Choose a dataset"


def test_an_unknown_dataset_in_the_address_is_not_an_error() -> None:
    assert "Choose a dataset first" in answer(opened("profile", data="feedfeedfeedfeed"))


def test_the_profile_answers_counts_and_shows_findings(images: Dataset) -> None:
    app = opened("profile", data=images.fingerprint[:16])
    assert app.title[0].value == "What is in the data?"
    assert "100 images in 4 classes" in answer(app)
    assert len(app.get("plotly_chart")) == 1  # every digit is 8 × 8 pixels: a sentence says so instead of a plot
    assert any("All images are 8 × 8 px." in spaced(h.value) for h in app.html)
    assert "1 file is set aside." in [t.value for t in app.text]
    assert app.dataframe[0].value["Item"].tolist() == ["<i>broken</i>.png"]
    assert len(app.get("image")) == 2  # the two duplicates


def profiled(source: Path) -> AppTest:
    """The Profile page of what lies at a path, read and profiled as on the page."""
    return finished_reading(opened("profile", data=api.read(str(source)).fingerprint[:16]))


def test_the_profile_says_at_the_top_how_the_columns_were_chosen(workspace: Path, tmp_path: Path) -> None:
    rows = [f"{i},Nummer {i} ist am {i}. Tag gekommen,{'hoch' if i % 3 else 'tief'},{i % 2}" for i in range(60)]
    (tmp_path / "tickets.csv").write_text("\n".join(["Nr,Nachricht,Priorität,Sterne", *rows]))
    app = unfolded(profiled(tmp_path / "tickets.csv"))
    said = [spaced(line.value) for line in app.html]
    n_answer = next(i for i, line in enumerate(said) if parts.ANSWER in line)
    assert "texts from column Nachricht, labels from column Priorität" in said[n_answer + 1]
    n_above = next(i for i, line in enumerate(said) if "The test part stays locked" in line)
    assert any("could be the label too" in line for line in said[1:n_above])
    assert any("not used: Nr" in line for line in said[1:n_above])
    assert "Read as text" not in app.dataframe[-1].value.to_string()  # nor again at the end


def test_the_profile_tells_once_how_many_items_are_not_used(workspace: Path, tmp_path: Path) -> None:
    for i in range(40):
        path = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((8, 8), 20 + i).save(path)
    for i in range(3):
        (path.parent / f"empty{i}.png").touch()
    app = profiled(tmp_path / "photos")
    said = [spaced(element.value) for element in (*app.text, *app.html)]
    assert sum("3 of 43" in line for line in said) == 1
    assert len(app.dataframe[0].value) == 3


def test_the_evidence_lists_every_probe_with_its_interval(images: Dataset) -> None:
    app = unfolded(opened("evidence", data=images.fingerprint[:16]))
    assert "Best probe: Linear probe" in answer(app)
    table = app.dataframe[0].value
    assert table["Probe"].tolist() == ["Linear probe", "Nearest neighbours", "Always the largest class"]
    assert set(table["n"]) == {"200"}
    assert "float32 was the fastest" in written(app)


def test_the_advice_shows_five_rungs_and_the_one_click(images: Dataset) -> None:
    app = unfolded(opened("advice", data=images.fingerprint[:16]))
    assert answer(app).count("Frozen features are recommended") == 1
    shown = [spaced(t.value) for t in app.text]
    assert all(f"The reason of {rung}." in shown for rung in ("prompting", "rag", "frozen", "fine-tune"))
    assert "Too few items." in shown
    assert "A target above 95.3 %: Fine-tuning would be recommended." in shown
    assert app.button(key="train").label == "Train this"
    assert "From scratch" not in app.selectbox[0].options  # a rung without a number cannot be trained here
    assert app.selectbox[0].value == "frozen"


def test_no_rung_allowed_is_told_at_once(images: Dataset) -> None:
    app = unfolded(opened("advice", data=images.fingerprint[:16]))
    next(group for group in app.get("button_group") if group.label == "Allowed rungs").set_value([])
    app.form_submit_button[0].click().run()
    assert any("No rung is allowed" in t.value for t in app.text)


@pytest.mark.parametrize("page", ["profile", "evidence", "advice"])
def test_hostile_names_never_reach_markdown(texts: Dataset, page: str) -> None:
    app = opened(page, data=texts.fingerprint[:16])
    words = marked_up(app)
    for hostile in (*texts.classes, texts.name, "<script>", "**word**"):
        assert hostile not in words
    for text in sentences(app):
        assert "<script" not in text
        assert "<b>bold" not in text


def test_hostile_names_in_a_result_never_reach_markdown(texts: Dataset, write_run: Callable[..., str]) -> None:
    app = unfolded(opened("run", run=write_run(texts, "done")))
    words = marked_up(app)
    for hostile in (*texts.classes, texts.name, "<script>", "**word**"):
        assert hostile not in words
    assert all("<script" not in text for text in sentences(app))
    assert app.dataframe[0].value["Class"].tolist() == list(texts.classes)


def test_a_finished_run_shows_the_result_beside_the_promise(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    app = opened("run", run=run)
    assert app.title[0].value.startswith("Reached ")
    assert "Expected 95.0 % (93.0 to 97.0)" in answer(app)
    assert not app.code and not app.get("download_button")
    unfolded(app)
    assert f'advisor.load("{run}")' in app.code[0].value
    assert len(app.get("image")) == 2  # the two mistakes
    assert len(app.get("download_button")) == 2


def test_a_test_item_can_be_chosen_to_try_and_a_missing_model_is_told(
    images: Dataset, write_run: Callable[..., str]
) -> None:
    run = write_run(images, "done")
    app = opened("run", run=run)
    app.button(key=f"try-own-{run}").click().run()
    assert not app.exception
    assert len(app.get("image")) == 3
    assert any("has no model yet" in t.value for t in app.text)


def test_a_failed_run_tells_its_cause_and_its_log(images: Dataset, write_run: Callable[..., str]) -> None:
    app = opened("run", run=write_run(images, "failed", cause="The disk is full."))
    assert "failed" in answer(app)
    assert "The disk is full." in [t.value for t in app.text]
    assert any("one line of the log" in code.value for code in app.code)


def test_an_unknown_run_is_told_in_a_sentence() -> None:
    app = opened("run", run="20200101-0000-frozen-0000")
    assert "cannot be shown" in answer(app)
    assert any("20200101-0000-frozen-0000" in t.value for t in app.text)


def test_one_state_is_counted_once(images: Dataset, write_run: Callable[..., str]) -> None:
    write_run(images, "done")
    assert ">1 run: done.<" in answer(opened("runs"))
    write_run(images, "done")
    assert ">2 runs: all done.<" in answer(opened("runs"))


def test_the_runs_page_lists_states_and_opens_a_run(images: Dataset, write_run: Callable[..., str]) -> None:
    done, failed = write_run(images, "done"), write_run(images, "failed", cause="Out of memory.")
    app = opened("runs")
    assert "2 runs: 1 done and 1 failed." in answer(app)
    links = [link.proto.query_string for link in app.page_link]
    assert [run for link in links for run in (done, failed) if f"run={run}" in link] == [failed, done]


def test_a_waiting_run_is_stopped_from_the_runs_page(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "queued")
    app = opened("runs")
    app.button(key=f"stop-{run}").click().run()
    assert store.status(run).state in ("stopped", "stopping")


def test_a_waiting_run_names_and_links_the_one_that_has_the_device(
    images: Dataset, write_run: Callable[..., str]
) -> None:
    first, second = write_run(images, "running"), write_run(images, "queued")
    app = opened("run", run=second)
    assert not app.exception
    assert "Waiting for Frozen features on" in " ".join(str(part.value) for part in app.get("html"))
    assert any(f"run={first}" in link.proto.query_string for link in app.page_link)
    store.change(first, "running", "stopped")
    assert supervisor.ahead(second) is None


def test_an_ended_run_is_deleted_from_the_runs_page_once_confirmed(
    images: Dataset, write_run: Callable[..., str]
) -> None:
    done, failed = write_run(images, "done"), write_run(images, "failed", cause="The disk is full.")
    folder = store.directory(done)
    app = opened("runs")
    assert folder.is_dir()
    app.button(key=f"confirm-{done}").click().run()
    assert not app.exception and not folder.exists()
    assert [status.run for status in store.runs()] == [failed]


def test_a_failed_run_goes_on_from_the_runs_page(images: Dataset, write_run: Callable[..., str]) -> None:
    failed = write_run(images, "failed", cause="The disk is full.")
    app = opened("runs")
    app.button(key=f"resume-{failed}").click().run()
    assert not app.exception and store.status(failed).state != "failed"


def finished_reading(app: AppTest) -> AppTest:
    """The app once its jobs have ended; a browser would draw the page again by itself."""
    for _ in range(600):
        app.run()
        if not app.progress:
            return app
        time.sleep(0.2)
    pytest.fail("the job did not end within two minutes")


def test_a_path_that_does_not_exist_is_told_and_another_can_be_chosen(tmp_path: Path) -> None:
    app = opened("data")
    missing = tmp_path / "*no* <b>such</b> folder"
    app.text_input[0].set_value(str(missing))
    app.form_submit_button[0].click().run()
    finished_reading(app)
    assert str(missing) in html.unescape(written(app)) and app.text_input(key="corrected").value == str(missing)
    assert "*no*" not in marked_up(app)
    app.button(key="back").click().run()
    assert not app.exception
    assert app.title[0].value == "Prompt, fine-tune, or train?"
    assert len(app.form_submit_button) == 1


def test_a_local_table_is_read_and_its_profile_opens(tmp_path: Path) -> None:
    rows = "\n".join(f"the {i}th film was {'good' if i % 2 else 'bad'} number {i},{i % 2}" for i in range(60))
    table = tmp_path / "films.csv"
    table.write_text(f"text,label\n{rows}\n")
    app = opened("data")
    app.text_input[0].set_value(str(table))
    app.form_submit_button[0].click().run()
    finished_reading(finished_reading(app).button(key="read").click().run())
    assert not app.exception
    assert app.title[0].value == "What is in the data?"
    assert len(app.query_params["data"]) == 16
    assert [d.n_used for d in known_datasets()] == [60]


def test_every_sample_can_be_used_and_those_to_download_stand_apart() -> None:
    app = opened("data")
    for sample in SAMPLES:
        assert app.button(key=f"sample-{sample.name}").label == "Use this"
    said = [line.value for line in app.text]
    assert all(any(sample.title in line for line in said) for sample in SAMPLES if sample.needs_network)


def test_recent_datasets_open(texts: Dataset) -> None:
    app = opened("data")
    assert any(texts.name in t.value for t in app.text)
    assert texts.name not in marked_up(app)
    assert any("Advice: frozen features" in line for line in sentences(app))
    app.button(key=f"open-{texts.fingerprint[:16]}").click().run()
    assert not app.exception
    assert app.title[0].value == "How much of the model should change?"


def test_the_runs_page_shows_what_a_done_run_reached(images: Dataset, write_run: Callable[..., str]) -> None:
    done, failed = write_run(images, "done"), write_run(images, "failed", cause="Out of memory.")
    notes = [spaced(h.value) for h in opened("runs").html]
    assert sum("94.0 % accuracy (92.0 to 96.0 %) on 20 test images" in note for note in notes) == 1
    (store.directory(done) / "report.json").unlink()
    notes = [spaced(h.value) for h in opened("runs").html]
    assert any("Its report cannot be read." in note for note in notes)
    assert failed and not any("test images" in note for note in notes)


def test_a_run_that_was_interrupted_says_so_while_it_goes_on(images: Dataset, write_run: Callable[..., str]) -> None:
    def page(run: str) -> None:
        from advisor.ui.pages import run as run_page

        run_page.live(run)

    run = write_run(images, "running")
    for n, words in ((0, ""), (1, "Interrupted once; it goes on"), (4, "Interrupted 4 times; it goes on")):
        state = {"state": "running", "stage": "Training", "progress": 0.5, "interruptions": n}
        (store.directory(run) / "state.json").write_text(json.dumps(state))
        said = [str(line.value) for line in AppTest.from_function(page, args=(run,)).run().html]
        assert any("Interrupted" in line for line in said) == bool(n) and words in " ".join(said)


def test_every_run_is_counted_by_its_state(images: Dataset, write_run: Callable[..., str]) -> None:
    for state in ("done", "done", "stopped", "failed", "queued"):
        write_run(images, state)
    assert "5 runs: 1 waiting, 2 done, 1 stopped and 1 failed." in answer(opened("runs"))


def test_a_deletion_names_what_the_run_has(images: Dataset, write_run: Callable[..., str]) -> None:
    done, failed, bare = (write_run(images, state) for state in ("done", "failed", "stopped"))
    (store.directory(done) / "model.json").write_text("{}")
    (store.directory(failed) / "report.json").unlink()
    (store.directory(failed) / "checkpoint").mkdir()
    (store.directory(failed) / "checkpoint" / "state.json").write_text("{}")
    (store.directory(bare) / "report.json").unlink()
    said = [text.value for text in opened("runs").text]
    assert f"Delete {done} with its model and its report?" in said
    assert f"Delete {failed} with the stages that it has finished?" in said
    assert f"Delete {bare}? It has no model and no report." in said


def test_an_address_with_a_dataset_alone_opens_its_latest_run(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    app = opened("run", data=images.fingerprint[:16])
    assert app.title[0].value != "No run yet" and app.query_params["run"] in (run, [run])

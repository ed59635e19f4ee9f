"""Try it: the last thing asked for is shown, an empty field says so, and an upload keeps its user's name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.runs import store
from tests.ui.ui_records import opened

MODEL = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def with_model(dataset: Dataset, write_run: Callable[..., str]) -> str:
    """A finished run with a real model of texts."""
    run = write_run(dataset, "done")
    shutil.copytree(MODEL, store.directory(run), dirs_exist_ok=True)
    return run


def answered(app: AppTest) -> list[str]:
    """The lines that hold an answer."""
    assert not app.exception
    return [str(element.value) for element in app.html if "with probability" in str(element.value)]


def test_the_field_and_the_test_part_are_asked_in_turn(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = opened("run", run=run)
    app.text_area(key=f"try-text-{run}").set_value("Fry the onions in butter")
    app.button(key=f"predict-{run}").click().run()
    own = answered(app)
    assert len(own) == 1 and "cooking" in own[0] and not any(" It is " in line for line in own)
    app.button(key=f"try-own-{run}").click().run()
    assert len(answered(app)) == 1 and " It is " in answered(app)[0]  # the truth is known of a test item alone
    app.button(key=f"predict-{run}").click().run()
    assert answered(app) == own


def test_an_empty_field_says_that_there_is_nothing_to_predict(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = opened("run", run=run)
    app.button(key=f"predict-{run}").click().run()
    assert answered(app) == []
    assert any("nothing to predict" in str(c.value) for c in app.html)


def test_an_upload_that_is_no_image_is_named_as_its_user_does(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    app = opened("run", run=run)
    app.button_group(key=f"try-way-{run}").set_value("Upload").run()
    app.get("file_uploader")[0].upload("holiday photo.png", b"no image", "image/png").run()
    said = " ".join(t.value for t in app.text)
    assert "holiday photo.png cannot be used" in said and "uploads" not in said


def test_several_images_are_answered_each_with_what_it_is_taken_for(
    images: Dataset, write_run: Callable[..., str]
) -> None:
    run = write_run(images, "done")
    app = opened("run", run=run)
    app.button_group(key=f"try-way-{run}").set_value("Upload").run()
    files = [Path(str(path)) for path in images.items["path"].iloc[:2]]
    uploader = app.get("file_uploader")[0]
    for file in files:
        uploader = uploader.upload(file.name, file.read_bytes(), "image/png")
    uploader.run()
    assert not app.exception
    assert any("has no model yet" in t.value for t in app.text), "both were sent; this run has no model"


def test_what_is_unlike_anything_in_training_is_said(texts: Dataset) -> None:
    def page(places, further) -> None:  # type: ignore[no-untyped-def]  # its source alone is run
        from advisor.core.workspace import Workspace
        from advisor.data.reading import open_dataset
        from advisor.ui import try_it
        from probes.novelty import Near

        name = next(Workspace.here().datasets.iterdir()).name
        near = Near(tuple(places), further)
        try_it.warned(near)
        try_it.alike(near, open_dataset(name))

    rows = [int(row) for row in texts.where("train")[:3]]
    for further, said in ((0.995, True), (0.5, False)):
        app = AppTest.from_function(page, args=(rows, further)).run()
        assert not app.exception
        assert any("Unlike anything in training" in box.value for box in app.warning) == said

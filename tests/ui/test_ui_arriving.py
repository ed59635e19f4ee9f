"""The Data page: samples that show themselves, a preview that can be corrected, the camera, and recent datasets."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from advisor.core.records import Advice, Dataset
from advisor.data.read.samples import SAMPLES
from advisor.data.read.samples_shown import glimpse
from advisor.data.reading import known_datasets
from advisor.runs import about
from advisor.ui import whereabouts
from advisor.ui.arriving import camera
from tests.ui.test_ui_hostile import HOSTILE, check
from tests.ui.test_ui_pages import finished_reading
from tests.ui.ui_records import opened, sentences


def previewed(path: Path) -> AppTest:
    """The preview of what lies at a path."""
    app = opened("data")
    app.text_input[0].set_value(str(path))
    return finished_reading(app.button(key="read-path").click().run())


def tickets(path: Path) -> Path:
    """Sixty tickets with two columns that could be the label."""
    rows = {
        "Message": [f"Parcel {i} has {'not arrived' if i % 2 else 'two holes'}" for i in range(60)],
        "Team": ["shipping", "claims"] * 30,
        "Priority": ["low", "low", "high"] * 20,
    }
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_without_a_path_there_is_nothing_to_preview() -> None:
    app = opened("data")
    app.button(key="read-path").click().run()
    assert any("path first" in str(line.value).replace("\u00a0", " ") for line in app.text)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if not s.needs_network], ids=lambda s: s.name)
def test_a_sample_shows_items_of_its_own(sample: object) -> None:
    shown = glimpse(sample.name)  # type: ignore[attr-defined]
    assert len(shown.pictures) == 10 or len(shown.lines) == 3
    assert all(text for text, _ in shown.lines)
    assert all(picture.getextrema()[1] > 200 for picture in shown.pictures)


def test_the_page_begins_with_the_visitors_own_data(workspace: Path) -> None:
    app = opened("data")
    assert app.title[0].value == "Prompt, fine-tune, or train?"
    assert [h.value for h in app.subheader] == ["Or start with a sample"]
    assert len(app.get("file_uploader")) == 1 and len(app.get("image")) == 2
    assert not app.get("camera_input")  # it would ask for the camera


def test_a_wrong_label_is_corrected_before_anything_is_read(workspace: Path, tmp_path: Path) -> None:
    app = previewed(tickets(tmp_path / "Support tickets.csv"))
    assert "Support tickets: 60 texts in 2 classes. The split is made when they are read." in " ".join(sentences(app))
    assert not known_datasets()
    label = next(field for field in app.selectbox if field.label == "Label")
    other = "Team" if label.value == "Priority" else "Priority"
    finished_reading(label.set_value(other).run())
    assert next(field for field in app.selectbox if field.label == "Label").value == other
    finished_reading(app.button(key="read").click().run())
    (dataset,) = known_datasets()
    assert dataset.options.label_column == other and dataset.name == "Support tickets"


def test_what_was_read_can_be_read_in_another_way(workspace: Path, tmp_path: Path) -> None:
    app = previewed(tickets(tmp_path / "tickets.csv"))
    finished_reading(app.button(key="read").click().run())
    finished_reading(app.button(key="reread").click().run())
    label = next(field for field in app.selectbox if field.label == "Label")
    finished_reading(label.set_value("Team" if label.value == "Priority" else "Priority").run())
    finished_reading(app.button(key="read").click().run())
    assert len(known_datasets()) == 2


def test_a_change_can_be_undone(workspace: Path, tmp_path: Path) -> None:
    app = previewed(tickets(tmp_path / "tickets.csv"))
    before = next(field for field in app.selectbox if field.label == "Label").value
    other = "Team" if before == "Priority" else "Priority"
    finished_reading(next(field for field in app.selectbox if field.label == "Label").set_value(other).run())
    finished_reading(app.button(key="undo").click().run())
    assert next(field for field in app.selectbox if field.label == "Label").value == before


def test_a_table_without_labels_offers_the_fields_that_mend_it(workspace: Path, tmp_path: Path) -> None:
    pd.DataFrame({"a": range(40), "b": ["x", "y"] * 20, "c": range(40)}).to_csv(tmp_path / "t.csv", index=False)
    app = previewed(tmp_path / "t.csv")
    told = [text.value for text in app.text if "no column of labels" in str(text.value)]
    assert len(told) == 1 and "in the field “Label”" in told[0] and "--" not in told[0]
    assert app.button(key="read").disabled
    assert {field.label for field in [*app.selectbox, *app.multiselect]} == {"Text", "Label", "Split", "Group"}
    finished_reading(app.multiselect[0].set_value(["a"]).run())
    assert not app.button(key="read").disabled


def test_hostile_columns_and_classes_are_shown_as_they_are(workspace: Path, tmp_path: Path) -> None:
    rows = [(f"{word} {i} and more", word) for word in HOSTILE for i in range(12)]
    table = tmp_path / "<img src=x onerror=alert(1)> [x](javascript:y).csv"
    pd.DataFrame(rows, columns=[HOSTILE[0], HOSTILE[6]]).to_csv(table, index=False)
    app = previewed(table)
    assert app.title[0].value == "Is this right?"
    assert check(app) > 10


def test_a_preview_that_is_gone_is_the_page_again(workspace: Path) -> None:
    assert opened("data", preview="0123456789abcdef").title[0].value == "Prompt, fine-tune, or train?"


def picture(shade: int) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (32, 32), (shade, 80, 80)).save(stream, "JPEG")
    return stream.getvalue()


def test_pictures_are_kept_once_in_the_folder_of_their_class(workspace: Path) -> None:
    def taken(name: str, shades: list[int], folder: str) -> None:
        from pathlib import Path

        from advisor.ui.arriving import camera
        from tests.ui.test_ui_arriving import picture

        for shade in shades:
            folder = str(camera.kept(picture(shade), name, Path(folder) if folder else None))
        import streamlit as st

        st.text(folder)

    app = AppTest.from_function(taken, args=("My mug: blue", [1, 2, 2], "")).run()
    folder = Path(app.text[0].value)
    AppTest.from_function(taken, args=("../cup", [2, 9], str(folder))).run()  # 2 is still that of the mug
    assert folder.name == camera.NAME and folder.is_relative_to(workspace.resolve() / "uploads")
    assert camera.taken(folder) == {"My mug_ blue": 2, "cup": 1}
    assert camera.opened(folder.parent.name) == folder
    assert camera.opened("../../etc") is None and camera.opened(None) is None


def test_the_camera_has_a_tab_that_says_what_is_missing(workspace: Path) -> None:
    def page() -> None:
        from advisor.ui.arriving import camera

        camera.draw()

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert any("Name a class" in line for line in sentences(app))


def test_a_recent_dataset_says_how_far_it_has_come(images: Dataset, write_run: Callable[..., str]) -> None:
    files = images.files
    assert whereabouts.standing(images).sentence == "Advice: frozen features"
    files.advice.unlink()
    standing = whereabouts.standing(images)
    assert (standing.furthest, standing.sentence) == ("evidence", "Measured, no advice yet")
    files.evidence.unlink()
    assert whereabouts.standing(images).sentence == "Read, not measured yet"
    run = write_run(images, "done")
    standing = whereabouts.standing(images)
    assert standing.run == run and standing.sentence == "Frozen features: 94.0 % accuracy on the test part"
    app = opened("data")
    app.button(key=f"open-{images.fingerprint[:16]}").click().run()
    assert app.query_params["run"] == run or app.query_params["run"] == [run]


def test_advice_that_cannot_be_decided_anew_is_marked(images: Dataset) -> None:
    advice = Advice.load(images.files.advice)
    estimates = tuple(one.model_copy(update={"kept_chance": None}) for one in advice.estimates)
    advice.model_copy(update={"estimates": estimates}).save(images.files.advice)
    assert whereabouts.standing(images).sentence == "Advice that no longer holds: ask again"


def test_a_run_of_another_dataset_or_a_failed_one_is_none_of_it(
    images: Dataset, texts: Dataset, write_run: Callable[..., str]
) -> None:
    write_run(images, "failed", cause="The disk is full.")
    other = write_run(texts, "done")
    assert whereabouts.standing(images).run is None
    assert about.dataset_of(other) == texts.fingerprint
    assert about.dataset_of("../x") is None and about.dataset_of("20200101-0000-frozen-0000") is None


def test_a_reading_that_fails_leads_back_to_its_preview(workspace: Path, tmp_path: Path) -> None:
    rows = {"text": [f"{i} of the words" for i in range(40)], "label": ["only"] * 38 + ["once", "never"]}
    pd.DataFrame(rows).to_csv(tmp_path / "one class.csv", index=False)
    app = previewed(tmp_path / "one class.csv")
    finished_reading(app.button(key="read").click().run())
    assert not known_datasets()
    app.button(key="correct").click().run()
    assert app.title[0].value == "Is this right?"


def test_rows_with_several_labels_ask_what_becomes_of_them(workspace: Path, tmp_path: Path) -> None:
    labels = ['["red", "round"]', '["red"]', '["round"]'] * 20
    pd.DataFrame({"text": [f"thing {i} of many" for i in range(60)], "label": labels}).to_csv(
        tmp_path / "things.csv", index=False
    )
    app = previewed(tmp_path / "things.csv")
    assert any("60 texts with any of 2 labels" in line for line in sentences(app))
    several = next(group for group in app.get("button_group") if group.label == "Rows with several labels")
    finished_reading(several.set_value("single").run())
    assert any("40 texts in 2 classes" in line for line in sentences(app))
    assert not app.button(key="read").disabled


def test_numbers_to_be_predicted_become_ranges_at_one_click(workspace: Path, tmp_path: Path) -> None:
    rows = [{"text": f"the house number {i} in the street", "price": f"{100 + i * i / 7:.2f}"} for i in range(80)]
    pd.DataFrame(rows).to_csv(tmp_path / "houses.csv", index=False)
    app = previewed(tmp_path / "houses.csv")
    assert app.button(key="read").disabled
    finished_reading(app.button(key="ranges").click().run())
    assert any("80 texts in 4 classes" in line for line in sentences(app))
    assert not app.button(key="read").disabled

"""Uploads land in the workspace by their own names, once, with the same bytes, and the reading says what they are."""

from __future__ import annotations

import gzip
import html
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.data.read.naming import says_nothing
from advisor.ui import uploads
from tests.ui.test_ui_pages import finished_reading
from tests.ui.ui_records import opened, unfolded, written


@given(st.text(max_size=200))
def test_a_tame_name_is_one_visible_file_name(name: str) -> None:
    tame = uploads.tame(name)
    assert tame == Path(tame).name and not tame.startswith((".", "-"))
    assert 0 < len(tame.encode()) <= uploads.MOST_NAME_BYTES
    assert not set(tame) & set('<>:"/\\|?*\0\n') and tame.strip(" .")
    assert uploads.tame(tame) == tame


def test_an_upload_is_kept_once_inside_the_workspace(workspace: Path) -> None:
    first = uploads.keep(BytesIO(b"text,label\na,b\n"), "../../my data.csv")
    again = uploads.keep(BytesIO(b"text,label\na,b\n"), "../../my data.csv")
    other = uploads.keep(BytesIO(b"text,label\na,c\n"), "../../my data.csv")
    assert first == again != other
    assert first.read_bytes() == b"text,label\na,b\n"
    assert first.resolve().is_relative_to((workspace / "uploads").resolve())
    assert first.suffix == ".csv"


def test_the_end_of_a_long_name_is_kept() -> None:
    assert uploads.tame("ü" * 300 + ".parquet").endswith("ü.parquet")


@pytest.mark.parametrize(
    "name", ["My Shapes 2024.zip", "Отзывы (май).csv", "顧客の声.jsonl", "Q&A – v1.2.tar.gz", "می\u200cخواهم.csv"]
)
def test_an_upload_keeps_its_real_name(name: str) -> None:
    assert uploads.keep(BytesIO(b"text,label\n"), name).name == name


def test_an_upload_is_shown_by_its_own_name(workspace: Path) -> None:
    kept = uploads.keep(BytesIO(b"text,label\n"), "Q&A – v1.2.csv")
    assert uploads.shown(str(kept)) == "Q&A – v1.2.csv"
    assert uploads.shown("/home/me/reviews.csv") == "/home/me/reviews.csv"
    assert uploads.shown("sample:digits") == "sample:digits"


def test_the_profile_of_an_upload_names_the_file_and_not_its_place(workspace: Path) -> None:
    app = unfolded(read(("My reviews.csv", table().to_csv(index=False).encode())))
    facts = app.dataframe[-1].value
    assert facts.set_index("Fact")["Value"]["Source"] == "My reviews.csv"
    assert str(workspace) not in " ".join([*map(str, (t.value for t in app.text)), written(app)])


def test_a_folder_keeps_its_layout_inside_the_workspace(workspace: Path) -> None:
    names = ["My pets/cat/1.png", "My pets/cat/2.png", "My pets/dog: big/1.png", "My pets/../../etc/x.png"]
    files = [(BytesIO(name.encode()), name) for name in names]
    folder = uploads.keep_folder(files)
    assert folder.name == "My pets" and folder.resolve().is_relative_to((workspace / "uploads").resolve())
    laid = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert {"cat/1.png", "cat/2.png", "dog_ big/1.png"} < laid and len(laid) == 4
    assert uploads.keep_folder(files[::-1]) == folder
    assert uploads.keep_folder([(BytesIO(b"x"), "a.png")]).name == "Folder"


def test_documents_uploaded_together_lie_in_one_folder_under_different_names(workspace: Path) -> None:
    files = [(BytesIO(b"# one"), "a/page.md"), (BytesIO(b"# two"), "b/page.md"), (BytesIO(b"{}"), "qa.jsonl")]
    folder = uploads.keep_together(files)
    assert folder.resolve().is_relative_to((workspace / "uploads").resolve())
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"# one", b"# two", b"{}"]
    assert uploads.keep_together(files) == folder
    assert folder.name == "page and 2 more files"


def previewed(*files: tuple[str, bytes]) -> AppTest:
    """The preview of files that were uploaded together, or why there is none."""
    app = opened("data")
    app.get("file_uploader")[0].set_value([(name, content, "application/octet-stream") for name, content in files])
    app.run()
    if [button for button in app.button if button.key == "read-upload"]:
        app.button(key="read-upload").click().run()
    return finished_reading(app)


@pytest.mark.parametrize(("names", "at_once"), [(["a.csv"], True), (["a.md"], False), (["a.csv", "b.md"], False)])
def test_a_small_table_is_previewed_at_once_and_what_may_want_company_is_not(
    workspace: Path, names: list[str], at_once: bool
) -> None:
    app = opened("data")
    content = table().to_csv(index=False).encode()
    app.get("file_uploader")[0].set_value([(name, content, "application/octet-stream") for name in names])
    app.run()
    asked = [button for button in app.button if button.key == "read-upload"]
    assert bool(asked) != at_once
    assert ("preview" in app.query_params) == at_once


def read(*files: tuple[str, bytes]) -> AppTest:
    """The page once files that were uploaded together have been read as the preview proposes."""
    return finished_reading(previewed(*files).button(key="read").click().run())


def table() -> pd.DataFrame:
    """Sixty short texts of two classes."""
    return pd.DataFrame({"text": [f"{i % 2} of the {i} words" for i in range(60)], "label": ["a", "b"] * 30})


def tab_separated() -> bytes:
    return table().to_csv(sep="\t", index=False).encode()


def lines() -> bytes:
    return table().to_json(orient="records", lines=True).encode()


def arrow() -> bytes:
    stream = BytesIO()
    table().to_feather(stream)
    return stream.getvalue()


def fasttext() -> bytes:
    return "".join(f"__label__{label} {text}\n" for text, label in table().values).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("My reviews.json", table().to_json(orient="records").encode()),
        ("Отзывы.ndjson", lines()),
        ("réponses.jsonl.gz", gzip.compress(lines())),
        ("data.arrow", arrow()),
        ("table.feather", arrow()),
        ("lines.txt", fasttext()),
        ("train.ft", fasttext()),
        ("rows.tab", tab_separated()),
        ("SMSSpamCollection", tab_separated()),
    ],
)
def test_whatever_the_path_box_reads_can_be_uploaded(workspace: Path, name: str, content: bytes) -> None:
    app = read((name, content))
    assert [t.value for t in app.text if "cannot" in t.value] == []
    said = written(app)
    called = "a and b" if says_nothing(name.partition(".")[0]) else name.partition(".")[0]
    assert f">{called}" in said and ": 60 texts in 2 classes" in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Budget 2024.xlsx", "Budget 2024.xlsx is a spreadsheet, which cannot be read. Save it as CSV."),
        ("model.pkl", "has a format that cannot be read (.pkl)"),
        ("photos.rar", "is a RAR archive, which cannot be read"),
        ("page.md", "is a single document"),
        ("cat.heic", "is a single media file"),
    ],
)
def test_what_is_not_read_is_refused_in_words(workspace: Path, name: str, why: str) -> None:
    app = previewed((name, b"anything"))
    said = html.unescape(written(app))
    assert said.count(name) == 1 and why in said


def test_a_model_is_tried_with_whatever_image_can_be_decoded(images: Dataset, write_run: Callable[..., str]) -> None:
    stream = BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "TIFF")
    app = opened("run", run=write_run(images, "done"))
    way = next(group for group in app.get("button_group") if group.label == "An image")
    way.set_value("Upload").run()
    app.get("file_uploader")[0].upload("scan.heic", b"anything").run()
    assert any("scan.heic cannot be used" in t.value for t in app.text)
    app.get("file_uploader")[0].set_value([("scan.jpe", stream.getvalue(), "image/jpeg")]).run()
    assert not any("scan.jpe cannot be used" in t.value for t in app.text)

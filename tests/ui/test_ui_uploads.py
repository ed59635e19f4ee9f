"""Uploads land in the workspace under a tame name, once, with the same bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from advisor.ui import uploads


@given(st.text(max_size=200))
def test_a_tame_name_is_one_visible_file_name(name: str) -> None:
    tame = uploads.tame(name)
    assert tame == Path(tame).name
    assert tame[0].isalnum()
    assert 0 < len(tame) <= 80
    assert tame.isascii()


def test_an_upload_is_kept_once_inside_the_workspace(workspace: Path) -> None:
    first = uploads.keep(BytesIO(b"text,label\na,b\n"), "../../my data.csv")
    again = uploads.keep(BytesIO(b"text,label\na,b\n"), "../../my data.csv")
    other = uploads.keep(BytesIO(b"text,label\na,c\n"), "../../my data.csv")
    assert first == again != other
    assert first.read_bytes() == b"text,label\na,b\n"
    assert first.resolve().is_relative_to((workspace / "uploads").resolve())
    assert first.suffix == ".csv"


def test_the_last_eighty_characters_keep_the_ending() -> None:
    assert uploads.tame("x" * 300 + ".parquet").endswith(".parquet")


def test_documents_uploaded_together_lie_in_one_folder_under_different_names(workspace: Path) -> None:
    files = [(BytesIO(b"# one"), "a/page.md"), (BytesIO(b"# two"), "b/page.md"), (BytesIO(b"{}"), "qa.jsonl")]
    folder = uploads.keep_together(files)
    assert folder.resolve().is_relative_to((workspace / "uploads").resolve())
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"# one", b"# two", b"{}"]
    assert uploads.keep_together(files) == folder
    assert folder.name == "page_and_2_more"


def test_a_lone_table_is_a_file_and_a_lone_document_a_folder() -> None:
    assert uploads.keep_together([(BytesIO(b"text,label\n"), "t.csv")]).is_file()
    assert uploads.keep_together([(BytesIO(b"# one"), "page.md")]).is_dir()

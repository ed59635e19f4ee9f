"""A dataset is called by its file or folder where that says something, and else by what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.workspace import Workspace
from advisor.data.read.naming import by_content, name_of, name_of_files, says_nothing
from advisor.data.reading import read


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/birds.zip", "birds"),
        ("/x/birds/train.csv", "birds"),
        ("/x/birds/data/train_2.csv", "birds"),
        ("/data/train.csv", "train"),
        ("/birds/raw/data/export/train.csv", "train"),
    ],
)
def test_a_plain_name_gives_way_to_the_nearest_folder_that_says_more(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


def test_an_upload_is_never_called_by_its_hash(workspace: Path) -> None:
    uploads = Workspace.here().uploads
    assert name_of(uploads / "0123456789abcdef" / "data.csv") == "data"
    assert name_of(uploads / "0123456789abcdef" / "birds" / "data.csv") == "birds"


def test_files_that_come_together_are_called_by_what_they_share_or_by_the_one_that_says_most() -> None:
    assert name_of_files(["birds_train.csv", "birds_test.csv"]) == "birds"
    assert name_of_files(["docs.zip", "questions.csv", "prices.md"]) == "prices and 2 more files"
    assert says_nothing(name_of_files(["docs.zip", "questions.csv"]).partition(" and ")[0])


def test_what_says_nothing_is_called_by_its_content() -> None:
    assert by_content("docs and 1 more file", (), ("Prices", "Terms")) == "Prices and 1 more document"
    assert by_content("data", ("cat", "dog"), ()) == "cat and dog"
    assert by_content("birds", ("cat", "dog"), ()) == "birds"


def test_a_table_called_data_is_named_after_its_classes_however_often_it_is_read(workspace: Path) -> None:
    place = Workspace.here().uploads / "0123456789abcdef" / "data.csv"
    place.parent.mkdir(parents=True)
    rows = [f"{['good', 'bad'][i % 2]} words number {i},{['praise', 'blame'][i % 2]}" for i in range(40)]
    place.write_text("text,label\n" + "\n".join(rows) + "\n")
    assert read(place).name == read(place).name == "blame and praise"

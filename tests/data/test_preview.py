"""The preview says how the reader would read a source, and shows the table where it would not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.option_words import fields
from advisor.core.records import ReadOptions
from advisor.data.preview import CELL_CHARACTERS, preview


def tickets(path: Path) -> Path:
    """Forty tickets with a team, a priority and an official split."""
    rows = {
        "Nr": range(40),
        "Message": [f"Parcel {i} has {'not arrived' if i % 2 else 'two holes'}" for i in range(40)],
        "Team": ["shipping", "claims"] * 20,
        "Priority": ["low", "low", "high", "high"] * 10,
        "split": ["test" if i % 5 == 0 else "train" for i in range(40)],
    }
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_a_table_is_previewed_as_it_is_read(workspace: Path, tmp_path: Path) -> None:
    table = tickets(tmp_path / "tickets.csv")
    seen, dataset = preview(str(table)), api.read(table)
    assert (seen.kind, seen.n, tuple(sorted(seen.classes))) == (dataset.kind, dataset.n_used, dataset.classes)
    assert seen.parts == {"train": 32, "test": 8}
    assert seen.table is not None
    assert seen.table.roles["text_column"] == ("Message",) and seen.table.roles["split_column"] == ("split",)
    assert list(seen.table.head) == ["Nr", "Message", "Team", "Priority", "split"]
    assert set(seen.notes) <= set(dataset.notes)


def test_another_column_gives_other_classes(workspace: Path, tmp_path: Path) -> None:
    table = str(tickets(tmp_path / "tickets.csv"))
    for column, classes in (("Team", {"claims": 20, "shipping": 20}), ("Priority", {"low": 20, "high": 20})):
        seen = preview(table, ReadOptions(label_column=column))
        assert dict(seen.classes) == classes
        assert seen.table is not None and seen.table.roles["label_column"] == (column,)


def test_a_table_that_cannot_be_read_like_this_still_shows_its_columns(workspace: Path, tmp_path: Path) -> None:
    table = tmp_path / "numbers.csv"
    pd.DataFrame({"a": range(30), "b": [i / 3 for i in range(30)]}).to_csv(table, index=False)
    seen = preview(str(table))
    assert seen.kind is None and seen.table is not None and list(seen.table.head) == ["a", "b"]
    with fields({"text_column": "Text", "label_column": "Label"}):
        assert "--" not in preview(str(table)).problem


def test_what_is_no_table_is_refused_as_the_reading_refuses_it(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"anything")
    with pytest.raises(DatasetError, match="cannot be read"):
        preview(str(tmp_path / "model.pkl"))


def test_folders_of_images_show_some_of_each_class(workspace: Path, tmp_path: Path) -> None:
    for i in range(24):
        path = tmp_path / "photos" / ("cat", "dog")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((8, 8), 20 + i).save(path)
    seen = preview(str(tmp_path / "photos"))
    assert seen.table is None and dict(seen.classes) == {"cat": 12, "dog": 12} and seen.parts == {"": 24}
    assert set(seen.items["label"]) == {"cat", "dog"} and all(Path(path).is_file() for path in seen.items["item"])


def test_questions_come_with_their_documents(workspace: Path) -> None:
    seen = preview("sample:handbook")
    assert seen.kind == "qa" and seen.n_documents > 20 and not seen.classes
    assert seen.table is not None and seen.table.roles["question_column"] == ("question",)


def test_long_cells_are_cut(workspace: Path, tmp_path: Path) -> None:
    texts = [f"{i} " + "word " * 5000 for i in range(20)]
    pd.DataFrame({"text": texts, "label": ["a", "b"] * 10}).to_csv(tmp_path / "long.csv", index=False)
    seen = preview(str(tmp_path / "long.csv"))
    assert seen.table is not None
    assert max(seen.table.head["text"].str.len().max(), seen.items["item"].str.len().max()) <= CELL_CHARACTERS + 1

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, sentences, text_rows, write


def test_a_csv(tmp_path: Path) -> None:
    dataset = read(write(tmp_path / "mood/data.csv", csv_of(text_rows(10))))
    assert (dataset.name, dataset.kind, dataset.classes, dataset.n_used) == ("mood", "text", ("bad", "good"), 20)
    assert dataset.items["key"][0] == "row 1"
    assert any("column text" in note and "column label" in note for note in dataset.notes)


@pytest.mark.parametrize("label", ["target", "Category", "CLASS", "intent", "Label ", "sentiment"])
def test_label_columns_by_name(tmp_path: Path, label: str) -> None:
    rows = [(text, str(i), name) for i, (text, name) in enumerate(text_rows())]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, f"body,id,{label}")))
    assert dataset.classes == ("bad", "good")


def test_columns_found_by_looking(tmp_path: Path) -> None:
    rows = [(str(i), name, f"https://example.org/{i}/{'x' * 90}", text) for i, (text, name) in enumerate(text_rows())]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "nr,judgement,link,what was said")))
    assert dataset.classes == ("bad", "good")
    assert dataset.items["text"][0] == rows[0][3]


def test_columns_named_by_the_user(tmp_path: Path) -> None:
    rows = [(text, name, text[::-1] + " and more", str(len(text) % 2)) for text, name in text_rows()]
    path = write(tmp_path / "a.csv", csv_of(rows, "text,label,other,parity"))
    dataset = read(path, ReadOptions(text_column="other", label_column="Parity"))
    assert dataset.items["text"][0] == rows[0][2]
    assert dataset.classes == ("0", "1")


def test_whole_numbers_with_names_beside_them_use_the_names(tmp_path: Path) -> None:
    rows = [(text, str(int(name == "good")), name) for text, name in text_rows()]
    assert read(write(tmp_path / "a.csv", csv_of(rows, "text,label,label_text"))).classes == ("bad", "good")


def test_labels_that_look_missing_are_classes(tmp_path: Path) -> None:
    rows = [*sentences(5, "NA"), *sentences(5, "None"), *sentences(5, "null"), ("no label here", "")]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows)))
    assert dataset.classes == ("NA", "None", "null")
    assert (dataset.n_in, dataset.n_set_aside) == (16, 1)


def test_missing_texts_are_set_aside(tmp_path: Path) -> None:
    frame = pd.DataFrame(text_rows(), columns=["text", "label"])
    frame.loc[1, "text"] = None
    frame.loc[2, "text"] = "   "
    frame.loc[3, "text"] = "NaN"
    frame.loc[4, "label"] = None
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        dataset = read(tmp_path / name)
        assert (dataset.n_in, dataset.n_used) == (16, 12)
        assert [entry.key for entry in dataset.set_aside] == ["row 2", "row 3", "row 4", "row 5"]


def test_csv_jsonl_and_parquet_of_the_same_rows_are_the_same_dataset(tmp_path: Path) -> None:
    frame = pd.DataFrame(text_rows(), columns=["text", "label"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    assert len({read(tmp_path / f"a.{ending}").fingerprint for ending in ("csv", "tsv", "parquet", "jsonl")}) == 1


def test_an_official_split_is_respected(tmp_path: Path) -> None:
    rows = [(text, name, ["train", "train", "dev", "test"][i % 4]) for i, (text, name) in enumerate(text_rows(12))]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "text,label,split")))
    assert dataset.official_split
    assert dataset.items["part"].tolist() == [{"dev": "val"}.get(part, part) for _, _, part in rows]


def test_an_empty_split_column_and_an_unknown_value(tmp_path: Path) -> None:
    rows = [(text, name, "") for text, name in text_rows()]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "text,label,split")))
    assert not dataset.official_split
    rows = [(text, name, ["train", "test", "unlabelled"][i % 3]) for i, (text, name) in enumerate(text_rows(9))]
    dataset = read(write(tmp_path / "b.csv", csv_of(rows, "text,label,split")))
    assert (dataset.n_used, dataset.n_set_aside) == (12, 6)
    assert "unlabelled" in dataset.set_aside[0].reason


def test_a_group_column_keeps_items_together(tmp_path: Path) -> None:
    rows = [(text, name, f"g{i // 4}") for i, (text, name) in enumerate(text_rows(20))]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "text,label,group")))
    assert dataset.has_groups
    assert dataset.items.groupby("group")["part"].nunique().max() == 1


def test_one_table_per_part(tmp_path: Path) -> None:
    for part in ("train", "dev", "test"):
        rows = [(f"{part} {text}", label) for text, label in text_rows(6)]
        write(tmp_path / f"{part}.csv", csv_of(rows))
    dataset = read(tmp_path)
    assert dataset.official_split
    assert dataset.items["part"].value_counts().to_dict() == {"train": 12, "val": 12, "test": 12}
    assert dataset.items["key"].is_unique


def test_shards_of_one_table_and_of_parts(tmp_path: Path) -> None:
    for i in range(2):
        for folder, stem in (("a", "data"), ("b", "train"), ("b", "test")):
            (tmp_path / folder).mkdir(exist_ok=True)
            frame = pd.DataFrame([(f"{stem} {i} {t}", n) for t, n in text_rows(5)], columns=["text", "label"])
            frame.to_parquet(tmp_path / folder / f"{stem}-0000{i}-of-00002.parquet")
    assert read(tmp_path / "a").n_used == 20
    assert (read(tmp_path / "b").items["part"] == "test").sum() == 20


def test_a_class_without_training_items_is_set_aside(tmp_path: Path) -> None:
    rows = [(text, name, "train" if i % 2 else "test") for i, (text, name) in enumerate(text_rows(10))]
    rows += [(text, name, "test") for text, name in sentences(3, "new")]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "text,label,split")))
    assert (dataset.classes, dataset.n_set_aside) == (("bad", "good"), 3)


def test_class_folders_of_text_files(tmp_path: Path) -> None:
    for i, (text, label) in enumerate(text_rows(8)):
        write(tmp_path / f"news/{label}/{i}.txt", text.encode("cp1252") + b" \xa3" if i == 3 else text)
    write(tmp_path / "news/bad/empty.txt", " \n")
    dataset = read(tmp_path)
    assert (dataset.kind, dataset.n_in, dataset.n_used, dataset.classes) == ("text", 17, 16, ("bad", "good"))
    assert "£" in " ".join(dataset.items["text"])
    assert any("1 file not in UTF-8" in note and "Windows-1252" in note for note in dataset.notes)


def test_a_folder_with_one_csv_and_its_description(tmp_path: Path) -> None:
    write(tmp_path / "data.csv", csv_of(text_rows()))
    write(tmp_path / "meta.json", json.dumps({"name": "x"}))
    write(tmp_path / "README.md", "# x")
    assert read(tmp_path).n_used == 16


def test_a_path_column_of_sources_does_not_make_texts_images(tmp_path: Path) -> None:
    rows = [(f"scan{i}.png", text, name) for i, (text, name) in enumerate(text_rows())]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, "file,text,label")))
    assert (dataset.kind, dataset.n_used) == ("text", 16)


def test_a_long_table_keeps_every_row(tmp_path: Path) -> None:
    lines = [f"sentence number {i} about thing {i % 977},{'ab'[i % 2]}" for i in range(20_000)]
    dataset = read(write(tmp_path / "a.csv", "\n".join(["text,label", *lines])))
    assert dataset.n_in == 20_000


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text(alphabet='ab01,;\t"\n\\é\0 ', max_size=24), max_size=12),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    st.sampled_from(["", "text,label\n", "path,label,split\n", "a;b\n"]),
    st.sampled_from(["csv", "tsv", "txt", "jsonl", "json", "parquet"]),
)
def test_any_table_is_a_dataset_or_a_sentence(
    tmp_path: Path, lines: list[str], encoding: str, header: str, ending: str
) -> None:
    path = write(tmp_path / f"a.{ending}", (header + "\n".join(lines)).encode(encoding, "replace"))
    try:
        dataset = read(path)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert dataset.n_in == len(dataset.items) + len(dataset.set_aside)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (ReadOptions(label_column="klass"), "klass"),
        (ReadOptions(text_column="txt"), "txt"),
        (ReadOptions(split_column="fold"), "fold"),
        (ReadOptions(group_column="who"), "who"),
        (ReadOptions(path_column="image"), "image"),
    ],
)
def test_a_missing_column_names_those_there(tmp_path: Path, options: ReadOptions, named: str) -> None:
    path = write(tmp_path / "a.csv", csv_of(text_rows()))
    with pytest.raises(DatasetError, match=f"{named}.*text and label") as caught:
        read(path, options)
    assert str(path) in str(caught.value)

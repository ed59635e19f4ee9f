from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.read.tables import read_table
from advisor.data.reading import read
from tests.data.dataset_trees import png, text_rows, write


def with_features(table: pa.Table, **features: Any) -> pa.Table:
    """A table with Hugging Face's description of its features in the schema."""
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


CLASSES = {"names": ["neg", "pos"], "_type": "ClassLabel"}


def reviews(n: int = 40) -> pa.Table:
    rows = [text for text, _ in text_rows(n)][:n]
    table = pa.table({"text": rows, "label": pa.array([i % 2 for i in range(n)], pa.int64())})
    return with_features(table, text={"dtype": "string", "_type": "Value"}, label=CLASSES)


def save_to_disk(table: pa.Table, folder: Path) -> None:
    """A folder as Dataset.save_to_disk writes it."""
    folder.mkdir(parents=True)
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as to,
    ):
        to.write_table(table, max_chunksize=10)
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    write(folder / "dataset_info.json", json.dumps({"builder_name": "csv", "features": features}))
    write(
        folder / "state.json", json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None})
    )


def test_class_names_of_the_schema_are_labels(tmp_path: Path) -> None:
    pq.write_table(reviews(), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").classes == ("neg", "pos")
    table = with_features(pa.table({"label": [0, -1, 1, None]}), label=CLASSES)
    pq.write_table(table, tmp_path / "b.parquet")
    assert read_table(tmp_path / "b.parquet").frame["label"].tolist() == ["neg", "", "pos", ""]
    table = with_features(pa.table({"label": [[0], [0, 1], []]}), label={"feature": CLASSES, "_type": "Sequence"})
    pq.write_table(table, tmp_path / "c.parquet")
    assert read_table(tmp_path / "c.parquet").frame["label"].tolist() == ['["neg"]', '["neg", "pos"]', "[]"]


def test_a_folder_of_save_to_disk(tmp_path: Path) -> None:
    save_to_disk(reviews(), tmp_path / "one")
    dataset = read(tmp_path / "one")
    assert (dataset.n_used, dataset.classes) == (40, ("neg", "pos"))


def test_a_dataset_dict_on_disk(tmp_path: Path) -> None:
    every = reviews(60)
    save_to_disk(every.slice(0, 40), tmp_path / "two/train")
    save_to_disk(every.slice(40), tmp_path / "two/test")
    write(tmp_path / "two/dataset_dict.json", json.dumps({"splits": ["train", "test"]}))
    dataset = read(tmp_path / "two")
    assert dataset.n_used == 60 and dataset.official_split
    assert dataset.items["part"].value_counts()["test"] == 20


def test_arrow_for_random_access(tmp_path: Path) -> None:
    import pyarrow.feather as feather

    feather.write_feather(reviews(), str(tmp_path / "a.feather"))
    assert len(read_table(tmp_path / "a.feather").frame) == 40


def test_values_of_every_type(tmp_path: Path) -> None:
    columns = {
        "double": pa.array([1.0, None, 2.5]),
        "float": pa.array([1.0, 1.1, None], pa.float32()),
        "half": pa.array(np.array([1.0, 1.1, 2.0], np.float16)),
        "decimal": pa.array([Decimal("1.00"), Decimal("1.10"), None]),
        "time": pa.array([pd.Timestamp("2024-03-01"), None, pd.Timestamp("2024-03-01 12:30")]),
        "late": pa.array([10**15, None, 0], pa.timestamp("ms")),
        "code": pa.array(["007", "1.10", "1.0"]),
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        "several": pa.array([["a", "b"], [], None]),
        "inside": ['{"a": 1}', "", '{"a": null}'],
        "flag": pa.array([True, False, None]),
        "raw": pa.array([b"caf\xc3\xa9", b"", None]),
        "words": pa.array([" a\u200b", "b\0", "\ufeff"]),
        "vector": pa.array([[0.1, 0.2], [0.3, 0.4], None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = read_table(tmp_path / "a.parquet")
    assert found.frame.to_dict("list") == {
        "double": ["1", "", "2.5"],
        "float": ["1", "1.1", ""],
        "half": ["1", "1.1", "2"],
        "decimal": ["1", "1.1", ""],
        "time": ["2024-03-01 00:00:00", "", "2024-03-01 12:30:00"],
        "late": ["<value out of range: 1000000000000000>", "", "1970-01-01 00:00:00.000"],
        "code": ["007", "1.10", "1.0"],
        "kind": ["x", "y", "x"],
        "several": ['["a", "b"]', "[]", ""],
        "inside": ['{"a": 1}', "", '{"a": null}'],
        "flag": ["true", "false", ""],
        "raw": ["café", "", ""],
        "words": ["a", "b", ""],
    }
    assert found.notes == ["Column vector holds lists of numbers and is not read."]


@pytest.mark.parametrize("n_files", [1, 2])
def test_images_inside_are_written_out(tmp_path: Path, n_files: int) -> None:
    for part in ["train", "test"][:n_files]:
        images = [{"bytes": png(), "path": f"{i}.png"} for i in range(12)]
        table = pa.table({"image": images, "label": pa.array([i % 2 for i in range(12)], pa.int64())})
        table = with_features(table, image={"_type": "Image"}, label={"names": ["cat", "dog"], "_type": "ClassLabel"})
        (tmp_path / "data").mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / f"data/{part}-00000-of-00001.parquet", row_group_size=5)
    source = tmp_path if n_files == 2 else tmp_path / "data/train-00000-of-00001.parquet"
    dataset = read(source)
    assert (dataset.kind, dataset.classes, dataset.n_used) == ("image", ("cat", "dog"), 12 * n_files)
    assert dataset.official_split == (n_files == 2)
    assert read(source).fingerprint == dataset.fingerprint
    assert not any(key.startswith("/") for key in dataset.items["key"])


def test_a_written_image_that_is_damaged_is_written_again(tmp_path: Path, workspace: Path) -> None:
    images: list[dict[str, Any]] = [{"bytes": png(), "path": None} for _ in range(12)]
    pq.write_table(pa.table({"image": images, "label": ["ab"[i % 2] for i in range(12)]}), tmp_path / "a.parquet")
    before = read(tmp_path / "a.parquet")
    first = Path(before.items["path"].iloc[0])
    first.write_bytes(first.read_bytes()[:-5])
    after = read(tmp_path / "a.parquet")
    assert (after.fingerprint, after.n_used) == (before.fingerprint, 12)
    (first.parents[1] / ".unpacked.json").write_text("[]")
    assert read(tmp_path / "a.parquet").fingerprint == before.fingerprint


def test_an_image_missing_or_damaged_inside(tmp_path: Path) -> None:
    images: list[dict[str, Any]] = [{"bytes": png(), "path": None} for _ in range(12)]
    images[3], images[4] = {"bytes": None, "path": "/etc/hosts"}, {"bytes": b"no image", "path": None}
    pq.write_table(pa.table({"image": images, "label": ["ab"[i % 2] for i in range(12)]}), tmp_path / "a.parquet")
    dataset = read(tmp_path / "a.parquet")
    assert (dataset.n_used, dataset.n_set_aside) == (10, 2)


def test_images_inside_of_a_table_of_texts(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "image": [{"bytes": b"x"}]}), tmp_path / "a.parquet")
    with pytest.raises(DatasetError, match="inside the column image"):
        read(tmp_path / "a.parquet", ReadOptions(kind="text"))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.feather"])
@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"ARROW1\0\0nonsense", b"\xff\xff\xff\xff\x10\0\0\0", b"PAR1nonsensePAR1"]
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DatasetError, match=name):
        read_table(write(tmp_path / name, content))


def mixed() -> pa.Table:
    """Three rows with a column of every kind whose values lie behind offsets, in dictionaries or in structs."""
    return pa.table(
        {
            "text": ["good words", "bad words", None],
            "label": pa.array(["a", "b", "a"]).dictionary_encode(),
            "tags": [["x", "y"], [], ["z"]],
            "image": [{"bytes": b"x", "path": "p.png"}] * 3,
            "counts": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
            "view": pa.array(["x", "y" * 30, "z"], pa.string_view()),
        }
    )


def as_stream(table: pa.Table) -> bytes:
    sink = BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as to:
        to.write_table(table)
    return sink.getvalue()


def as_feather(table: pa.Table) -> bytes:
    sink = BytesIO()
    pa.feather.write_feather(table, sink, compression="lz4")
    return sink.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "written", "columns"),
    [
        ("a.arrow", as_stream, ["text", "label"]),
        ("a.arrow", as_stream, ["tags", "counts", "view"]),
        ("a.feather", as_feather, ["text", "tags"]),
        ("a.parquet", as_parquet, ["text", "label"]),
    ],
)
@pytest.mark.parametrize("bits", [0xFF, 0x01])
def test_no_damaged_byte_ends_the_process_or_is_a_traceback(
    tmp_path: Path, name: str, written: Callable[[pa.Table], bytes], columns: list[str], bits: int
) -> None:
    sound = written(mixed().select(columns))
    for place in range(len(sound)):
        path = tmp_path / f"{place}-{name}"
        path.write_bytes(sound[:place] + bytes([sound[place] ^ bits]) + sound[place + 1 :])
        try:
            assert len(read_table(path).rows) >= 0
        except DatasetError as error:
            assert str(error).endswith(".")
        path.unlink()


def test_a_batch_without_columns_may_promise_no_billions_of_rows(tmp_path: Path) -> None:
    sink = BytesIO()
    with pa.ipc.new_stream(sink, pa.schema([])) as to:
        to.write_batch(pa.RecordBatch.from_struct_array(pa.nulls(12_345_678, pa.struct([]))))
    length = (12_345_678).to_bytes(8, "little")
    assert sink.getvalue().count(length) == 1
    (tmp_path / "a.arrow").write_bytes(sink.getvalue().replace(length, (601_295_421_464).to_bytes(8, "little")))
    with pytest.raises(DatasetError, match="rows"):
        read_table(tmp_path / "a.arrow")


@pytest.mark.parametrize(("name", "step"), [("a.arrow", 22), ("a.parquet", 88)])
def test_damaged_bytes_around_images_inside(tmp_path: Path, name: str, step: int) -> None:
    images = [{"bytes": png(), "path": None} for _ in range(2)]
    sound = (as_stream if name == "a.arrow" else as_parquet)(pa.table({"image": images, "label": ["a", "b"]}))
    for place in range(3, len(sound), step):
        path = write(tmp_path / str(place) / name, sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :])
        try:
            dataset = read(path)
            assert dataset.n_in == dataset.n_used + dataset.n_set_aside
        except DatasetError as error:
            assert str(error)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())])
def test_many_different_and_missing_texts_over_many_batches(tmp_path: Path, kind: Any) -> None:
    texts = [None if i % 1000 == 7 else f"text {i % 90_000}" for i in range(150_000)]
    encoded = [text.encode() if text and kind == pa.binary() else text for text in texts]
    array = pa.array(texts).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(encoded, kind)
    pq.write_table(pa.table({"text": array}), tmp_path / "a.parquet", row_group_size=70_000)
    assert read_table(tmp_path / "a.parquet").frame["text"].tolist() == [text or "" for text in texts]

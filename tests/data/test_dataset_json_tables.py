from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.data.read.tables import Table, read_table
from advisor.data.reading import read
from tests.data.dataset_trees import put, write

FRAME = pd.DataFrame(
    {"text": [f"words {i}" for i in range(30)], "label": ["pos" if i % 2 else "neg" for i in range(30)]}
)


def table(tmp_path: Path, content: Any, name: str = "data.json") -> Table:
    return read_table(write(tmp_path / name, json.dumps(content)))


def is_the_frame(found: Table) -> bool:
    return [found.frame[name].tolist() for name in ("text", "label")] == [FRAME[name].tolist() for name in FRAME]


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
def test_orientations_of_pandas(tmp_path: Path, orient: Any) -> None:
    path = tmp_path / "data.json"
    FRAME.to_json(path, orient=orient)
    assert is_the_frame(read_table(path))


@pytest.mark.parametrize("orient", ["columns", "index", "split"])
def test_orientations_with_an_index_of_names(tmp_path: Path, orient: Any) -> None:
    path = tmp_path / "data.json"
    FRAME.set_index(pd.Index([f"id-{i}" for i in range(30)])).to_json(path, orient=orient)
    assert is_the_frame(read_table(path))


def test_values_without_names(tmp_path: Path) -> None:
    FRAME.to_json(tmp_path / "data.json", orient="values")
    found = read_table(tmp_path / "data.json")
    assert found.frame.to_dict("list") == {"column 1": FRAME["text"].tolist(), "column 2": FRAME["label"].tolist()}
    assert is_the_frame(table(tmp_path, [["text", "label"], *FRAME.to_numpy().tolist()]))


@pytest.mark.parametrize(
    "content",
    [
        {"rasa_nlu_data": {"common_examples": FRAME.to_dict("records"), "regex_features": []}},
        {"data": FRAME.to_dict("records"), "version": 2},
        [{"data": {"text": t}, "label": label} for t, label in FRAME.to_numpy().tolist()],
        [{"text": t, "label": {"id": 3, "name": label}} for t, label in FRAME.to_numpy().tolist()],
        {"rows": [{"row_idx": i, "row": row} for i, row in enumerate(FRAME.to_dict("records"))], "features": []},
        {"pos": FRAME["text"][1::2].tolist(), "neg": FRAME["text"][::2].tolist()},
        [{"text": t, "cats": {"pos": int(n == "pos"), "neg": int(n == "neg")}} for t, n in FRAME.to_numpy().tolist()],
        [
            {"text": t, "accept": [label], "answer": "accept", "_input_hash": 1, "options": []}
            for t, label in FRAME.to_numpy().tolist()
        ],
        [
            {
                "id": i,
                "data": {"text": t},
                "annotations": [{"result": [{"type": "choices", "value": {"choices": [n]}}]}],
            }
            for i, (t, n) in enumerate(FRAME.to_numpy().tolist())
        ],
    ],
)
def test_other_arrangements(tmp_path: Path, content: Any) -> None:
    found = table(tmp_path, content)
    rows = sorted(zip(found.frame["text"], found.frame["label"], strict=True))
    assert rows == sorted(map(tuple, FRAME.to_numpy().tolist()))


def test_parts_of_one_file_keep_their_names(tmp_path: Path) -> None:
    rows = FRAME.to_dict("records")
    found = table(tmp_path, {"train": rows[:20], "validation": rows[20:24], "test": rows[24:]})
    assert is_the_frame(found)
    assert found.frame["split"].value_counts().to_dict() == {"train": 20, "test": 6, "val": 4}
    lists = FRAME.to_numpy().tolist()
    assert (
        table(tmp_path, {"train": lists[:20], "test": lists[20:]}).frame["split"].tolist()
        == ["train"] * 20 + ["test"] * 10
    )


def test_a_label_for_each_image(tmp_path: Path) -> None:
    found = table(tmp_path, {f"{i}.jpg": "cat" if i % 2 else "dog" for i in range(10)})
    assert found.frame["path"].tolist() == [f"{i}.jpg" for i in range(10)]
    found = table(tmp_path, {f"{i}.jpg": {"label": "cat" if i % 2 else "dog"} for i in range(10)})
    assert (found.frame["path"][3], found.frame["label"][3]) == ("3.jpg", "cat")


def coco(n_several: int) -> dict[str, Any]:
    boxes = [{"id": i, "image_id": i, "category_id": 1 + i % 2, "area": 9} for i in range(12)]
    boxes += [{"id": 20 + i, "image_id": i, "category_id": 2 - i % 2, "area": 4} for i in range(n_several)]
    return {
        "images": [{"id": i, "file_name": f"img/{i}.png", "width": 9} for i in range(13)],
        "annotations": boxes,
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }


def test_coco_with_a_category_for_each_image_is_joined(tmp_path: Path) -> None:
    put(tmp_path, *(f"img/{i}.png" for i in range(13)))
    found = table(tmp_path, coco(1))
    assert found.frame["path"].tolist() == [f"img/{i}.png" for i in range(1, 13)]
    assert found.frame["label"].tolist() == [["cat", "dog"][i % 2] for i in range(1, 12)] + [""]
    assert [(entry.key, entry.reason) for entry in found.set_aside] == [
        ("row 1", "The image has several labels: cat and dog.")
    ]
    dataset = read(tmp_path / "data.json")
    assert (dataset.kind, dataset.classes, dataset.n_used, dataset.n_set_aside) == ("image", ("cat", "dog"), 11, 2)


def run_command(message: str, folder: Path) -> None:
    command = re.search(r'python -c ".*"', message)
    assert command
    words = shlex.split(command[0])
    subprocess.run([sys.executable, *words[1:]], cwd=folder, check=True)


def test_coco_of_objects_names_a_command_that_works(tmp_path: Path) -> None:
    put(tmp_path, *(f"img/{i}.png" for i in range(13)))
    found = table(tmp_path, coco(12), "instances.json")
    assert found.frame["label"].tolist() == ['["cat", "dog"]', '["dog", "cat"]'] * 6 + ["[]"]
    several = read(tmp_path / "instances.json")
    assert (several.kind, several.n_used) == ("image-multilabel", 13)
    assert int(several.targets.sum()) == 24
    run_command(found.notes[1], tmp_path)
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_used) == (("cat", "dog"), 12)


def test_labelme_names_a_command_that_works(tmp_path: Path) -> None:
    for i in range(6):
        shape: dict[str, object] = {"label": "cat" if i % 2 else "dog", "points": []}
        write(tmp_path / f"{i}.json", json.dumps({"shapes": [shape], "imagePath": f"{i}.png", "imageData": None}))
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    with pytest.raises(DatasetError, match="labelme") as caught:
        read(tmp_path / "0.json")
    run_command(str(caught.value), tmp_path)
    assert read(tmp_path).n_used == 6


def test_vgg_image_annotator(tmp_path: Path) -> None:
    images = {
        f"{i}.png99": {
            "filename": f"{i}.png",
            "size": 99,
            "regions": [],
            "file_attributes": {"kind": "cat" if i % 2 else "dog"},
        }
        for i in range(6)
    }
    for content in (images, {"_via_settings": {}, "_via_img_metadata": images}):
        assert table(tmp_path, content).frame.to_dict("list") == {
            "path": [f"{i}.png" for i in range(6)],
            "label": ["dog", "cat"] * 3,
        }
    boxes = {
        f"{i}": {
            "filename": f"{i}.png",
            "file_attributes": {},
            "regions": [{"region_attributes": {"kind": {"cat": True}}}],
        }
        for i in range(6)
    }
    assert set(table(tmp_path, boxes).frame["label"]) == {"cat"}


def test_datumaro(tmp_path: Path) -> None:
    items = [
        {"id": f"{i}", "annotations": [{"type": "label", "label_id": i % 2}], "image": {"path": f"{i}.png"}}
        for i in range(6)
    ]
    content = {"info": {}, "categories": {"label": {"labels": [{"name": "cat"}, {"name": "dog"}]}}, "items": items}
    assert table(tmp_path, content).frame.to_dict("list") == {
        "path": [f"{i}.png" for i in range(6)],
        "label": ["cat", "dog"] * 3,
    }


def test_label_studio_with_images_and_disagreement(tmp_path: Path) -> None:
    def task(i: int, *choices: str) -> dict[str, Any]:
        results = [[{"type": "choices", "value": {"choices": [choice]}}] for choice in choices]
        image = f"/data/upload/1/0a1b2c3d-{i}.png" if i % 2 else f"/data/local-files/?d=img/{i}.png"
        return {"id": i, "data": {"image": image}, "annotations": [{"result": result} for result in results]}

    found = table(tmp_path, [task(0, "cat", "cat"), task(1, "dog"), task(2, "cat", "dog"), task(3)])
    assert found.frame.to_dict("list") == {"image": ["img/0.png", "1.png", "3.png"], "label": ["cat", "dog", ""]}
    assert [entry.key for entry in found.set_aside] == ["row 3"]


def test_prodigy_about_one_label(tmp_path: Path) -> None:
    lines = [
        {"text": f"t{i}", "label": "SPAM", "answer": ["accept", "reject"][i % 2], "_input_hash": i} for i in range(4)
    ]
    content = "\n".join(json.dumps(line) for line in [*lines, {**lines[0], "answer": "ignore"}])
    found = read_table(write(tmp_path / "a.jsonl", content))
    assert found.frame["label"].tolist() == ["SPAM", "not SPAM"] * 2
    assert [entry.reason for entry in found.set_aside] == ["It was ignored in Prodigy."]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ([{"text": "a b", "label": [[0, 1, "PER"]]}] * 3, "doccano"),
        ([{"text": "a b", "entities": [{"start_offset": 0, "end_offset": 1, "label": "PER"}]}] * 3, "doccano"),
        ([{"text": "a b", "spans": [{"start": 0}], "answer": "accept", "_input_hash": 1}] * 3, "Prodigy"),
        ([{"data": {"text": "a"}, "annotations": [{"result": [{"type": "labels", "value": {}}]}]}], "Label Studio"),
        ({"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": "A"}]}, "captions"),
        ({"0": "cat", "1": "dog", "2": "bird", "3": "cow"}, "no list of objects"),
        ({"epochs": 3, "lr": 0.1, "model": {"name": "x"}}, "no list of objects"),
        (["a", "b"], "no list of objects"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, content: Any, word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        table(tmp_path, content)


def test_a_list_beside_the_one_read_is_named(tmp_path: Path) -> None:
    found = table(tmp_path, {"items": FRAME.to_dict("records"), "authors": [{"name": "x"}]})
    assert is_the_frame(found)
    assert found.notes == ["data.json is read from its list items; authors is not read."]


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from(
    "images annotations data columns index id file_name label text cats regions filename spans answer rows".split()
) | st.text(max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=25
)


@given(values)
def test_any_json_is_a_table_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = write(tmp_path_factory.mktemp("json") / "data.json", json.dumps(content))
    try:
        found = read_table(path)
    except DatasetError as error:
        assert str(error).endswith(".")
    else:
        assert len(found.rows) == len(found.frame)


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_half_a_character_in_a_name_is_replaced(tmp_path: Path, name: str) -> None:
    found = read_table(
        write(tmp_path / name, '{"text": "a", "la\\ud800bel": "x"}\n{"text": "b", "la\\ud800bel": "y"}\n')
    )
    assert {column: found.frame[column].tolist() for column in found.frame} == {
        "text": ["a", "b"],
        "la?bel": ["x", "y"],
    }


@pytest.mark.parametrize("name", [{"en": "cat"}, ["cat"], 7, None])
@pytest.mark.parametrize("others", [[], 5, {"a": {"id": 1, "name": "dog"}}])
def test_categories_that_are_no_names_are_written_out(tmp_path: Path, name: Any, others: Any) -> None:
    images = [{"id": i, "file_name": f"{i}.png"} for i in range(3)]
    annotations = [{"image_id": i, "category_id": 0} for i in range(3)]
    for categories in ([{"id": 0, "name": name}], others):
        found = table(tmp_path, {"images": images, "annotations": annotations, "categories": categories})
        assert found.frame["path"].tolist() == ["0.png", "1.png", "2.png"]

"""A table or an export of annotations given without the folder of its images."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from advisor.core.errors import DatasetError
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, write

FILES = [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(12)]


def coco(names: list[str]) -> str:
    images = [{"id": i, "file_name": name} for i, name in enumerate(names)]
    boxes = [{"id": i, "image_id": i, "category_id": i // 12, "area": 9} for i in range(len(names))]
    categories = [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}]
    return json.dumps({"images": images, "annotations": boxes, "categories": categories})


def via(names: list[str]) -> str:
    entries = {
        name: {"filename": name, "size": 1, "regions": [], "file_attributes": {"kind": "cat" if i < 12 else "dog"}}
        for i, name in enumerate(names)
    }
    return json.dumps(entries)


def csv(names: list[str]) -> str:
    return "file,label\n" + "".join(f"{name},{'cat' if i < 12 else 'dog'}\n" for i, name in enumerate(names))


@pytest.mark.parametrize("table", ["annotations/instances.json", "a/b/via.json", "labels/labels.csv"])
def test_the_folder_that_holds_table_and_images_is_named_and_can_be_read(tmp_path: Path, table: str) -> None:
    class_folders(tmp_path / "set", above="images/", n=12)
    content = via(FILES) if "via" in table else csv(FILES) if table.endswith("csv") else coco(FILES)
    write(tmp_path / "set" / table, content)
    with pytest.raises(DatasetError) as error:
        read(tmp_path / "set" / table)
    where = rf"images lie in {re.escape(str(tmp_path))}/set/images: give the folder that holds both, (\S+)\.$"
    found = re.search(where, str(error.value))
    assert found is not None, error.value
    assert ("column" in str(error.value)) == table.endswith("csv")
    assert read(found[1]).n_used == 24


def test_images_that_are_nowhere_near_are_not_promised(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c" / "instances.json", coco(FILES))
    with pytest.raises(
        DatasetError, match=r"None of the 24 files that .*instances\.json names exists .* Put the images"
    ):
        read(tmp_path / "a" / "b" / "c" / "instances.json")

"""Items to label as files, and the labels that come back in them, whatever program they went through."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import NextLabels, ToLabel
from advisor.data import labelling

TEXTS = ("How far is it?", '=HYPERLINK("x")', "Two lines,\nand a comma", "  blanks  ")


def chosen(
    kind: str = "text", items: tuple[str, ...] = TEXTS, classes: tuple[str, ...] = ("far", "a & <b>")
) -> NextLabels:
    """So many items to label."""
    return NextLabels(
        fingerprint="0" * 64, dataset_name="set", kind=kind, classes=classes, backbone="all-MiniLM-L6-v2",  # type: ignore[arg-type]
        source="more.csv", n_pool=len(items), n_left_out=0, method="doubtful",
        items=tuple(
            ToLabel(key=f"row {i}", digest=f"{i:032x}", item=item, guess=classes[0], probability=0.5, margin=0.1)
            for i, item in enumerate(items)
        ),
    )  # fmt: skip


def filled(text: str, labels: list[str], **dialect: Any) -> str:
    """The table with its labels, as a spreadsheet saves it."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row, label in zip(rows, labels, strict=True):
        row["label"] = label
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@pytest.mark.parametrize("dialect", [{}, {"delimiter": ";"}, {"delimiter": "\t"}, {"quoting": csv.QUOTE_ALL}])
def test_the_table_comes_back_with_its_labels(tmp_path: Path, dialect: dict[str, Any]) -> None:
    files = labelling.write(chosen(), tmp_path / "new" / "folder")
    text = filled(files["table"].read_text(), ["far", "a & <b>", "", " far "], **dialect)
    (tmp_path / "done.csv").write_text("\ufeff" + text, newline="")
    found = labelling.read(tmp_path / "done.csv")
    assert [(one.key, one.item, one.label) for one in found] == [
        ("row 0", TEXTS[0], "far"), ("row 1", TEXTS[1], "a & <b>"), ("row 3", TEXTS[3], "far"),
    ]  # fmt: skip


def test_no_cell_of_the_table_is_a_formula() -> None:
    cells = [cell for row in csv.reader(io.StringIO(labelling.to_csv(chosen()))) for cell in row]
    assert not any(cell.startswith("=") for cell in cells)


def test_the_configuration_names_the_classes() -> None:
    tree = ElementTree.fromstring(labelling.to_config(chosen()))
    assert tree.tag == "View"
    text, choices = tree.find("Text"), tree.find("Choices")
    assert text is not None and choices is not None
    assert text.get("value") == "$text" and choices.get("toName") == text.get("name")
    assert [choice.get("value") for choice in choices] == ["far", "a & <b>"]


def exported(tasks: list[dict[str, Any]], labels: list[list[str]]) -> list[dict[str, Any]]:
    """Tasks as Label Studio exports them as JSON: one annotation for each label."""
    return [
        {
            "id": number, "data": task["data"], "predictions": [],
            "annotations": [
                {"id": 7, "was_cancelled": False, "result": [
                    {"type": "choices", "from_name": "label", "to_name": "text", "value": {"choices": [label]}}
                ]} for label in own
            ],
        }
        for number, (task, own) in enumerate(zip(tasks, labels, strict=True))
    ]  # fmt: skip


def test_an_export_of_label_studio_comes_back(tmp_path: Path) -> None:
    tasks = json.loads(labelling.to_tasks(chosen()))
    content = exported(tasks, [["far"], [], ["far", "a & <b>"], ["a & <b>", "a & <b>", "far"]])
    content[1]["annotations"] = [{"was_cancelled": True, "result": content[0]["annotations"][0]["result"]}]
    (tmp_path / "export.json").write_text(json.dumps(content))
    found = labelling.read(tmp_path / "export.json")
    assert [(one.key, one.item, one.label) for one in found] == [
        ("row 0", TEXTS[0], "far"), ("row 3", TEXTS[3], "a & <b>"),
    ]  # fmt: skip


def test_the_short_form_of_an_export_comes_back(tmp_path: Path) -> None:
    tasks = json.loads(labelling.to_tasks(chosen()))
    short = [
        {**task["data"], "label": label, "id": 1} for task, label in zip(tasks, ["far", "", "far", "far"], strict=True)
    ]
    (tmp_path / "min.json").write_text(json.dumps(short))
    assert [one.key for one in labelling.read(tmp_path / "min.json")] == ["row 0", "row 2", "row 3"]


@pytest.mark.parametrize("name", ["export.json", "export-min.json", "export.csv", "export.tsv"])
def test_what_label_studio_itself_wrote_comes_back(name: str) -> None:
    """Label Studio 1.23 wrote them: one label, skipped, two of three agree, two disagree, one of two skipped, none."""
    found = labelling.read(Path(__file__).parent / "label_studio" / name)
    assert [(one.key, one.label) for one in found] == [("row 0", "far"), ("row 2", "far"), ("row 4", "far")]
    assert [one.item for one in found] == ["How far is it?", "Two lines,\nand a comma", "Is it far & <near>?"]


def test_a_table_of_label_studio_may_hold_whole_images(tmp_path: Path) -> None:
    rows = [("row 0", "a.png", "far"), ("row 0", "a.png", "a & <b>"), ("row 1", "b.png", "far")]
    table = pd.DataFrame(
        [{"annotation_id": i, "digest": f"{key} {item}", "image": "data:," + 200_000 * "A", "item": item, "key": key,
          "label": label} for i, (key, item, label) in enumerate(rows)]
    )  # fmt: skip
    table.to_csv(tmp_path / "export.csv", index=False)
    assert [(one.item, one.label) for one in labelling.read(tmp_path / "export.csv")] == [("b.png", "far")]


def test_images_stand_in_the_tasks_themselves(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "gone.png"]
    Image.new("RGB", (2000, 30), (200, 10, 10)).save(paths[0])
    picked = chosen("image", tuple(map(str, paths)))
    (task,) = json.loads(labelling.to_tasks(picked))
    head, _, content = task["data"]["image"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size[0] == labelling.MOST_PX
    (tmp_path / "export.json").write_text(json.dumps(exported([task], [["far"]])))
    (one,) = labelling.read(tmp_path / "export.json", picked)
    assert one.item == str(paths[0])


def test_where_an_item_lies_is_not_taken_from_the_file(tmp_path: Path) -> None:
    picked = chosen("image", (str(tmp_path / "a.png"),))
    rows = list(csv.DictReader(io.StringIO(labelling.to_csv(picked))))
    rows[0].update(path="/etc/passwd", label="far")
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "done.csv").write_text(stream.getvalue())
    (one,) = labelling.read(tmp_path / "done.csv", picked)
    assert one.item == str(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "needs the columns"),
        ("", "needs the columns"),
        ("[1, 2", "cannot be read as JSON"),
        ('[{"data": {"text": "x"}}]', "is not an export"),
        ("key,text,label,digest\nrow 0,x,,00\n", "has no label yet"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(DatasetError, match=words):
        labelling.read(tmp_path / "file")

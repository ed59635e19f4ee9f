"""Layouts in which public datasets come: what their owners mean is what is read, or it is refused with a way on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, put, text_rows, write

TEXTS = [f"{i} {text}" for i, (text, _) in enumerate(text_rows(30))]
N = len(TEXTS)
STARS = ("1", "2", "3", "4", "5")


def turns(*values: object, step: int = 1) -> list[object]:
    """The values in turn, each `step` times; columns of different steps are independent of each other."""
    return [values[i // step % len(values)] for i in range(N)]


def save(path: Path, /, **columns: object) -> Path:
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ({"ProductId": turns("B1", "B2", "B3"), "Score": turns(*STARS, step=3), "Text": TEXTS}, STARS),
        ({"review": TEXTS, "stars": turns(*STARS), "helpful_votes": turns(0, 1, 2, step=5)}, STARS),
        ({"helpful": turns(0, 1), "review": TEXTS, "rating": turns(*STARS, step=2)}, STARS),
        ({"text": TEXTS, "gender": turns("f", "m"), "source": turns("web", "mail"), "stance": turns("a", "b", "c")},
         ("a", "b", "c")),
        ({"text": TEXTS, "author": turns("Ann", "Bob"), "verdict": turns("yes", "no", "maybe", step=2)},
         ("maybe", "no", "yes")),
    ],
)  # fmt: skip
def test_the_outcome_is_the_label_and_not_a_circumstance(
    tmp_path: Path, columns: dict[str, object], classes: tuple[str, ...]
) -> None:
    assert read(save(tmp_path / "a.csv", **columns)).classes == classes


def test_a_guessed_label_is_said_with_the_others(tmp_path: Path) -> None:
    columns = {"text": TEXTS, "accepted": turns("yes", "no"), "urgent": turns("yes", "no", step=2)}
    guessed = "No column is called label, so it was guessed. Column urgent could be the label too"
    assert any(note.startswith(guessed) for note in read(save(tmp_path / "a.csv", **columns)).notes)
    told = read(tmp_path / "a.csv", ReadOptions(label_column="accepted"))
    assert not any("guessed" in note for note in told.notes)


def one_hot(prefix: str = "") -> dict[str, object]:
    return {f"{prefix}{name}": [int(i % 3 == k) for i in range(N)] for k, name in enumerate(("en", "fr", "de"))}


def test_one_hot_columns_that_describe_the_items_are_no_label(tmp_path: Path) -> None:
    classes = ("de", "en", "fr")
    assert read(save(tmp_path / "a.csv", text=TEXTS, **one_hot("lang_"), spam=turns(0, 1))).classes == ("0", "1")
    assert read(save(tmp_path / "b.csv", text=TEXTS, **one_hot("lang_"), ending=turns("won", "lost"))).classes == (
        "lost",
        "won",
    )
    assert (
        read(save(tmp_path / "c.csv", text=TEXTS, **one_hot("lang_"), source=turns("web", "mail"))).classes == classes
    )
    dataset = read(save(tmp_path / "d.csv", text=TEXTS, **one_hot(), verified=turns(0, 1)))
    assert dataset.classes == classes
    assert any("Column verified could be the label too" in note for note in dataset.notes)


def test_whole_numbers_in_a_column_of_labels_are_codes(tmp_path: Path) -> None:
    texts = [f"{i} {TEXTS[i % N]}" for i in range(240)]
    codes = [1000 + 37 * (i % 30) ** 2 for i in range(240)]
    for name in ("label", "category_id"):
        dataset = read(save(tmp_path / "a.csv", **{"text": texts, name: codes}))
        assert len(dataset.classes) == 30
        assert any(note.startswith("The classes are 30 different numbers.") for note in dataset.notes)
    with pytest.raises(DatasetError, match="If they are codes of classes, call the column label"):
        read(save(tmp_path / "b.csv", text=texts, price=codes))
    chapters = [f"{i % 6}.{i % 5 + 1}" for i in range(240)]
    with pytest.raises(DatasetError, match="If they are codes of classes, write a letter before each"):
        read(save(tmp_path / "c.csv", text=texts, label=chapters))
    assert len(read(save(tmp_path / "d.csv", text=texts, label=[f"c{one}" for one in chapters])).classes) == 30


def test_a_column_of_parts_is_the_split_whatever_its_name(tmp_path: Path) -> None:
    usage = ["Training"] * (N - 20) + ["PublicTest"] * 10 + ["PrivateTest"] * 10
    dataset = read(save(tmp_path / "a.csv", emotion=turns("0", "1"), text=TEXTS, Usage=usage))
    assert dataset.official_split and (dataset.items["part"] == "test").tolist() == [False] * (N - 20) + [True] * 20
    vehicles = read(save(tmp_path / "b.csv", text=TEXTS, label=turns("train", "test", "bus")))
    assert (vehicles.classes, vehicles.official_split) == (("bus", "test", "train"), False)


def test_pixels_in_a_cell_are_no_text(tmp_path: Path) -> None:
    pixels = [" ".join(str((i * k) % 256) for k in range(64)) for i in range(N)]
    with pytest.raises(DatasetError, match=r"column pixels .* holds many numbers in each cell"):
        read(save(tmp_path / "a.csv", emotion=turns("0", "1"), pixels=pixels))


@pytest.mark.parametrize("header", ["", "text;label\n"])
def test_text_files_called_like_parts_are_tables(tmp_path: Path, header: str) -> None:
    for part in ("train", "val", "test"):
        rows = "".join(f"{part} {text};{'joy' if i % 2 else 'fear'}\n" for i, text in enumerate(TEXTS))
        write(tmp_path / f"{part}.txt", header + rows)
    dataset = read(tmp_path)
    assert (dataset.kind, dataset.classes) == ("text", ("fear", "joy"))
    assert dataset.items["part"].value_counts().to_dict() == {"train": N, "val": N, "test": N}


def listed_folders(root: Path, ending: str = ".png") -> list[str]:
    """Class folders in `images`; the paths below it, shuffled in a fixed way."""
    class_folders(root, "cat dog", n=10, above="images/")
    files = sorted(p.relative_to(root / "images").as_posix() for p in root.rglob("*.png"))
    return [f.removesuffix(".png") + ending for f in sorted(files, key=lambda f: f[::-1])]


@pytest.mark.parametrize(("ending", "behind"), [("", ""), (".png", ""), (".png", " 1")])
def test_lists_of_parts_beside_class_folders_are_the_split(tmp_path: Path, ending: str, behind: str) -> None:
    files = listed_folders(tmp_path, ending)
    write(tmp_path / "meta" / "train.txt", "".join(f"{f}{behind}\n" for f in files[:14]))
    write(tmp_path / "meta" / "test.txt", "".join(f"{f}{behind}\n" for f in files[14:19]))
    write(tmp_path / "meta" / "classes.txt", "cat\ndog\n")
    dataset = read(tmp_path)
    in_test = set(dataset.items.loc[dataset.items["part"] == "test", "key"])
    assert {key.removeprefix("images/").split(".")[0] for key in in_test} == {f.split(".")[0] for f in files[14:19]}
    assert "Official split from the lists meta/test.txt and meta/train.txt." in dataset.notes
    assert [one.reason for one in dataset.set_aside] == ["No list names it (meta/test.txt and meta/train.txt)."]


def test_lists_that_share_images_or_leave_out_many_are_said(tmp_path: Path) -> None:
    files = listed_folders(tmp_path)
    write(tmp_path / "train.txt", "\n".join(files[:14]))
    write(tmp_path / "test.txt", "\n".join(files[12:]))
    dataset = read(tmp_path)
    assert not dataset.official_split and any("share 2 images" in note for note in dataset.notes)
    write(tmp_path / "test.txt", "\n".join(files[14:15]))
    assert any("name 15 of 20 images" in note for note in read(tmp_path).notes)


@pytest.mark.parametrize(
    ("place", "line"),
    [("val/val_annotations.txt", "{image}\t{label}\t0\t32\t44\t62"), ("val.txt", "val/{image} {label}")],
)
def test_a_list_names_the_classes_of_validation_images(tmp_path: Path, place: str, line: str) -> None:
    ids = ("n01443537", "n01629819", "n02094433")
    for label in ids:
        put(tmp_path / "train" / label / "images", *(f"{label}_{n}.JPEG" for n in range(8)))
        write(tmp_path / "train" / label / f"{label}_boxes.txt", f"{label}_0.JPEG\t0\t10\t63\t58\n")
    names = [f"val_{n}.JPEG" for n in range(9)]
    put(tmp_path / "val" / "images", *names)
    put(tmp_path / "test" / "images", *(f"test_{n}.JPEG" for n in range(4)))
    rows = [line.format(image=name, label=ids[n % 3]) for n, name in enumerate(names)]
    write(tmp_path / place, "\n".join(rows))
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_used, dataset.n_set_aside) == (ids, 33, 4)
    held_out = dataset.items[dataset.items["key"].str.startswith("val/")]
    assert {key: dataset.classes[label] for key, label in zip(held_out["key"], held_out["label"], strict=True)} == {
        f"val/images/{name}": ids[n % 3] for n, name in enumerate(names)
    }
    assert set(held_out["part"]) == {"test"}, "the only official part beside training"
    assert f"The classes of 9 images are read from {place}." in dataset.notes


def test_a_list_of_numbers_names_no_class(tmp_path: Path) -> None:
    class_folders(tmp_path, "cat dog", n=12, above="train/")
    put(tmp_path / "val", *(f"{n}.png" for n in range(8)))
    write(tmp_path / "val.txt", "".join(f"{n}.png {n % 2}\n" for n in range(8)))
    assert read(tmp_path).n_set_aside == 8


def test_classes_in_file_names_are_named_with_a_command_that_works(tmp_path: Path) -> None:
    for i in range(6):
        put(tmp_path, f"train/cat.{i}.png", f"train/sea lion_{i}.png", f"test1/{i}.png")
    with pytest.raises(DatasetError, match=r"begin with cat and sea lion\. If these are the classes, run") as caught:
        read(tmp_path)
    command = re.search('python -c "(.*)" and read it again', str(caught.value))
    assert command is not None
    subprocess.run([sys.executable, "-c", command[1]], cwd=tmp_path, check=True)
    dataset = read(tmp_path)
    assert dataset.classes == ("cat", "sea lion")
    assert len(dataset.items) == 12 and dataset.unlabelled is not None and len(dataset.unlabelled) == 6


def test_names_that_count_parts_or_one_camera_are_no_classes(tmp_path: Path) -> None:
    for folder, names in (("a", ("train", "val")), ("b", ("IMG",))):
        root = put(tmp_path / folder, *(f"{name}/{name}_{i}.png" for name in names for i in range(4)))
        if len(names) > 1:
            with pytest.raises(DatasetError, match="holds no class folders: 8 images"):
                read(root)


def test_images_are_found_whatever_the_case_of_their_names(tmp_path: Path) -> None:
    put(tmp_path / "images", *(f"P{i}.JPG" for i in range(12)))
    frame = pd.DataFrame({"image": [f"p{i}.jpg" for i in range(12)], "label": ["a", "b"] * 6})
    frame.to_csv(tmp_path / "labels.csv", index=False)
    assert len(read(tmp_path).items) == 12


def test_a_table_whose_images_are_missing_says_so_itself(tmp_path: Path) -> None:
    put(tmp_path / "images", "other.png")
    frame = pd.DataFrame({"image": [f"p{i}.jpg" for i in range(12)], "label": ["a", "b"] * 6})
    frame.to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(DatasetError, match=r"None of the 12 files named in column image .* correct the paths"):
        read(tmp_path)
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("p0.jpg", "x")
    with pytest.raises(DatasetError, match=r"Unpack images.zip beside the table"):
        read(tmp_path)


def test_a_coco_file_of_several_categories_gives_its_images_several_labels(tmp_path: Path) -> None:
    put(tmp_path / "images", *(f"{i}.png" for i in range(4)))
    boxes = [{"id": k, "image_id": k // 2, "category_id": 1 + k % 2} for k in range(8)]
    images = [{"id": i, "file_name": f"{i}.png"} for i in range(4)]
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    content = json.dumps({"images": images, "categories": categories, "annotations": boxes})
    write(tmp_path / "instances.json", content)
    dataset = read(tmp_path)
    assert (dataset.kind, dataset.n_used, dataset.targets.all()) == ("image-multilabel", 4, True)


def test_files_called_like_tables_that_are_none(tmp_path: Path) -> None:
    write(tmp_path / "page.csv", "<!DOCTYPE html>\n<html><body>Log in, please</body></html>")
    with pytest.raises(DatasetError, match="is a web page by its content"):
        read(tmp_path / "page.csv")
    write(tmp_path / "old.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(DatasetError, match="is a spreadsheet or an archive by its content"):
        read(tmp_path / "old.csv")
    write(tmp_path / "sheets" / "data.xlsx", b"PK\x03\x04")
    with pytest.raises(DatasetError, match=r"holds 1 spreadsheet \(data.xlsx\), which cannot be read. Save each"):
        read(tmp_path / "sheets")


def test_a_label_with_a_probability_for_each_class_is_the_likeliest(tmp_path: Path) -> None:
    rows = [{"text": text, "label": {"good": 0.9, "bad": 0.1} if i % 2 else {"good": 0.2, "bad": 0.8}}
            for i, text in enumerate(TEXTS)]  # fmt: skip
    write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert read(tmp_path / "a.jsonl").classes == ("bad", "good")


def test_a_table_for_each_class_is_refused_with_a_way_on(tmp_path: Path) -> None:
    for name in ("Fake", "True"):
        save(tmp_path / f"{name}.csv", title=TEXTS, text=TEXTS)
    with pytest.raises(DatasetError, match="a column that names the class of each row"):
        read(tmp_path, ReadOptions())


@pytest.mark.parametrize("images", [("logo.png",), ("figures/1.png", "figures/2.png", "plots/1.png")])
def test_figures_beside_texts_are_no_items(tmp_path: Path, images: tuple[str, ...]) -> None:
    put(tmp_path, *images)
    save(tmp_path / "data.csv", text=TEXTS, label=turns("a", "b"))
    dataset = read(tmp_path)
    assert (dataset.kind, len(dataset.items)) == ("text", N)
    assert any(note.startswith(f"{len(images)} image") and "not read" in note for note in dataset.notes)
    assert read(tmp_path / "data.csv").fingerprint == dataset.fingerprint


def test_a_logo_beside_class_folders_of_texts_is_no_item(tmp_path: Path) -> None:
    for i, text in enumerate(TEXTS):
        write(tmp_path / "ab"[i % 2] / f"{i}.txt", text)
    put(tmp_path, "logo.png")
    assert (read(tmp_path).kind, len(read(tmp_path).items)) == ("text", N)


def test_a_column_of_phases_is_the_label_where_nothing_else_is(tmp_path: Path) -> None:
    phases = turns("training", "testing", "development")
    assert read(save(tmp_path / "a.csv", text=TEXTS, phase=phases)).classes == ("development", "testing", "training")
    dataset = read(save(tmp_path / "b.csv", text=TEXTS, phase=phases, label=turns("a", "b")))
    assert dataset.classes == ("a", "b") and dataset.official_split


def test_of_several_annotators_most_decide(tmp_path: Path) -> None:
    def choices(*names: str) -> list[dict[str, object]]:
        return [{"result": [{"type": "choices", "value": {"choices": [name]}}]} for name in names]

    votes = [("x", "x", "y"), ("y", "y"), ("y", "x")]
    tasks = [{"id": i, "data": {"text": text}, "annotations": choices(*votes[i % 3])} for i, text in enumerate(TEXTS)]
    write(tmp_path / "a.json", json.dumps(tasks))
    dataset = read(tmp_path / "a.json")
    assert (dataset.classes, dataset.items["label"].tolist()) == (("x", "y"), [0, 1] * (N // 3))
    assert any("the choice of more than half" in note for note in dataset.notes)
    assert {one.reason for one in dataset.set_aside} == {"The item has several labels: y and x."}


def test_folders_of_which_each_names_a_part_and_another_thing_are_no_split(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "things", "train_station test_tube")
    with pytest.raises(DatasetError, match="holds no class folders"):
        read(root)
    class_folders(tmp_path / "pets", "train_cats train_dogs test_cats test_dogs")
    assert read(tmp_path / "pets").classes == ("cats", "dogs")
    class_folders(tmp_path / "training", "train_cats train_dogs")
    assert read(tmp_path / "training").classes == ("cats", "dogs")


def test_texts_without_an_ending_are_refused_with_a_command_that_works(tmp_path: Path) -> None:
    for i, text in enumerate(TEXTS):
        write(tmp_path / ("alt.atheism" if i % 2 else "sci.space") / f"{5000 + i}", text)
    with pytest.raises(DatasetError, match="60 files without an ending") as caught:
        read(tmp_path)
    subprocess.run(str(caught.value).partition("names: ")[2], shell=True, cwd=tmp_path, check=True)
    assert read(tmp_path).classes == ("alt.atheism", "sci.space")

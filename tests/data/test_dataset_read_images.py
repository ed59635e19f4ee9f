from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.decode import open_image
from advisor.data.reading import known_datasets, open_dataset, read
from tests.data.dataset_trees import class_folders, picture, png, put, write


def counted(dataset: Dataset) -> tuple[int, int, int]:
    assert dataset.n_in == dataset.n_used + dataset.n_set_aside
    assert (len(dataset.items), len(dataset.set_aside)) == (dataset.n_used, dataset.n_set_aside)
    assert dataset.items["key"].is_unique
    return dataset.n_in, dataset.n_used, dataset.n_set_aside


def test_class_folders(tmp_path: Path) -> None:
    dataset = read(class_folders(tmp_path / "pets", n=10))
    assert counted(dataset) == (20, 20, 0)
    assert (dataset.name, dataset.kind, dataset.classes) == ("pets", "image", ("cat", "dog"))
    assert not dataset.official_split
    assert set(dataset.items["part"]) == {"train", "val", "test"}
    first = dataset.items.iloc[0]
    assert (first["key"], dataset.classes[first["label"]], Path(first["path"]).is_file()) == ("cat/0.png", "cat", True)


def test_official_parts_are_kept(tmp_path: Path) -> None:
    root = class_folders(tmp_path, above="train/", n=8)
    dataset = read(class_folders(class_folders(root, above="test/", n=3), above="valid/", n=2))
    assert dataset.official_split
    assert dataset.items["part"].value_counts().to_dict() == {"train": 16, "test": 6, "val": 4}
    assert all(key.startswith("test/") for key in dataset.items["key"][dataset.items["part"] == "test"])


def test_shifted_data_is_kept_apart_and_its_unknown_class_set_aside(tmp_path: Path) -> None:
    root = class_folders(tmp_path, above="all/", n=8)
    dataset = read(class_folders(root, "cat dog cow", above="ood/", n=3))
    assert counted(dataset) == (25, 22, 3)
    assert dataset.classes == ("cat", "dog")
    assert (dataset.items["part"] == "ood").sum() == 6
    assert all("shifted" in entry.reason for entry in dataset.set_aside)


def test_unlabelled_test_images_are_set_aside(tmp_path: Path) -> None:
    root = class_folders(tmp_path, above="train/", n=8)
    assert counted(read(put(root, "test/1.png", "test/2.png"))) == (18, 16, 2)


def test_bad_files_are_set_aside_with_a_reason_and_never_end_the_job(tmp_path: Path) -> None:
    root = class_folders(tmp_path, n=8)
    whole = png(64)
    write(root / "cat/cut.png", whole[: len(whole) // 2])
    write(root / "cat/text.jpg", "no image")
    write(root / "dog/empty.png", b"")
    write(root / "dog/photo.heic", b"ftypheic")
    (root / "dog/gone.png").symlink_to(root / "nowhere.png")
    for junk in ("cat/._0.png", "cat/.hidden.png", "Thumbs.db", "dog/.DS_Store", "__MACOSX/cat/1.png", ".git/x.png"):
        write(root / junk, b"x")
    write(root / "dog/notes.txt", "a note")
    dataset = read(root)
    assert counted(dataset) == (21, 16, 5)
    reasons = {entry.key: entry.reason for entry in dataset.set_aside}
    assert set(reasons) == {"cat/cut.png", "cat/text.jpg", "dog/empty.png", "dog/photo.heic", "dog/gone.png"}
    assert "empty" in reasons["dog/empty.png"]
    assert ".heic" in reasons["dog/photo.heic"]
    assert any("notes.txt" in note for note in dataset.notes)


def test_a_class_with_one_item_is_set_aside(tmp_path: Path) -> None:
    dataset = read(put(class_folders(tmp_path), "cow/1.png"))
    assert (counted(dataset), dataset.classes) == ((13, 12, 1), ("cat", "dog"))
    assert any("cow" in note for note in dataset.notes)


def test_empty_and_hidden_folders_are_no_classes(tmp_path: Path) -> None:
    (class_folders(tmp_path) / "empty").mkdir()
    write(tmp_path / ".ipynb_checkpoints/cat.png", png())
    assert read(tmp_path).classes == ("cat", "dog")


def test_classes_are_in_natural_order(tmp_path: Path) -> None:
    assert read(class_folders(tmp_path, "10 9 1", n=3)).classes == ("1", "9", "10")


def test_upper_case_and_missing_suffixes(tmp_path: Path) -> None:
    root = class_folders(tmp_path, n=4)
    write(root / "cat/PHOTO.PNG", png())
    write(root / "dog/photo", png())
    write(root / "dog/LICENSE", "no image")
    assert counted(read(root))[:2] == (10, 10)


def test_names_from_the_whole_world(tmp_path: Path) -> None:
    root = class_folders(tmp_path, "кошка 犬 naïve", n=4)
    write(root / "犬/a b 'c' \"d\", e.png", png())
    assert counted(read(root)) == (13, 13, 0)


def test_a_name_that_is_no_unicode_is_set_aside(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    try:
        write(Path(str(root / "cat").encode().decode() + "/\udcff.png"), png())
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such names")
    assert counted(read(root)) == (13, 12, 1)


def test_linked_folders_are_read_and_circles_end(tmp_path: Path) -> None:
    class_folders(tmp_path / "elsewhere", "dog")
    root = class_folders(tmp_path / "in", "cat")
    (root / "dog").symlink_to(tmp_path / "elsewhere/dog")
    (root / "cat/round").symlink_to(root)
    assert counted(read(root)) == (12, 12, 0)


def test_groups_stay_on_one_side(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in", n=20)
    rows = [f"{label}/{i}.png,{i // 4}{label}" for label in ("cat", "dog") for i in range(20)]
    write(root / "groups.csv", "\n".join(["path,group", *rows, "cow/1.png,x"]))
    dataset = read(root)
    assert dataset.has_groups
    assert dataset.items.groupby("group")["part"].nunique().max() == 1
    assert dataset.items["group"].nunique() == 10
    assert any("1 row" in note for note in dataset.notes)


def test_exact_copies_stay_on_one_side(tmp_path: Path) -> None:
    root = class_folders(tmp_path, n=10)
    for i in range(10):
        shutil.copy(root / f"cat/{i}.png", root / f"cat/copy{i}.png")
    items = read(root).items
    assert items.groupby("digest")["part"].nunique().max() == 1


def image_table(root: Path, table: str, n: int = 6, separator: str = ",") -> Path:
    put(root, *(f"images/{i}.png" for i in range(2 * n)))
    rows = [separator.join([f"images/{i}.png", "cat" if i < n else "dog"]) for i in range(2 * n)]
    return write(root / table, "\n".join([separator.join(["path", "label"]), *rows]) + "\n")


@pytest.mark.parametrize(("name", "separator"), [("labels.csv", ","), ("labels.tsv", "\t"), ("labels.csv", ";")])
def test_a_table_of_paths_and_the_folder_that_holds_it(tmp_path: Path, name: str, separator: str) -> None:
    path = image_table(tmp_path / "in", name, separator=separator)
    dataset = read(path)
    assert (counted(dataset), dataset.kind, dataset.classes) == ((12, 12, 0), "image", ("cat", "dog"))
    assert read(path.parent).fingerprint == dataset.fingerprint
    assert any("column path" in note for note in dataset.notes)


def test_missing_and_repeated_images_in_a_table(tmp_path: Path) -> None:
    path = image_table(tmp_path, "labels.csv")
    lines = ["images/99.png,cat", "images/0.png,cat", "images/7.png,cat", "images/1.png", ",dog", "images/2.png,"]
    path.write_text(path.read_text() + "\n".join(lines))
    dataset = read(path)
    assert counted(dataset) == (18, 11, 7)
    reasons = " ".join(entry.reason for entry in dataset.set_aside)
    for cause in ("no file images/99.png", "several labels", "again", "1 cell", "path is empty", "label is empty"):
        assert cause in reasons


def test_bare_names_and_names_without_suffix_are_found(tmp_path: Path) -> None:
    put(tmp_path, *(f"deep/er/{i:03d}.png" for i in range(8)))
    rows = "\n".join(f"{i:03d}{'.png' if i % 2 else ''},{'a' if i < 4 else 'b'}" for i in range(8))
    dataset = read(write(tmp_path / "labels.csv", f"image_id,diagnosis\n{rows}\n"))
    assert counted(dataset) == (8, 8, 0)


def test_parquet_of_absolute_paths_with_a_split_and_groups(tmp_path: Path) -> None:
    put(tmp_path, *(f"x/{i}.png" for i in range(16)))
    frame = pd.DataFrame(
        {
            "file_name": [str(tmp_path / f"x/{i}.png") for i in range(16)],
            "target": [i % 2 for i in range(16)],
            "split": ["train"] * 10 + ["test"] * 6,
            "patient_id": [i // 2 for i in range(16)],
        }
    )
    frame.to_parquet(tmp_path / "table.parquet")
    dataset = read(tmp_path / "table.parquet")
    assert (counted(dataset), dataset.classes, dataset.official_split) == ((16, 16, 0), ("0", "1"), True)
    assert dataset.has_groups
    assert (dataset.items["part"] == "test").sum() == 6


def test_class_folders_win_over_a_table_beside_them_unless_asked(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    rows = "\n".join(f"{label}/{i}.png,{'x' if i < 3 else 'y'}" for label in ("cat", "dog") for i in range(6))
    write(root / "meta.csv", f"path,colour\n{rows}\n")
    assert read(root).classes == ("cat", "dog")
    assert read(root, ReadOptions(label_column="colour")).classes == ("x", "y")


def test_a_labels_table_wins_over_folders_that_are_no_classes(tmp_path: Path) -> None:
    path = image_table(tmp_path, "labels.csv")
    put(tmp_path, *(f"masks/{i}.png" for i in range(12)))
    assert (read(tmp_path).classes, read(path).classes) == (("cat", "dog"), ("cat", "dog"))


def test_folders_win_over_a_table_of_class_numbers(tmp_path: Path) -> None:
    rows = "\n".join(f"{label}/{i}.png,{n}" for n, label in enumerate(["cat", "dog"]) for i in range(6))
    write(class_folders(tmp_path) / "index.csv", f"path,label\n{rows}\n")
    assert read(tmp_path).classes == ("cat", "dog")


def test_paths_from_another_machine_are_found_by_their_end(tmp_path: Path) -> None:
    path = image_table(tmp_path, "labels.csv")
    path.write_text(path.read_text().replace("images/", "/home/somebody/set/images/"))
    assert counted(read(path)) == (12, 12, 0)


def test_a_table_in_an_archive_cannot_reach_outside(tmp_path: Path) -> None:
    put(tmp_path, *(f"secret/{i}.png" for i in range(4)))
    inner = put(tmp_path / "in", *(f"{i}.png" for i in range(6)))
    outside = [f"{tmp_path}/secret/{i}.png,a" for i in range(4)]
    inside = [f"{i}.png,{'a' if i < 3 else 'b'}" for i in range(6)]
    write(inner / "data.csv", "\n".join(["path,label", *inside, *outside]))
    shutil.make_archive(str(tmp_path / "pack"), "zip", inner)
    assert counted(read(tmp_path / "pack.zip")) == (10, 6, 4)


def test_reading_again_is_the_same_dataset_and_inspects_nothing(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    first = read(root)
    said: list[str] = []
    assert read(root, progress=lambda sentence, share: said.append(sentence)) == first
    assert not any("into" in sentence.lower() for sentence in said)
    assert open_dataset(first.fingerprint[:16]) == open_dataset(first.fingerprint) == first
    assert known_datasets() == [first]


def test_a_changed_file_is_another_dataset(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    before = read(root).fingerprint
    picture().save(root / "cat/0.png")
    assert read(root).fingerprint != before


def test_a_moved_folder_is_the_same_dataset_at_its_new_place(tmp_path: Path) -> None:
    first = read(class_folders(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "b")
    second = read(tmp_path / "b")
    assert second.fingerprint == first.fingerprint
    assert all(Path(path).is_file() for path in second.items["path"])
    assert open_dataset(first.fingerprint).source == str(tmp_path / "b")


def test_damaged_workspace_files_are_made_again(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    first = read(root)
    (Path(first.folder) / "items.parquet").write_bytes(b"broken")
    assert np.array_equal(read(root).labels, first.labels)
    (Path(first.folder) / "dataset.json").write_bytes(b"{")
    assert known_datasets() == []
    assert read(root) == first


@pytest.mark.parametrize("wanted", ["", "xyz", "0" * 16, "../../etc"])
def test_an_unknown_fingerprint_is_a_sentence(wanted: str) -> None:
    with pytest.raises(DatasetError):
        open_dataset(wanted)


def test_one_class_in_two_unicode_forms_is_one(tmp_path: Path) -> None:
    root = put(tmp_path, *(f"cafe\u0301/{i}.png" for i in range(5)), *(f"caf\u00e9/{i}.png" for i in range(5)))
    dataset = read(put(root, *(f"tea\u00a0room/{i}.png" for i in range(5))))
    assert dataset.classes == ("caf\u00e9", "tea room")
    assert counted(dataset) == (15, 15, 0)


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    root = class_folders(tmp_path)
    put(root, ".more/1.png", "cat/.2.png", ".git/3.png", "__MACOSX/4.png", "cat/.ipynb_checkpoints/0-checkpoint.png")
    write(root / "dog/more.zip", b"PK")
    write(root / "readme.md", "words")
    notes = read(root).notes
    assert any("2 hidden files and folders were not read: .more and cat/.2.png" in note for note in notes)
    assert any("1 archive inside the folder was not unpacked: dog/more.zip" in note for note in notes)
    assert any("left alone: readme.md" in note for note in notes)


@pytest.mark.parametrize(
    "boxes", ["labels/train/{}.txt", "images/train/{}.txt", "Annotations/{}.xml", "images/train/{}.json"]
)
def test_images_with_boxes_beside_them_are_refused_by_name(tmp_path: Path, boxes: str) -> None:
    root = put(tmp_path, *(f"images/train/{i}.png" for i in range(4)), *(f"images/val/{i}.png" for i in range(4, 6)))
    for i in range(6):
        write(root / boxes.format(i), "0 0.5 0.5 0.1 0.1")
    with pytest.raises(DatasetError, match="object detection, which is not read"):
        read(root)


def test_images_with_masks_beside_them_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="segmentation"):
        read(put(tmp_path, *(f"{top}/{i}.png" for top in ("images", "masks") for i in range(4))))


@pytest.mark.parametrize(
    "folders", [("train_images", "test_images"), ("train2017", "val2017"), ("imgs/train", "imgs/test")]
)
@pytest.mark.parametrize("ending", [".png", ""])
def test_a_table_beside_folders_of_parts_tells_the_classes(
    tmp_path: Path, folders: tuple[str, str], ending: str
) -> None:
    train, test = folders
    put(tmp_path, *(f"{train}/id_{i}.png" for i in range(12)), *(f"{test}/id_{i}.png" for i in range(40)))
    rows = [f"id_{i}{ending},{'cat' if i % 2 else 'dog'}" for i in range(12)]
    write(tmp_path / "train.csv", "image_id,label\n" + "\n".join(rows))
    dataset = read(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert dataset.n_used == 12
    assert all(f"{train}/" in path for path in dataset.items["path"])


@pytest.mark.parametrize(
    ("ending", "form"),
    [("mpo", "MPO"), ("apng", "PNG"), ("pcx", "PCX"), ("sgi", "SGI"), ("jpf", "JPEG2000"), ("jfif", "JPEG")],
)
def test_rarer_endings_are_images_and_the_first_picture_of_several_is_read(
    tmp_path: Path, ending: str, form: str
) -> None:
    several = form in ("MPO", "PNG")
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for n in range(12):
            first, more = picture(), [picture()] if several else []
            how = {"save_all": True, "append_images": more} if several else {}
            first.save(tmp_path / "pets" / label / f"{n}.{ending}", form, **how)
    dataset = read(tmp_path / "pets")
    assert counted(dataset) == (24, 24, 0)
    assert not any("left alone" in note for note in dataset.notes)
    white, black = Image.new("RGB", (16, 16), "white"), Image.new("RGB", (16, 16))
    white.save(tmp_path / f"one.{ending}", form, **({"save_all": True, "append_images": [black]} if several else {}))
    assert np.asarray(open_image(tmp_path / f"one.{ending}")).mean() > 250

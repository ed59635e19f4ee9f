from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.data.read.class_folders import place


def spread(*tops: str, n: int = 3) -> list[str]:
    return [f"{top}/{i}.png" for top in tops for i in range(n)]


@pytest.mark.parametrize(
    ("tops", "labels", "parts"),
    [
        (("cat", "dog"), {"cat", "dog"}, {""}),
        (("name/cat", "name/dog"), {"cat", "dog"}, {""}),
        (("a/b/train/cat", "a/b/train/dog", "a/b/test/cat"), {"cat", "dog"}, {"train", "test"}),
        (("Training/cat", "Testing/cat", "valid/dog"), {"cat", "dog"}, {"train", "test", "val"}),
        (("training_set/cat", "training_set/dog", "test_set/cat"), {"cat", "dog"}, {"train", "test"}),
        (("seg_train/seg_train/sea", "seg_test/seg_test/ice"), {"sea", "ice"}, {"train", "test"}),
        (("train/images/cat", "test/images/cat", "train/images/dog"), {"cat", "dog"}, {"train", "test"}),
        (("all/cat", "all/dog", "ood/dog"), {"cat", "dog"}, {"", "ood"}),
        (("cat/train", "cat/test", "dog/train"), {"cat", "dog"}, {"train", "test"}),
        (("train", "bus", "car"), {"train", "bus", "car"}, {""}),
        (("train/steam", "train/diesel", "bus/red", "car"), {"train", "bus", "car"}, {""}),
        (("cat/left/a", "cat/right", "dog"), {"cat", "dog"}, {""}),
        (("train/cat",), {"cat"}, {"train"}),
        (("name/cat",), {"cat"}, {""}),
    ],
)
def test_labels_and_parts(tops: tuple[str, ...], labels: set[str], parts: set[str]) -> None:
    found = place(spread(*tops))
    assert (set(found.labels), set(found.parts)) == (labels, parts)
    assert not any(found.reasons)
    assert not found.flat


@pytest.mark.parametrize("tops", [("train", "test"), ("images/train", "images/val"), ("test",)])
def test_parts_without_class_folders_are_flat(tops: tuple[str, ...]) -> None:
    assert place(spread(*tops)).flat


def test_images_without_any_folder_are_flat() -> None:
    assert place(["1.png", "2.png"]).flat


def test_unlabelled_files_beside_a_split_are_named_one_by_one() -> None:
    files = [*spread("train/cat", "train/dog"), "test/1.png", "test/2.png", "cover.png"]
    found = place(files)
    assert [bool(reason) for reason in found.reasons] == [False] * 6 + [True] * 3
    assert "without a class folder" in found.reasons[6]
    assert "outside" in found.reasons[8]


def test_a_stray_file_does_not_hide_the_wrapping_folder() -> None:
    found = place([*spread("name/cat", "name/dog"), "preview.png"])
    assert set(found.labels[:6]) == {"cat", "dog"}
    assert found.reasons[6]


def test_all_beside_an_official_split_is_not_counted_twice() -> None:
    found = place(spread("train/cat", "test/cat", "all/cat"))
    assert [bool(reason) for reason in found.reasons] == [False] * 6 + [True] * 3


names = st.sampled_from(["train", "test", "val", "all", "ood", "cat", "dog", "data", "x"])


@given(st.lists(st.lists(names, max_size=4).map(lambda dirs: "/".join([*dirs, "1.png"])), max_size=12))
def test_every_file_gets_a_class_or_a_reason(files: list[str]) -> None:
    found = place(files)
    if not found.flat:
        assert len(found.labels) == len(found.parts) == len(found.reasons) == len(files)
        assert all(label or reason for label, reason in zip(found.labels, found.reasons, strict=True))


@pytest.mark.parametrize(
    ("tops", "labels", "parts"),
    [
        (("train2017/cat", "train2017/dog", "val2017/cat"), {"cat", "dog"}, {"train", "val"}),
        (("TrainSet/cat", "TestSet/cat", "TrainSet/dog"), {"cat", "dog"}, {"train", "test"}),
        (("train_data/train/cat", "train_data/train/dog", "test_data/test/dog"), {"cat", "dog"}, {"train", "test"}),
        (("train/images/cat", "train/images/dog", "val/cat"), {"cat", "dog"}, {"train", "val"}),
        (("train_cats", "train_dogs", "test_cats", "test_dogs"), {"cats", "dogs"}, {"train", "test"}),
        (
            ("cats/cats_train", "cats/cats_test", "dogs/dogs_train", "dogs/dogs_test"),
            {"cats", "dogs"},
            {"train", "test"},
        ),
        (("cat", "dog", "test/cat", "test/dog"), {"cat", "dog"}, {"train", "test"}),
        (("originals/cat", "originals/dog", "test/cat", "test/dog"), {"cat", "dog"}, {"train", "test"}),
        (("fold1/cat", "fold1/dog", "fold2/cat", "fold2/dog", "fold3/dog", "fold3/cat"), {"cat", "dog"}, {""}),
        (("batch 1/cat", "batch 1/dog", "batch 2/cat", "batch 2/dog"), {"cat", "dog"}, {""}),
        (("part 1", "part 2"), {"part 1", "part 2"}, {""}),
        (("part 1/left", "part 2/right"), {"part 1", "part 2"}, {""}),
        (("test", "control"), {"test", "control"}, {""}),
    ],
)
def test_folders_that_name_parts_or_pieces_are_no_classes(
    tops: tuple[str, ...], labels: set[str], parts: set[str]
) -> None:
    found = place(spread(*tops))
    assert (set(found.labels), set(found.parts)) == (labels, parts)
    assert not any(found.reasons)


@pytest.mark.parametrize(
    "tops",
    [
        ("train_images", "test_images"),
        ("images_train", "images_test"),
        ("Training_set", "Test_set"),
        ("train2017", "val2017"),
        ("TrainImages", "TestImages"),
        ("x_train", "x_test"),
        ("train", "test1"),
        ("imgs/train", "imgs/test"),
        ("train/images", "valid/images", "test/images"),
        ("train/train", "test/test"),
        ("train", "test", "unlabeled"),
        ("fold1", "fold2", "fold3"),
        ("images",),
    ],
)
def test_parts_of_which_a_table_tells_the_classes_are_flat(tops: tuple[str, ...]) -> None:
    found = place([*spread(*tops[:1]), *spread(*tops[1:], n=9)])
    assert found.flat
    assert not found.problem


@pytest.mark.parametrize(
    "aside", ["test", "test1", "test/test", "test/unknown", "test_images", "to predict", "seg_pred"]
)
@pytest.mark.parametrize("n", [2, 90])
def test_items_without_a_class_beside_parts_are_set_aside(aside: str, n: int) -> None:
    found = place([*spread("train/cat", "train/dog", "val/cat"), *spread(aside, n=n)])
    assert set(found.labels[:9]) == {"cat", "dog"}
    assert [bool(reason) for reason in found.reasons] == [False] * 9 + [True] * n
    assert any(aside.split("/")[0] in note and f"{n} files" in note for note in found.notes)


@pytest.mark.parametrize("aside", ["unlabeled", "test", "unsup"])
def test_items_without_a_class_beside_class_folders_are_set_aside(aside: str) -> None:
    found = place(spread("cat", "dog", aside))
    assert {label for label, why in zip(found.labels, found.reasons, strict=True) if not why} == {"cat", "dog"}
    assert any(f"The folder {aside} is set aside" in note for note in found.notes)


def test_unlabelled_items_inside_a_part_are_no_class() -> None:
    found = place(spread("aclImdb/train/pos", "aclImdb/train/neg", "aclImdb/train/unsup", "aclImdb/test/pos"))
    assert {label for label, why in zip(found.labels, found.reasons, strict=True) if not why} == {"pos", "neg"}


@pytest.mark.parametrize("tops", [("images", "masks"), ("train/images", "train/labels", "val/images"), ("img", "gt")])
def test_images_beside_their_outlines_are_no_classes(tops: tuple[str, ...]) -> None:
    found = place(spread(*tops))
    assert found.flat
    assert "segmentation" in found.problem


def test_several_datasets_side_by_side_are_named() -> None:
    inside = [f"{part}/{label}" for part in ("train", "test") for label in ("cat", "dog")]
    found = place(spread(*(f"{size}px/{one}" for size in (64, 128) for one in inside)))
    assert found.flat
    assert "64px" in found.problem
    assert "several datasets" in found.problem


def test_classes_that_all_hold_the_same_folders_say_what_else_may_be_meant() -> None:
    found = place(spread("colour/apple", "colour/pear", "grey/apple", "grey/pear"))
    assert set(found.labels) == {"colour", "grey"}
    assert any("the same folders (apple and pear)" in note for note in found.notes)


def test_a_class_in_another_case_in_another_part_is_one_class_with_the_spelling_of_training() -> None:
    found = place(spread("train/Cat", "train/Dog", "test/cat", "test/DOG"))
    assert set(found.labels) == {"Cat", "Dog"}
    assert any("Cat and cat" in note for note in found.notes)
    assert set(place(spread("train/Cat", "train/cat", "test/cat")).labels) == {"Cat", "cat"}

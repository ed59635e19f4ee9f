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

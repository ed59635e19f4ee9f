"""Augmentation is repeatable, keeps shapes, and leaves alone what would change the class."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.training.augmentation import Augmentation, augment, choose, is_grey, is_written

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 20, 20, 3), dtype=np.uint8)


def test_the_same_generator_gives_the_same_pictures() -> None:
    how = Augmentation(rotation_degrees=10.0)
    one, other = (augment(torch.from_numpy(PICTURES), 16, how, np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(one, other)
    assert one.shape == (4, 16, 16, 3) and one.dtype == torch.uint8


def test_nothing_varied_is_the_picture_itself() -> None:
    still = Augmentation(smallest_area=1.0, flip=False, brightness=0.0, contrast=0.0, saturation=0.0)
    whole = torch.from_numpy(PICTURES)
    # aspect still varies with whole crops, so look at square ones only
    out = augment(whole, 20, still, np.random.default_rng(0))
    assert (out.float() - whole.float()).abs().mean() < 80
    grey = torch.full((2, 8, 8, 3), 90, dtype=torch.uint8)
    assert torch.equal(augment(grey, 8, still, np.random.default_rng(0)), grey)


def test_mirroring_swaps_left_and_right_only_when_allowed() -> None:
    ramp = torch.arange(0, 200, 10, dtype=torch.uint8).view(1, 1, 20, 1).expand(64, 20, 20, 3)

    def slopes(flip: bool) -> set[bool]:
        settings = Augmentation(flip=flip, brightness=0.0, contrast=0.0, saturation=0.0)
        out = augment(ramp, 16, settings, np.random.default_rng(1)).float()
        return {bool(rising) for rising in (out[:, :, -1, 0].mean(1) > out[:, :, 0, 0].mean(1))}

    assert slopes(flip=False) == {True}
    assert slopes(flip=True) == {True, False}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 1.0), st.booleans())
def test_any_augmentation_stays_within_the_picture_range(seed: int, area: float, flip: bool) -> None:
    flat = torch.full((3, 12, 12, 3), 128, dtype=torch.uint8)
    how = Augmentation(smallest_area=area, flip=flip, brightness=0.0, contrast=0.0, saturation=0.0)
    out = augment(flat, 9, how, np.random.default_rng(seed))
    assert out.shape == (3, 9, 9, 3)
    assert (out.int() - 128).abs().max() <= 1  # padding reflects, so no dark corners come in


@pytest.mark.parametrize(
    ("classes", "written"),
    [
        (["0", "1", "2"], True),
        (["a", "b", "c"], True),
        (["zero", "one", "two"], True),
        (["turn left", "turn right", "stop"], True),
        (["digit_0", "digit_1"], True),
        (["cat", "dog"], False),
        (["one-eyed cat", "dog", "horse"], False),
        (["yes", "no"], False),
    ],
)
def test_written_classes_are_known_by_their_names(classes: list[str], written: bool) -> None:
    assert is_written(classes) is written


def test_grey_pictures_keep_their_colour_and_digits_are_not_mirrored() -> None:
    grey = np.repeat(PICTURES[..., :1], 3, axis=-1)
    assert is_grey(grey) and not is_grey(PICTURES)
    digits = choose(["0", "1"], grey)
    assert digits.saturation == 0 and not digits.flip and "grey" in digits.reason
    pets = choose(["cat", "dog"], PICTURES)
    assert pets.saturation > 0 and pets.flip and "; mirroring;" in pets.reason
    assert choose(["cat", "dog"], PICTURES, strong=True).smallest_area < pets.smallest_area

"""What in an item decided: planted strokes and words are found, and a model that looks at nothing blames nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from probes.attribution import CELLS, MOST_WORDS, leave_one_out, occlusion, pieces_of


def constant(inputs: Sequence[object]) -> np.ndarray:
    return np.full((len(inputs), 3), 1 / 3)


def has_goal(texts: Sequence[str]) -> np.ndarray:
    share = np.array([0.9 if "goal" in text else 0.2 for text in texts])
    return np.stack([share, 1 - share], axis=1)


@given(st.text(max_size=400))
def test_pieces_hold_every_sign_but_spaces_in_order_and_there_are_few(text: str) -> None:
    pieces = pieces_of(text)
    ends = [0, *(end for _, end in pieces)]
    assert len(pieces) <= MOST_WORDS and all(before <= start < end for before, (start, end) in zip(ends, pieces))  # noqa: B905
    assert "".join(text[a:b] for a, b in pieces).split() == [] or "".join(
        "".join(text[a:b].split()) for a, b in pieces
    ) == "".join(text.split())


@given(st.text(max_size=400))
def test_a_constant_model_blames_no_word(text: str) -> None:
    pieces = pieces_of(text)
    assert leave_one_out(text, pieces, constant, 1).tolist() == [0.0] * len(pieces)


def test_the_word_that_decides_carries_the_drop_and_speaks_against_the_other_class() -> None:
    text = "A late goal, and rain"
    pieces = pieces_of(text)
    np.testing.assert_allclose(leave_one_out(text, pieces, has_goal, 0), [0, 0, 0.7, 0, 0])
    np.testing.assert_allclose(leave_one_out(text, pieces, has_goal, 1), [0, 0, -0.7, 0, 0])


def test_a_single_word_has_nothing_to_be_compared_with() -> None:
    assert leave_one_out("goal", pieces_of("goal"), has_goal, 0).tolist() == [0.0]
    assert leave_one_out("", pieces_of(""), has_goal, 0).tolist() == []


def test_scripts_without_spaces_are_taken_apart() -> None:
    assert len(pieces_of("今日は良い天気")) == 7


@given(st.integers(CELLS, 30), st.integers(CELLS, 30), st.integers(0, 2**32 - 1))
def test_a_constant_model_blames_no_part_of_a_picture(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert not occlusion(picture, constant, 0).any()


def test_a_model_that_looks_at_one_corner_blames_that_corner() -> None:
    picture = np.zeros((32, 40, 3), np.uint8)
    picture[:4, -5:] = 255

    def corner(pictures: Sequence[np.ndarray]) -> np.ndarray:
        share = np.array([one[:4, -5:].mean() / 255 for one in pictures])
        return np.stack([share, 1 - share], axis=1)

    drops = occlusion(picture, corner, 0)
    assert drops.shape == (CELLS, CELLS)
    assert np.unravel_index(drops.argmax(), drops.shape) == (0, CELLS - 1)
    assert np.count_nonzero(drops) == 4  # the one patch that covers it
    np.testing.assert_allclose(occlusion(picture, corner, 1), -drops)
    assert picture[:4, -5:].min() == 255, "the picture itself stays"

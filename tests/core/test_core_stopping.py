"""The exception of a stop, and writes that it must not cut."""

from __future__ import annotations

import pytest

from advisor.core.stopping import Stopped, is_writing, uncut


def test_what_takes_any_failure_for_its_own_lets_a_stop_through() -> None:
    with pytest.raises(Stopped):
        try:
            raise Stopped
        except Exception:  # as a decoder has it, for an image that it cannot read
            pytest.fail("a stop is no failure")


def test_writes_within_writes_are_under_way_until_the_outer_one_ends() -> None:
    assert not is_writing()
    with uncut():
        with uncut():
            assert is_writing()
        assert is_writing()
    assert not is_writing()


def test_a_write_that_fails_is_over() -> None:
    with pytest.raises(OSError, match="full"), uncut():
        raise OSError("full")
    assert not is_writing()

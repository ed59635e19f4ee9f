"""Stages take their time from those around them, and other threads' work is said beside them."""

from __future__ import annotations

import threading
import time

import pytest

from probes.timings import OTHER, Watch, beside, current, stage, watched


def _busy(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def test_the_stages_add_up_to_the_time_by_the_clock() -> None:
    started = time.perf_counter()
    with watched() as watch:
        _busy(0.02)
        with stage("decoding"):
            _busy(0.02)
            with stage("forward"):
                _busy(0.02)
            _busy(0.02)
        with stage("forward"):
            _busy(0.02)
    took = time.perf_counter() - started
    assert list(watch.stages) == [OTHER, "decoding", "forward"]
    assert sum(spent.seconds for spent in watch.stages.values()) == pytest.approx(took, abs=0.005)
    assert watch.stages["decoding"].seconds >= 0.04
    assert watch.stages["forward"].seconds >= 0.04
    assert watch.stages[OTHER].seconds >= 0.02


def test_a_watch_inside_another_counts_in_both_and_once() -> None:
    started = time.perf_counter()
    with watched() as outer:
        with stage("listing"):
            _busy(0.01)
        with watched() as inner, stage("forward"):
            _busy(0.02)
        with stage("forward"):
            _busy(0.01)
    took = time.perf_counter() - started
    assert "listing" not in inner.stages
    assert inner.stages["forward"].seconds >= 0.02
    assert outer.stages["forward"].seconds >= 0.03
    assert sum(spent.seconds for spent in outer.stages.values()) == pytest.approx(took, abs=0.005)


def test_what_another_thread_does_is_beside_another_stage_or_is_that_stage() -> None:
    def decode(watch: Watch) -> None:
        with watch.beside("decoding"):
            _busy(0.02)

    with watched() as watch:
        with stage("forward"):
            thread = threading.Thread(target=decode, args=(watch,))
            thread.start()
            thread.join()
        with stage("decoding"):
            thread = threading.Thread(target=decode, args=(watch,))
            thread.start()
            thread.join()
    assert 0.02 <= watch.stages["decoding"].beside_seconds < watch.stages["decoding"].seconds + 0.02
    assert watch.stages["forward"].beside_seconds == 0


def test_nothing_is_recorded_where_nobody_watches_and_a_failing_stage_ends() -> None:
    with stage("forward"):
        assert current() is None
    with watched() as watch:
        with pytest.raises(ValueError, match="no"), stage("forward"):
            raise ValueError("no")
        with stage("decoding"):
            pass
    assert list(watch.stages) == [OTHER, "forward", "decoding"]
    assert current() is None


def test_work_for_another_thread_counts_for_whoever_watched_when_it_was_handed_over() -> None:
    with watched() as watch:
        work = beside("domain", _busy)
        thread = threading.Thread(target=work, args=(0.02,))
        with stage("layers"):
            thread.start()
            thread.join()
    assert watch.stages["domain"].beside_seconds >= 0.02
    assert watch.stages["domain"].seconds == 0
    assert beside("domain", len)([1, 2]) == 2

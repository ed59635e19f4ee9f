"""What a piece of work takes: the processor's time of it, whatever else the machine does."""

from __future__ import annotations

import time

import pytest

from probes.pace import Pace, pace


def test_two_paces_of_one_work_on_a_free_and_a_busy_machine_take_the_same_seconds() -> None:
    free, busy = Pace(rate=200.0, cost=0.01, threads=2), Pace(rate=11.0, cost=0.01, threads=2)
    assert free.seconds == busy.seconds == pytest.approx(0.005)
    assert Pace(rate=200.0, cost=0.001, threads=0).seconds == pytest.approx(0.005)  # a graphics card's, by the clock


def test_waiting_takes_none_of_the_processors_time() -> None:
    waited = pace(lambda: time.sleep(0.02), 4, 0.0, threads=1)
    assert waited.seconds < 1.0 / waited.rate

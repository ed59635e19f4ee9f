"""Open pages look less often the more there are, and see the same curves, drawn once."""

from __future__ import annotations

import json
from collections.abc import Callable

from advisor.core.records import Dataset
from advisor.core.workspace import RunFiles
from advisor.runs import store
from advisor.ui import live
from advisor.ui.polling import CLOSED_SECONDS, FEW, LONGEST_SECONDS, interval


def test_all_pages_together_look_about_as_often_as_a_few() -> None:
    for n in range(FEW, 120):
        looks = n / interval(2.0, n)
        assert looks <= FEW / 2.0
        assert interval(2.0, n) <= interval(2.0, n + 1) <= LONGEST_SECONDS < CLOSED_SECONDS
    assert {interval(5.0, n) for n in range(FEW + 1)} == {5.0}


def test_curves_are_drawn_once_until_the_run_has_gone_on(images: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "queued")
    path = RunFiles(store.directory(run)).metrics

    def seen() -> object:
        figures = live.drawn(run, str(path), path.stat().st_mtime_ns)
        return next(figure for name, figure, _ in figures if name == "loss")

    first = seen()
    assert seen() is first
    with path.open("a") as stream:
        stream.write(json.dumps({"stage": "training", "step": 5, "seconds": 5, "train_loss": 0.1}) + "\n")
    later = seen()
    assert later is not first
    assert len(later.data[0].x) == len(first.data[0].x) + 1  # type: ignore[attr-defined]

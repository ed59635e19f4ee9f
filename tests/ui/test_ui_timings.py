"""The fold of where the time went: what it adds up to, and none for older evidence."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor.core.records import Evidence, StageTime
from advisor.ui import timings
from tests.ui.ui_records import unfolded

COMMON: dict[str, Any] = {
    "fingerprint": "f", "metric": "accuracy", "backbone": "efficientnet-lite0", "backbone_hash": "h", "device": "cpu",
    "device_reason": "r", "input_size": 224, "n_train": 9, "n_test": 3, "n_test_per_class": (3,), "results": (),
    "seconds": 1.0,
}  # fmt: skip
TIMES = (
    StageTime(stage="other", seconds=0.5, processor_seconds=0.5),
    StageTime(stage="forward", seconds=3.0, processor_seconds=6.0),
    StageTime(stage="decoding", seconds=1.0, processor_seconds=2.0, beside_seconds=1.5),
)


def page() -> None:
    """Runs inside AppTest, so everything it needs is imported here."""
    from advisor.core.records import Evidence
    from advisor.ui import timings
    from tests.ui.test_ui_timings import COMMON, TIMES

    timings.draw(Evidence(**COMMON))
    timings.draw(Evidence(**COMMON, timings=TIMES))


def test_the_fold_is_closed_and_there_only_where_times_were_kept() -> None:
    app = AppTest.from_function(page).run(timeout=30)
    assert not app.exception
    assert [fold.label for fold in app.expander] == [timings.TITLE]
    assert not app.dataframe
    assert len(unfolded(app).dataframe) == 1


def test_the_rows_add_up_in_the_order_of_the_line() -> None:
    frame = timings.frame(Evidence(**COMMON, timings=TIMES))
    assert frame["Stage"].tolist() == ["Decoding and tokenizing", "Forward pass", "Everything else", "Together"]
    assert frame["Seconds"].tolist()[:-1] == [1.0, 3.0, 0.5]
    assert frame["Seconds"].tolist()[-1] == pytest.approx(4.5)
    assert frame["Beside other stages"].tolist() == [1.5, 0.0, 0.0, 1.5]


def test_the_measuring_took_what_its_stages_add_up_to() -> None:
    assert Evidence(**COMMON, timings=TIMES).took == pytest.approx(4.5)
    assert Evidence(**COMMON).took == 1.0  # older evidence kept no stages

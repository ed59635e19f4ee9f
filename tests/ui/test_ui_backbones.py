"""The comparison of backbones on the pages: the figure says what the record says, and a name is no markup."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from advisor.core.records import Backbones, BackboneTrial
from advisor.ui import charts
from advisor.ui.instruments.backbones import leads, row
from probes.measured import Measured


def compared(best: str = "b") -> Backbones:
    """The default, one ahead, one behind, and one that was not tried."""
    value = Measured(value=0.8, low=0.75, high=0.85, n=400, seconds=1.0)

    def trial(name: str, lead: float | None, title: str = "") -> BackboneTrial:
        shown = lead is not None
        return BackboneTrial(
            backbone=name, title=title or name, value=value, seconds_per_item=0.012, stayed=True, sentence=f"{name}.",
            lead=value.model_copy(update={"value": lead, "low": (lead or 0) - 0.02, "high": (lead or 0) + 0.02})
            if shown else None,
        )  # fmt: skip

    missing = BackboneTrial(backbone="d", title="d", sentence="d was not tried: 100 items would have taken 2 min.")
    trials = (trial("a", None), trial("b", 0.04, "<i>b</i>"), trial("c", -0.01), missing)
    return Backbones(default="a", best=best, trials=trials, n=400, toll=0.0025, sentence="Start from b.", seconds=9.0)


def test_the_figure_has_a_line_for_each_lead_and_marks_the_one_to_start_from() -> None:
    behind, ahead = leads(compared(), "accuracy").data
    assert (ahead.x[0], behind.x[0]) == (pytest.approx(4.0), pytest.approx(-1.0))
    assert ahead.marker.color == charts.TEAL != behind.marker.color
    assert ahead.error_x.array[0] == pytest.approx(2.0) == ahead.error_x.arrayminus[0]
    assert ahead.y == ("&lt;i&gt;b&lt;/i&gt;",)


def test_a_row_says_what_was_measured_or_why_nothing_was() -> None:
    found = compared()
    default, ahead, behind, missing = (row(trial, found, "accuracy") for trial in found.trials)
    assert (default["Remark"], ahead["Remark"], behind["Remark"]) == ("default", "start from this", "")
    assert ahead["Points"] == "4.0 above (2.0 to 6.0)" and behind["Points"].startswith("1.0 below")
    assert (default["Points"], ahead["Per item"], missing["Accuracy"]) == ("", "12 ms", "")
    assert "2 min" in missing["Remark"]


def section(content: str) -> None:
    """The section of a page, drawn alone."""
    from types import SimpleNamespace
    from typing import Any

    from advisor.core.records import Backbones
    from advisor.ui import cards
    from advisor.ui.instruments import backbones

    found = Backbones.model_validate_json(content)
    seen: Any = SimpleNamespace(backbones=found, metric="accuracy", backbone=found.best)
    card = backbones.card(seen, seen)
    assert card is not None
    cards.draw([card])
    backbones.line(seen)


def test_the_section_draws() -> None:
    app = AppTest.from_function(section, kwargs={"content": compared().model_dump_json()}, default_timeout=60).run()
    assert not app.exception
    assert [heading.value for heading in app.subheader] == ["Which backbone?"]
    frame = app.dataframe[0].value
    assert list(frame["Remark"])[:2] == ["default", "start from this"]
    assert any("Start from b." in html.value for html in app.get("html"))

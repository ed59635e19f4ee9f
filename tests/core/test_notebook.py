"""Records in a notebook: their words are shown, and no name of a class is mark-up."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from advisor import api
from advisor.core import notebook
from advisor.core.records import RunReport
from probes.measured import Measured

HOSTILE = "<script>alert(1)</script>"


def words(html: str) -> str:
    return re.sub(r"<[^>]*>", " ", html)


def test_a_table_is_escaped_and_one_row_stands_out() -> None:
    html = notebook.table(["<i>"], [["<b>one</b>"], ["two"]], chosen=1)
    assert "<b>" not in html and "<i>" not in html and html.count("font-weight") == 1
    assert html.index("font-weight") > html.index("one")


def test_a_profile_and_an_advice_show_their_numbers_and_escape_names(tmp_path: Path) -> None:
    rows = [
        (f"{word} number {i} is here", label) for i in range(40) for word, label in (("tea", HOSTILE), ("car", "b"))
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "t.csv", index=False)
    profile = api.profile(tmp_path / "t.csv")._repr_html_()
    advice = api.advise(tmp_path / "t.csv", budget=5.0)
    shown = advice._repr_html_()
    for html in (profile, shown):
        assert "<script" not in html
    assert "80 items in 2 classes" in words(profile) and "&lt;script&gt;" in profile
    assert notebook.headline(advice.headline) in shown
    assert len(re.findall("<tr>", shown)) == 1 + len(advice.estimates)


def test_a_report_shows_what_was_reached_against_the_forecast() -> None:
    share = Measured(
        value=0.9, low=0.8, high=0.95, level=0.9, unit="accuracy", n=50, seconds=0.0, provenance="measured"
    )
    report = RunReport(
        run="r", rung="frozen", metric="accuracy", test=share, promised=share, classes=("a", HOSTILE),
        confusion=[[1, 0], [0, 1]], per_class=[{"class": HOSTILE, "precision": 0.5, "n": 3}], mistakes=(), seconds=1.0,
        device="cpu", precision="float32", sentences=("It is <done>.",),
    )  # fmt: skip
    html = report._repr_html_()
    assert "<script" not in html and "<done>" not in html
    assert "90.0 % accuracy on 50 test items" in words(html) and "Predicted" in words(html) and "50.0 %" in words(html)

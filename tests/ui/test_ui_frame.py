"""Where am I? The strip on every page names the dataset, its fingerprint and the steps; the tab is called by both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.ui import frame, places, whereabouts
from tests.ui.ui_records import opened, sentences


def steps(app: AppTest) -> dict[str, str]:
    """Step → the icon of its link in the strip."""
    titles = {places.place(name).title for name in whereabouts.STEPS}
    links = [link.proto for link in app.page_link if link.proto.label in titles]
    return {link.label: link.icon for link in links}


@pytest.mark.parametrize("page", [place.name for place in places.PLACES if place.name != "score"])
def test_every_page_says_which_dataset_and_how_far_it_is(images: Dataset, page: str) -> None:
    app = opened(page, data=images.fingerprint[:16])
    line = next(line for line in sentences(app) if "fingerprint" in line)
    assert "digits · 100 images · 4 classes" in line and images.fingerprint[:8] in line
    done = {name for name, icon in steps(app).items() if icon == frame.DONE}
    assert done == {"Data", "Profile", "Evidence", "Advice"}


def test_a_run_is_about_its_own_dataset(images: Dataset, texts: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(images, "done")
    app = opened("run", data=texts.fingerprint[:16], run=run)
    assert any("digits · 100 images" in line for line in sentences(app))
    assert steps(app)["Run"] == frame.DONE


@pytest.mark.parametrize("page", ["data", "profile", "runs"])
def test_without_a_dataset_there_is_no_strip(page: str) -> None:
    assert steps(opened(page)) == {}


def test_the_tab_is_called_by_its_page_and_dataset() -> None:
    advice, runs = places.place("advice"), places.place("runs")
    assert frame.tab_title(advice, "digits") == "Advice · digits · Transfer Advisor"
    assert frame.tab_title(advice, "") == "Advice · Transfer Advisor"
    assert frame.tab_title(runs, "digits") == "Runs · Transfer Advisor"

"""Pages on a phone in real headless Chromium: what stands in one line, and what is whole."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.test_browser import LONG, address, browser_page, pytestmark
from tests.ui.test_ui_issues import measured

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

__all__ = ["address", "browser_page", "pytestmark"]  # fixtures and marks


def box(place: Locator) -> dict[str, Any]:
    """Where something stands: x, y, width, height."""
    found = place.bounding_box()
    assert found is not None
    return dict(found)


def style(place: Locator, name: str) -> str:
    """A computed property."""
    return str(place.evaluate("(element, name) => getComputedStyle(element)[name]", name))


@pytest.mark.parametrize("width", [360, 390])
def test_the_steps_stand_in_one_line_and_segments_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, browser_page: Page, width: int
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "served" / "home" / "advisor"))
    dataset, _ = measured(tmp_path)
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.goto(address)
    told = browser_page.get_by_test_id("stFileUploaderDropzoneInstructions")
    told.wait_for(timeout=LONG)
    button = box(browser_page.get_by_test_id("stFileUploaderDropzone").get_by_test_id("stBaseButton-secondary"))
    words = box(told.locator("span").first)
    assert abs(button["x"] + button["width"] / 2 - words["x"] - words["width"] / 2) <= 2
    browser_page.goto(f"{address.split('/?')[0]}/fix?data={dataset.fingerprint[:16]}")
    browser_page.locator(".work").wait_for(timeout=LONG)
    steps = [box(step) for step in browser_page.locator('.st-key-steps [data-testid="stPageLink"]').all()]
    assert len(steps) == 5 and len({round(step["y"]) for step in steps}) == 1
    assert all(one["x"] + one["width"] <= after["x"] + 1 for one, after in pairwise(steps))
    assert steps[-1]["x"] + steps[-1]["width"] <= width
    segments = browser_page.locator('[data-variant="segmented_control"]')
    for segment in segments.all():
        assert style(segment, "borderTopLeftRadius") == style(segment, "borderTopRightRadius") == "8px"
        assert style(segment, "borderLeftWidth") == style(segment, "borderRightWidth") == "1px"
        assert box(segment)["height"] >= 40

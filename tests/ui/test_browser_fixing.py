"""The gallery of corrections in real headless Chromium: keys decide, nothing is lost, and the version is made."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from advisor.data.versions import decisions, family
from tests.ui.test_browser import LONG, address, browser_page, pytestmark
from tests.ui.test_ui_issues import measured

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser_page", "pytestmark"]  # fixtures and marks


def test_keys_decide_and_a_version_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, browser_page: Page
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "served" / "home" / "advisor"))
    dataset, _ = measured(tmp_path)
    browser_page.goto(address)
    browser_page.get_by_role("heading", level=1).wait_for()
    browser_page.goto(f"{address.split('/?')[0]}/fix?data={dataset.fingerprint[:16]}")
    gallery = browser_page.locator(".work")
    gallery.wait_for(timeout=LONG)
    gallery.focus()
    for key in ("r", "d", "k", "2", "g", "d", "z"):
        browser_page.keyboard.press(key)
    wanted = ["drop", "keep", "relabel", "relabel"]
    for _ in range(100):
        held = decisions.standing(dataset)
        if sorted(one.action for one in held.decisions) == wanted:
            break
        time.sleep(0.2)
    assert sorted(one.action for one in held.decisions) == wanted
    browser_page.get_by_role("button", name="Make a version").click()
    browser_page.get_by_role("heading", name="Not measured yet").wait_for(timeout=LONG)
    (version,) = family.versions_of(dataset)
    assert version.version is not None and version.version.n_dropped == 1
    browser_page.get_by_role("button", name="Undo this version").click()
    browser_page.get_by_role("button", name="Undo last").wait_for(timeout=LONG)
    assert not family.versions_of(dataset)

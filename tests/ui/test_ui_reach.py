"""Every page in real headless Chromium: axe-core finds nothing serious, the keyboard reaches all, a phone fits.

Rules: WCAG 2.2 as axe-core knows them; "serious" and "critical" are its own words for what keeps somebody from reading
or using a page.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from advisor.core.records import Dataset
from advisor.ui.places import PLACES
from tests.ui.ladder_csv import write_tables
from tests.ui.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
#: Elements that reach beyond the right edge of a narrow screen and are not inside something that scrolls by itself.
SIDEWAYS = """() => {
  const wide = [], edge = document.documentElement.clientWidth + 1;
  for (const element of document.querySelectorAll('[data-testid="stMain"] *')) {
    if (element.getBoundingClientRect().right <= edge || element.closest('[aria-hidden="true"], svg')) continue;
    let inside = element.parentElement, clipped = false;
    while (inside && inside.dataset.testid !== 'stMain') {
      clipped ||= ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(inside).overflowX);
      inside = inside.parentElement;
    }
    if (!clipped) wide.push(element.outerHTML.slice(0, 120));
  }
  return wide;
}"""
#: Of what has the focus: its name, and whether a line around it shows.
FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  return {name: (element.innerText || element.ariaLabel || '').trim(), tag: element.tagName,
          shows: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""
#: A screen as high as the longest page.
TALL = 7000
#: What stands for something that is drawn when the reader comes near.
WAITING = '[data-testid="stSkeleton"]'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(480),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium on the PATH (apt-get install chromium)"),
]


@pytest.fixture
def addresses(
    tmp_path: Path, workspace: Path, images: Dataset, write_run: Callable[..., str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The address to enter by, and that of each page about a dataset with evidence, advice and a finished run."""
    query = f"data={images.fingerprint[:16]}&run={write_run(images, 'done')}"
    tables = write_tables(tmp_path / "ladder")
    with served(tmp_path / "served", ADVISOR_HOME=str(workspace), ADVISOR_LADDERBENCH=str(tables)) as running:
        base = f"http://127.0.0.1:{running.port}"
        yield running.address, {place.name: f"{base}/{place.name}?{query}" for place in PLACES}


@pytest.fixture
def browser_page(tmp_path: Path) -> Iterator[Page]:
    """A page in a fresh profile."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
    with api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        yield page
        context.close()


def drawn(page: Page, address: str) -> None:
    """Open a page, on a screen that holds all of it, and wait until it is drawn whole."""
    page.set_viewport_size({"width": (page.viewport_size or {"width": 1280})["width"], "height": TALL})
    page.goto(address.replace("/data?", "/?"))
    page.get_by_role("heading", level=1).first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(1500)
    page.locator(WAITING).first.wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser_page: Page, addresses: tuple[str, dict[str, str]], scheme: str) -> None:
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    browser_page.goto(addresses[0])
    found = {}
    for name, address in addresses[1].items():
        drawn(browser_page, address)
        violations = axe.Axe().run(browser_page).response["violations"]
        found[name] = [
            (v["id"], [node["html"][:160] for node in v["nodes"]])
            for v in violations
            if v["impact"] in ("serious", "critical")
        ]
    assert {name: some for name, some in found.items() if some} == {}


def test_what_lies_below_comes_when_the_reader_does(browser_page: Page, addresses: tuple[str, dict[str, str]]) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1280, "height": 600})
    page.goto(addresses[0])
    page.goto(addresses[1]["run"])
    page.locator(WAITING).first.wait_for()
    assert page.get_by_text("Where it is wrong").count() == 0
    page.get_by_text("How it was trained").scroll_into_view_if_needed()
    page.get_by_text("Where it is wrong").wait_for()


def test_the_buttons_of_the_samples_stand_in_one_line(
    browser_page: Page, addresses: tuple[str, dict[str, str]]
) -> None:
    browser_page.goto(addresses[0])
    drawn(browser_page, addresses[1]["data"])
    boxes = [button.bounding_box() for button in browser_page.locator(".st-key-gallery .stButton").all()]
    assert len({round(box["y"]) for box in boxes if box is not None}) == 1 and len(boxes) > 2


def test_no_page_scrolls_sideways_on_a_phone(browser_page: Page, addresses: tuple[str, dict[str, str]]) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(addresses[0])
    found = {}
    for name, address in addresses[1].items():
        drawn(browser_page, address)
        found[name] = browser_page.evaluate(SIDEWAYS)
    assert {name: some for name, some in found.items() if some} == {}


def test_the_keyboard_walks_and_the_focus_shows(browser_page: Page, addresses: tuple[str, dict[str, str]]) -> None:
    page = browser_page
    page.goto(addresses[0])
    drawn(page, addresses[1]["profile"])
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        seen.append(focus)
        if focus["name"].endswith("Machine"):
            break
    named = " ".join(focus["name"] for focus in seen)
    assert all(place.title in named for place in PLACES), named
    unseen = [focus for focus in seen if focus["tag"] in ("A", "BUTTON", "SUMMARY") and not focus["shows"]]
    assert not unseen
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/machine"))
    page.get_by_role("heading", name="What does it run on?").wait_for()

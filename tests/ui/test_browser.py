"""One pass through the dashboard in real headless Chromium: sample, advice, trained model, prediction."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.ui.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SOON, LONG = 30_000, 240_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(480),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium on the PATH (apt-get install chromium)"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The dashboard's printed address, served as `advisor app` serves it, with a workspace of its own."""
    with served(tmp_path / "served") as running:
        yield running.address


@pytest.fixture
def browser_page(tmp_path: Path) -> Iterator[Page]:
    """A page in a fresh profile. Nothing it loads may come from anywhere but this machine."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
    hosts: set[str | None] = set()
    with api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        yield page
        context.close()
    assert hosts - {None, ""} <= {"127.0.0.1"}


def choose(page: Page, field: str, option: Locator) -> None:
    """Open a list and take an option; what is still drawn around it closes a list, which is then opened again."""
    for _ in range(5):
        page.locator(field).first.click()
        page.wait_for_timeout(1000)
        if option.is_visible():
            break
    option.click()


def fits_a_phone(page: Page) -> bool:
    """Whether neither the needs nor the ladder scroll sideways on a narrow screen."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(1000)
    widths = page.evaluate(
        "['.st-key-need', '.rungs'].flatMap(name => [...document.querySelectorAll(`${name}, ${name} *`)])"
        ".map(element => element.getBoundingClientRect().right)"
    )
    page.set_viewport_size(before or {"width": 1280, "height": 900})
    return len(widths) > 20 and max(widths) <= 390


def test_from_a_sample_to_a_prediction(browser_page: Page, address: str) -> None:
    page = browser_page
    page.goto(address)
    page.get_by_role("heading", name="Prompt, fine-tune, or train?").wait_for()
    page.locator(".st-key-sample-digits button").first.click()  # the first of three clicks
    page.get_by_role("heading", name="What is in the data?").wait_for()
    page.get_by_role("button", name="Get advice").click(timeout=LONG)  # the second
    page.get_by_role("button", name="Train this").wait_for(timeout=LONG)  # advice, one click to spare

    assert re.search(r"[?&]data=[0-9a-f]{16}", page.url)
    page.reload()
    train = page.get_by_role("button", name="Train this")
    train.wait_for()
    page.get_by_text("The ladder as a picture").click()
    page.locator(".js-plotly-plot").first.wait_for()
    assert fits_a_phone(page)
    frozen = page.get_by_role(
        "option", name=re.compile("Frozen features")
    )  # whatever is recommended: it trains soonest
    choose(page, "[data-testid=stSelectbox] input", frozen)
    budget = "[class*=st-key-budget-frozen] input"
    page.locator(budget).wait_for()
    choose(page, budget, page.get_by_role("option", name="1 min", exact=True))
    train.click()
    page.wait_for_url(re.compile(r"/run\?.*run="), timeout=SOON)

    page.get_by_role("heading", name=re.compile("^Reached ")).wait_for(timeout=LONG)
    page.get_by_text("it reached").first.wait_for()
    page.get_by_text("Upload", exact=True).first.click()
    page.locator("[class*=st-key-try-image] input[type=file]").set_input_files(digit())  # not the box for tables
    page.get_by_text("with probability").wait_for(timeout=LONG)  # the model is loaded first
    assert page.get_by_text("This did not work").count() == 0


def test_questions_over_documents_are_read_from_the_sample(browser_page: Page, address: str) -> None:
    browser_page.goto(address)
    browser_page.locator(".st-key-sample-handbook button").first.click()
    browser_page.get_by_role("heading", name="Some questions").wait_for(timeout=LONG)
    assert browser_page.get_by_text(re.compile(r"\d+ questions over \d+ documents")).count() == 1
    browser_page.goto(browser_page.url.replace("/profile", "/evidence"))
    browser_page.get_by_role("button", name="Measure now").wait_for()
    assert browser_page.get_by_text("This did not work").count() == 0


def test_a_table_is_corrected_before_it_is_read_and_back_leads_back(browser_page: Page, address: str) -> None:
    page = browser_page
    rows = "".join(f"Parcel {i} is late,{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(60))
    table: FilePayload = {
        "name": "My [parcels].csv",
        "mimeType": "text/csv",
        "buffer": f"message,team,rank\n{rows}".encode(),
    }
    page.goto(address.replace("/?", "/data?"))
    page.locator("input[type=file]").set_input_files(table)
    assert page.get_by_text("Page not found").count() == 0
    page.get_by_role("button", name="Read the data").wait_for(timeout=LONG)
    label = page.locator("[data-testid=stSelectbox]").first.locator("input")
    other = "team" if label.input_value() == "rank" else "rank"
    label.click()
    page.get_by_role("option", name=other, exact=True).click()
    page.get_by_role("button", name="Undo the changes").wait_for(timeout=LONG)
    page.get_by_role("button", name="Read the data").click()
    page.get_by_role("button", name="Get advice").wait_for(timeout=LONG)
    assert page.title() == "Profile · My [parcels] · Transfer Advisor"
    page.get_by_test_id("stPageLink").filter(has_text="Evidence").click()
    page.wait_for_url(re.compile(r"/evidence\?data="))
    page.go_back()
    page.wait_for_url(re.compile(r"/profile\?data="))
    page.get_by_role("heading", name="What is in the data?").wait_for()


@pytest.mark.parametrize("tab", ["Folder", "Files"])
def test_a_folder_that_is_dropped_keeps_its_subfolders(
    browser_page: Page, address: str, tmp_path: Path, tab: str
) -> None:
    page, folder = browser_page, tmp_path / "colours"
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (folder / name).mkdir(parents=True)
        for number in range(8):
            Image.new("RGB", (16 + number, 16), colour).save(folder / name / f"{number}.png")
    page.goto(address.replace("/?", "/data?"))
    page.get_by_role("tab", name=tab).click()
    zone = page.locator("[data-testid=stFileUploaderDropzone]:visible")
    zone.wait_for()
    page.wait_for_timeout(1000)  # the page is drawn anew when a tab opens
    drop(page, zone, [folder])
    page.get_by_role("button", name=re.compile("Preview the f")).click(timeout=LONG)
    page.get_by_text("16 images in 2 classes").first.wait_for(timeout=LONG)
    assert page.get_by_role("heading", name="Is this right?").is_visible()


def drop(page: Page, zone: Locator, paths: list[Path]) -> None:
    """Drag files or folders of the disk onto a zone, as from a file manager."""
    box = zone.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def digit() -> FilePayload:
    """A handwritten digit as an upload."""
    from io import BytesIO

    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    stream = BytesIO()
    Image.fromarray((load_digits().images[7] * 15).astype(np.uint8)).save(stream, "PNG")
    return {"name": "my *digit* <b>.png", "mimeType": "image/png", "buffer": stream.getvalue()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_light_or_dark_of_the_system(browser_page: Page, address: str, scheme: str) -> None:
    browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    browser_page.goto(address.replace("/?", "/runs?"))
    browser_page.get_by_role("heading", name="What has been tried?").wait_for()
    color = browser_page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
    brightness = sum(int(x) for x in re.findall(r"\d+", color)[:3]) / 3
    assert (brightness > 128) == (scheme == "light")

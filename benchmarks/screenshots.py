"""The guide's pictures of the dashboard, docs/images/*.png, from samples that are measured and trained on the spot.

    python -m benchmarks.screenshots               takes about nine minutes on two processors

It works in the workspace that ``ADVISOR_HOME`` names, with the runs that are there, else in a fresh one. It serves the
dashboard as `advisor app` does, and opens each page in Debian's chromium (``CHROMIUM`` names another), 1280 pixels wide
in light and dark colours, and as wide as a phone.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from advisor import api
from advisor.cli.dashboard import command
from advisor.core import sharing
from advisor.core.records import Dataset
from advisor.runs import store
from advisor.score.kept import kept_board

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TOKEN = secrets.token_urlsafe(24)
WIDTH, HEIGHT, TALL = 1280, 1000, 1500
#: End of a picture's name: colours, width and height.
VIEWS: dict[str, tuple[Literal["light", "dark"], int, int]] = {
    "": ("light", WIDTH, HEIGHT), "-dark": ("dark", WIDTH, HEIGHT), "-phone": ("light", 390, 844),
}  # fmt: skip
PAGES = ("data", "profile", "evidence", "advice", "fix", "runs", "score", "machine")
QUESTION = "How big may the feature cache grow?"
#: The command that serves the dashboard, by the port.
DASHBOARD = partial(command, browser=False)
#: Seconds for a page to settle: figures are drawn after the rest.
SETTLE, LONG_MS = 4.0, 120_000


def main() -> None:
    """Make the runs, serve the pages and take the pictures."""
    with tempfile.TemporaryDirectory(prefix="advisor-screenshots-") as fresh:
        os.environ.setdefault("ADVISOR_HOME", fresh)
        digits, result = trained("sample:digits", "frozen")
        trained("sample:topics", "frozen")
        _, answers = trained("sample:handbook", "frozen")
        kept_board()  # the page of the score would be taken while it is computed
        with served() as address, browser() as page:
            page.goto(f"{address}/?token={TOKEN}")  # a cookie keeps it from here on
            at = f"?data={digits.fingerprint[:16]}"
            for name in PAGES:
                shots(page, f"{address}/{name}{at}" if name != "data" else address, name)
            shots(page, f"{address}/run?run={result}", "result")
            tried(page, f"{address}/run?run={result}")
            asked(page, f"{address}/run?run={answers}")
            live(page, address, digits)


def trained(sample: str, rung: str) -> tuple[Dataset, str]:
    """A sample with its profile, advice and one finished run."""
    dataset = api.read(sample)
    api.profile(dataset)
    advice = api.advise(dataset)
    for status in store.runs():
        if (status.state, status.rung, status.dataset_name) == ("done", rung, dataset.name):
            return dataset, status.run
    return dataset, api.train(dataset, rung=rung, budget=300.0, advice=advice).run


@contextmanager
def served(serving: Callable[[int], list[str]] = DASHBOARD) -> Iterator[str]:
    """The address of the dashboard, while it is served, or of another server whose command is given, by the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        serving(port), env={**os.environ, sharing.TOKEN: TOKEN}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def browser() -> Iterator[Page]:
    """A page of chromium in light colours."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(LONG_MS)
        yield page
        chromium.close()


def opened(page: Page, url: str) -> None:
    """Open a page and wait until it has settled."""
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    time.sleep(SETTLE)


def shots(page: Page, url: str, name: str) -> None:
    """The top of a page in every view; the page is left in the first."""
    for end, view in reversed(VIEWS.items()):
        look(page, *view)
        opened(page, url)
        save(page, f"{name}{end}")


def look(page: Page, colours: Literal["light", "dark"], width: int, height: int) -> None:
    """What the browser prefers, and its size in pixels."""
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": height})


def tried(page: Page, url: str) -> None:
    """A result, with a test item tried."""
    opened(page, url)
    page.get_by_role("button", name="Take one from the test part").click()
    page.get_by_text("with probability").wait_for()
    page.set_viewport_size({"width": WIDTH, "height": TALL})
    time.sleep(SETTLE)
    save(page, "result")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def asked(page: Page, url: str) -> None:
    """An answer from the documents with its passage."""
    opened(page, url)
    page.get_by_placeholder("Ask the documents").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("blockquote").first.wait_for()
    page.get_by_role("heading", name="Ask", exact=True).evaluate("heading => heading.scrollIntoView()")
    time.sleep(SETTLE)
    save(page, "ask")


def live(page: Page, address: str, digits: Dataset) -> None:
    """A run of fine-tuning under way, once its curves are drawn; it is stopped afterwards."""
    run = api.start(api.plan(digits, rung="fine-tune", budget=300.0))
    try:
        page.goto(f"{address}/run?run={run}")
        page.locator(".js-plotly-plot").first.wait_for(timeout=3 * LONG_MS)
        time.sleep(5 * SETTLE)
        save(page, "run")
    finally:
        store.request_stop(run)
        while store.status(run).state not in store.ENDED:
            time.sleep(1.0)


def save(page: Page, name: str) -> None:
    """The visible part as a PNG."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()

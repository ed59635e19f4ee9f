"""`python -m benchmarks.dashboard [ROUNDS]`: the dashboard's memory and how quickly its pages come.

A new workspace, the digits measured, advised on and trained by clicks in chromium, then every page visited ROUNDS times
(50 unless given). Memory is that of the server with the processes that measure for it; a page has come when its heading
stands there and nothing is being drawn.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import psutil
from playwright.sync_api import Page

from advisor.ui.places import PLACES
from advisor.ui.workers import IDLE_SECONDS
from benchmarks.screenshots import TOKEN, browser, served

ROUNDS = 50
GIB = 2**30


def main(rounds: int) -> None:
    """Walk and print."""
    with tempfile.TemporaryDirectory(prefix="advisor-dashboard-") as home:
        os.environ["ADVISOR_HOME"] = home
        with served() as address, browser() as page:
            children = psutil.Process().children()
            server = next(child for child in children if "streamlit" in child.cmdline())
            say("first paint", seconds(lambda: page.goto(f"{address}/?token={TOKEN}"), page), "s", "1")
            say("memory at the start", memory(server), "GiB", "1")
            work(page, server)
            switches = [switch(page, place.title) for _ in range(rounds) for place in PLACES]
            say(f"page switch, median of {len(switches)}", statistics.median(switches), "s", "0.3")
            say("page switch, 9 of 10 within", statistics.quantiles(switches, n=10)[-1], "s", "")
            say(f"memory after {rounds} rounds", memory(server), "GiB", "1")
            time.sleep(IDLE_SECONDS + 5)
            say("memory when idle", memory(server), "GiB", "1")


def work(page: Page, server: psutil.Process) -> None:
    """Read the digits, measure, advise, train the frozen rung and predict; print what evidence took and the memory."""
    page.locator(".st-key-sample-digits button").first.click()
    page.get_by_role("heading", name="What is in the data?").wait_for()
    page.get_by_role("button", name="Get advice").wait_for()
    switch(page, "Evidence")
    page.get_by_role("button", name="Measure now").click()
    begun = time.monotonic()
    page.get_by_role("button", name="Get advice").wait_for()
    say("evidence on 1,797 images of 8 x 8", time.monotonic() - begun, "s", "15")
    say("memory after the evidence, with its process", memory(server), "GiB", "")
    page.get_by_role("button", name="Get advice").click()
    page.get_by_role("button", name=re.compile("^Train")).wait_for()
    page.get_by_role("button", name=re.compile("^Train")).click()
    page.get_by_role("heading", name=re.compile("^Reached ")).wait_for(timeout=600_000)
    page.get_by_role("button", name="Take one from the test part").click()
    page.get_by_text("with probability").wait_for()


def switch(page: Page, title: str) -> float:
    """Seconds to another page by the bar."""
    return seconds(lambda: page.get_by_role("link", name=title, exact=True).first.click(), page)


def seconds(act: Callable[[], object], page: Page) -> float:
    """Seconds from an act until the page stands and nothing is being drawn."""
    begun = time.monotonic()
    act()
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    page.locator("[data-stale=true]").first.wait_for(state="detached")
    return time.monotonic() - begun


def memory(server: psutil.Process) -> float:
    """GiB of the server and the processes below it, pages that they share counted once."""
    sizes: list[int] = [p.memory_full_info().pss for p in (server, *server.children(recursive=True))]
    return sum(sizes) / GIB


def say(what: str, value: float, unit: str, most: str) -> None:
    """A line of the table."""
    print(f"{what:<48} {value:6.2f} {unit:<4} {f'at most {most}' if most else ''}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)

"""`python -m benchmarks.dashboard [ROUNDS]`: the dashboard's memory and how quickly its pages come.

A new workspace, the digits measured, advised on and trained by clicks in chromium, then every page visited ROUNDS times
(50 unless given). Memory is that of the server with the processes that measure for it; a page has come when its heading
stands there and nothing is being drawn.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import Page

from advisor.ui.places import PLACES
from advisor.ui.workers import IDLE_SECONDS
from benchmarks.screenshots import TOKEN, browser, served

ROUNDS = 50
GIB = 2**30
#: Whether the page of a title stands: its name is in the tab, its heading is there, the script has ended, nothing of
#: the page before is left.
STANDS = """title => document.title.startsWith(title) && document.querySelector('h1')
    && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')"""
BARE = """import streamlit as st
pages = [st.Page(lambda name=name: st.title(name), title=name, url_path=name.lower()) for name in ("Data", "Runs")]
st.navigation(pages, position="top").run()
"""


def main(rounds: int) -> None:
    """Walk and print."""
    with tempfile.TemporaryDirectory(prefix="advisor-dashboard-") as home:
        os.environ["ADVISOR_HOME"] = home
        bare(home)
        with served() as address, browser() as page:
            children = psutil.Process().children()
            server = next(child for child in children if "streamlit" in child.cmdline())
            say("first paint", seconds(lambda: page.goto(f"{address}/?token={TOKEN}"), page, "Data"), "s", "1")
            say_memory("at the start", server)
            work(page, server)
            switches: dict[str, list[float]] = {place.title: [] for place in PLACES}
            for _ in range(rounds):
                for title, taken in switches.items():
                    taken.append(switch(page, title))
            for title, taken in switches.items():
                say(f"page switch to {title}, median of {rounds}", statistics.median(taken), "s", "0.3")
            say("page switch, median of all", statistics.median(itertools.chain(*switches.values())), "s", "0.3")
            say_memory(f"after {rounds} rounds", server)
            time.sleep(IDLE_SECONDS + 5)
            say_memory("when idle", server)


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
    say_memory("after the evidence", server)
    page.get_by_role("button", name="Get advice").click()
    page.get_by_role("button", name=re.compile("^Train")).wait_for()
    page.get_by_role("button", name=re.compile("^Train")).click()
    page.get_by_role("heading", name=re.compile("^Reached ")).wait_for(timeout=600_000)
    page.get_by_role("button", name="Take one from the test part").click()
    page.get_by_text("with probability").wait_for()


def switch(page: Page, title: str) -> float:
    """Seconds to another page by the bar."""
    return seconds(lambda: page.get_by_role("link", name=title, exact=True).first.click(), page, title)


def seconds(act: Callable[[], object], page: Page, title: str) -> float:
    """Seconds from an act until the page of this title stands and nothing is being drawn."""
    begun = time.monotonic()
    act()
    page.wait_for_function(STANDS, arg=title)
    return time.monotonic() - begun


def say_memory(when: str, server: psutil.Process) -> None:
    """Lines with the memory of the server and of the processes below it, pages that they share counted once."""
    below = server.children(recursive=True)
    say(f"memory {when}", server.memory_full_info().pss / GIB, "GiB", "1")
    say(f"memory {when}, {len(below)} processes below", sum(p.memory_full_info().pss for p in below) / GIB, "GiB", "")


def bare(home: str) -> None:
    """What pages with nothing but a title take: no dashboard of Streamlit's comes sooner."""
    script = Path(home) / "bare.py"
    script.write_text(BARE)
    options = ["--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
    run = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    with served(lambda port: [*run, f"--server.port={port}"]) as address, browser() as page:
        say("first paint of a bare page", seconds(lambda: page.goto(address), page, "Data"), "s", "")
        taken = [switch(page, title) for title in ("Runs", "Data") * 10]
        say("page switch between bare pages", statistics.median(taken), "s", "")


def say(what: str, value: float, unit: str, most: str) -> None:
    """A line of the table."""
    print(f"{what:<48} {value:6.2f} {unit:<4} {f'at most {most}' if most else ''}", flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("rounds", nargs="?", type=int, default=ROUNDS, help="visits of each page (default: %(default)s)")
    main(asked.parse_args().rounds)

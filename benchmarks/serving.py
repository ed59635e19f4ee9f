"""`python -m benchmarks.serving [RUN] [--requests N]`: a served model against calling it directly.

A server in a process of its own, asked over HTTP: one client at a time for the latency, then 32 that each ask again
once they are answered. The same texts go directly through the same model in this process: one by one, and 32 at a time.
Overhead is what a request took beyond the model's own time in it, which the server tells in Server-Timing: so whatever
else the machine does meets both alike. Every answer is compared with the direct label, so a lost or mixed-up request
counts. Without RUN a model of the sample topics is trained in a new workspace.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from advisor import api

CLIENTS, WARM = 32, 50
HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
#: The bounds: overhead of one item at most 3 ms or 10 % of the direct call, and no request lost.
MOST_SECONDS, MOST_SHARE = 0.003, 0.10


def main(run: str | None, n_requests: int, n_single: int) -> None:
    """Serve, ask, compare and print."""
    with contextlib.ExitStack() as stack:
        if run is None:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-serving-"))
            os.environ["ADVISOR_HOME"] = home
            run = api.train("sample:topics", rung="frozen", budget=60).run
        dataset = api.read("sample:topics")
        texts = dataset.items["text"].tolist()
        model = api.load(run)
        label_of = {text: seen.label for text, seen in zip(texts, model.predict(texts), strict=True)}  # type: ignore[union-attr]
        ask: Callable[[list[str]], object] = model.predict  # type: ignore[union-attr]
        port = stack.enter_context(served(run))
        print(f"{'figure':<58}{'measured':>14}  bound")
        several = repeated(texts, n_single + WARM)
        direct = singly(ask, several)
        through, own = over_http(port, several, label_of)
        for share in (50, 95):
            one, other, model_share = (np.percentile(taken, share) for taken in (direct, through, own))
            bound = max(MOST_SECONDS, MOST_SHARE * one)
            say(f"one text, direct, p{share}", f"{1000 * one:.1f} ms")
            say(f"one text, served, p{share}", f"{1000 * other:.1f} ms")
            say(f"overhead of serving, p{share}", f"{1000 * model_share:.1f} ms", f"at most {1000 * bound:.1f} ms")
        some = repeated(texts, min(n_requests, 1600))
        earlier = direct_rate(ask, some)
        before, begun = calls(port), time.perf_counter()
        results = asyncio.run(crowd(port, repeated(texts, n_requests)))
        seconds = time.perf_counter() - begun
        rate = (earlier + direct_rate(ask, some)) / 2  # before and after: what else the machine does meets both
        wrong = sum(label != label_of[text] for text, label, _ in results)
        waits = [taken for *_, taken in results]
        say(f"{CLIENTS} at a time, direct", f"{rate:,.0f}/s")
        say(
            f"{CLIENTS} clients, served", f"{n_requests / seconds:,.0f}/s", f"at least {rate / (1 + MOST_SHARE):,.0f}/s"
        )
        say(
            f"{CLIENTS} clients, served, p50 and p95",
            " and ".join(f"{1000 * np.percentile(waits, s):.0f}" for s in (50, 95)) + " ms",
        )
        n_items, n_calls = (after - then for after, then in zip(calls(port), before, strict=True))
        say("texts in one call of the model, mean", f"{n_items / n_calls:.1f}")
        say(f"lost or answered with another label, of {n_requests:,}", f"{n_requests - len(results) + wrong:,}", "0")


def say(what: str, value: str, bound: str = "") -> None:
    """One row."""
    print(f"{what:<58}{value:>14}  {bound}", flush=True)


def repeated(texts: Sequence[str], n: int) -> list[str]:
    """So many of the texts, in turn."""
    return [texts[i % len(texts)] for i in range(n)]


@contextlib.contextmanager
def served(run: str) -> Iterator[int]:
    """A server in a process of its own; gives its port."""
    command = [sys.executable, "-m", "advisor.cli", "serve", run, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                return
        raise RuntimeError("The server did not start.")
    finally:
        process.terminate()
        process.wait()


def singly(ask: Callable[[list[str]], object], texts: Sequence[str]) -> list[float]:
    """Seconds of each text, directly."""
    taken = []
    for text in texts:
        begun = time.perf_counter()
        ask([text])
        taken.append(time.perf_counter() - begun)
    return taken[WARM:]


def over_http(port: int, texts: Sequence[str], label_of: dict[str, str | None]) -> tuple[list[float], list[float]]:
    """Seconds of each text through the server, and those of them that were not the model's own."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken, own = [], []
    for text in texts:
        begun = time.perf_counter()
        connection.request("POST", "/predict", json.dumps({"inputs": [text]}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        taken.append(time.perf_counter() - begun)
        model = re.search(r"model;dur=([\d.]+)", answer.headers["Server-Timing"])
        own.append(taken[-1] - float(model[1] if model else 0) / 1000)
        assert found["predictions"][0]["label"] == label_of[text], text
    return taken[WARM:], own[WARM:]


def direct_rate(ask: Callable[[list[str]], object], texts: Sequence[str]) -> float:
    """Texts a second where so many as there are clients go through the model together."""
    begun = time.perf_counter()
    for start in range(0, len(texts), CLIENTS):
        ask(list(texts[start : start + CLIENTS]))
    return len(texts) / (time.perf_counter() - begun)


def calls(port: int) -> tuple[float, float]:
    """Items that went through the model so far, and in how many calls, as the server counted them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    counted = connection.getresponse().read().decode()
    n_items, n_calls = (re.search(rf"advisor_batch_items_{what} ([\d.e+]+)", counted) for what in ("sum", "count"))
    assert n_items and n_calls
    return float(n_items[1]), float(n_calls[1])


async def crowd(port: int, texts: Sequence[str]) -> list[tuple[str, str, float]]:
    """Text, label and seconds of each request that was answered, from as many clients at once."""
    waiting = iter(texts)
    results: list[tuple[str, str, float]] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for text in waiting:
            begun = time.perf_counter()
            body = json.dumps({"inputs": [text]}).encode()
            writer.write(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            header = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", header, re.IGNORECASE)
            answer = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            if header.startswith(b"HTTP/1.1 200"):
                results.append((text, answer["predictions"][0]["label"], time.perf_counter() - begun))
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("run", nargs="?", help="a finished run on sample:topics")
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--single", type=int, default=300)
    chosen = options.parse_args()
    main(chosen.run, chosen.requests, chosen.single)

"""`python -m benchmarks.serving [RUN] [--requests N]`: a served model against calling it directly.

A server in a process of its own, asked over HTTP: one client at a time for the latency, then 32 that each ask again
once they are answered (`benchmarks.crowd`, also a process of its own). The same texts go directly through the same
model in this process: one by one, and 32 at a time. Direct and served take turns in short rounds, so that whatever else
the machine does meets both alike. Overhead of one item is what a request took beyond the model's own time in it, which
the server tells in Server-Timing. Every answer is compared with the direct label, so a lost or mixed-up request counts.
The clients share the cores with the server; what they take of them is told and left in. Without RUN a model of the
sample topics is trained in a new workspace.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from advisor import api
from benchmarks.crowd import Crowd

CLIENTS, WARM, ROUNDS = 32, 50, 20
#: The bounds: overhead of one item at most 3 ms or 10 % of the direct call, and no request lost.
MOST_SECONDS, MOST_SHARE = 0.003, 0.10
Ask = Callable[[list[str]], object]


@dataclass
class Rounds:
    """What the rounds of 32 took, in seconds: both sides, and of the cores."""

    direct: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    direct_cpu: float = 0.0
    server_cpu: float = 0.0
    clients_cpu: float = 0.0
    n_wrong: int = 0


def main(run: str | None, n_requests: int, n_single: int) -> None:
    """Serve, ask, compare and print."""
    with contextlib.ExitStack() as stack:
        if run is None:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-serving-"))
            os.environ["ADVISOR_HOME"] = home
            run = api.train("sample:topics", rung="frozen", budget=60).run
        texts = api.read("sample:topics").items["text"].tolist()
        model: Any = api.load(run)
        label_of = {text: seen.label for text, seen in zip(texts, model.predict(texts), strict=True)}
        server, port = stack.enter_context(served(run))
        print(f"{'figure':<58}{'measured':>14}  bound")
        one_at_a_time(model.predict, port, repeated(texts, n_single + WARM), label_of)
        before = calls(port)
        clients = stack.enter_context(crowd(port))
        many_at_a_time(model.predict, server, clients, repeated(texts, n_requests), label_of)
        n_items, n_calls = (after - then for after, then in zip(calls(port), before, strict=True))
        say("texts in one call of the model, mean", f"{n_items / n_calls:.1f}")


def one_at_a_time(ask: Ask, port: int, texts: Sequence[str], label_of: dict[str, str | None]) -> None:
    """One client: direct and served in turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    direct, through, own = [], [], []
    for text in texts:
        begun = time.perf_counter()
        ask([text])
        direct.append(time.perf_counter() - begun)
        taken, model_seconds = over_http(connection, text, label_of[text])
        through.append(taken)
        own.append(taken - model_seconds)
    for share in (50, 95):
        one, other, extra = (1000 * float(np.percentile(taken[WARM:], share)) for taken in (direct, through, own))
        bound = 1000 * max(MOST_SECONDS, MOST_SHARE * one / 1000)
        say(f"one text, direct, p{share}", f"{one:.1f} ms")
        say(f"one text, served, p{share}", f"{other:.1f} ms")
        say(f"overhead of serving, p{share}", f"{extra:.1f} ms", f"at most {bound:.1f} ms")


def many_at_a_time(
    ask: Ask, server: int, clients: subprocess.Popen[str], texts: list[str], label_of: dict[str, str | None]
) -> None:
    """32 clients: direct and served in turns."""
    rounds = Rounds()
    for part in np.array_split(np.arange(len(texts)), ROUNDS):
        some = [texts[i] for i in part]
        one_round(rounds, ask, server, clients, some, label_of)
    n = len(texts)
    direct, through = sum(rounds.direct), sum(rounds.served)
    ratios = np.array(rounds.direct) / np.array(rounds.served)
    say(f"{CLIENTS} at a time, direct", f"{n / direct:,.0f}/s")
    say(f"{CLIENTS} clients, served", f"{n / through:,.0f}/s", f"at least {n / direct / (1 + MOST_SHARE):,.0f}/s")
    say(
        f"served of direct, median of {ROUNDS} rounds",
        f"{np.median(ratios):.0%}",
        f"at least {1 / (1 + MOST_SHARE):.0%}",
    )
    quick = " and ".join(f"{1000 * np.percentile(rounds.waits, share):.0f}" for share in (50, 95))
    say(f"{CLIENTS} clients, served, p50 and p95", f"{quick} ms")
    for what, cpu in (("direct", rounds.direct_cpu), ("server", rounds.server_cpu), ("clients", rounds.clients_cpu)):
        say(f"time of the cores for one text, {what}", f"{1000 * cpu / n:.2f} ms")
    say(f"lost or answered with another label, of {n:,}", f"{rounds.n_wrong:,}", "0")


def one_round(
    rounds: Rounds, ask: Ask, server: int, clients: subprocess.Popen[str], texts: list[str],
    label_of: dict[str, str | None],
) -> None:  # fmt: skip
    """The same texts on both sides."""
    begun, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(texts), CLIENTS):
        ask(texts[start : start + CLIENTS])
    rounds.direct.append(time.perf_counter() - begun)
    rounds.direct_cpu += time.process_time() - cpu
    cpu = cpu_seconds(server)
    assert clients.stdin is not None and clients.stdout is not None
    clients.stdin.write(json.dumps(texts) + "\n")
    clients.stdin.flush()
    done = Crowd(**json.loads(clients.stdout.readline()))
    rounds.server_cpu += cpu_seconds(server) - cpu
    rounds.served.append(done.seconds)
    rounds.waits += done.waits
    rounds.clients_cpu += done.cpu_seconds
    rounds.n_wrong += sum(label != label_of[text] for text, label in zip(texts, done.labels, strict=True))


def say(what: str, value: str, bound: str = "") -> None:
    """One row."""
    print(f"{what:<58}{value:>14}  {bound}", flush=True)


def repeated(texts: Sequence[str], n: int) -> list[str]:
    """So many of the texts, in turn."""
    return [texts[i % len(texts)] for i in range(n)]


@contextlib.contextmanager
def served(run: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own; gives its process and its port."""
    command = [sys.executable, "-m", "advisor.cli", "serve", run, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                yield process.pid, int(found[1])
                return
        raise RuntimeError("The server did not start.")
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def crowd(port: int) -> Iterator[subprocess.Popen[str]]:
    """The clients in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.crowd", str(port), str(CLIENTS)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def over_http(connection: http.client.HTTPConnection, text: str, label: str | None) -> tuple[float, float]:
    """Seconds of one text through the server, and the model's own."""
    begun = time.perf_counter()
    connection.request("POST", "/predict", json.dumps({"inputs": [text]}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = json.loads(answer.read())
    taken = time.perf_counter() - begun
    assert found["predictions"][0]["label"] == label, text
    model = re.search(r"model;dur=([\d.]+)", answer.headers["Server-Timing"])
    return taken, float(model[1] if model else 0) / 1000


def cpu_seconds(process: int) -> float:
    """What a process has taken of the cores so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def calls(port: int) -> tuple[float, float]:
    """Items that went through the model so far, and in how many calls, as the server counted them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    counted = connection.getresponse().read().decode()
    n_items, n_calls = (re.search(rf"advisor_batch_items_{what} ([\d.e+]+)", counted) for what in ("sum", "count"))
    assert n_items and n_calls
    return float(n_items[1]), float(n_calls[1])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("run", nargs="?", help="a finished run on sample:topics")
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--single", type=int, default=300)
    chosen = options.parse_args()
    main(chosen.run, chosen.requests, chosen.single)

"""Short real runs to be disturbed, in a workspace of their own; what they leave behind and whether it is sound.

Every plan fixes its steps and has far more time than it needs, so that nothing in it depends on the clock and a run
that was disturbed can be compared bit by bit with one that was not.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from PIL import Image

from advisor import api
from advisor.core import storage
from advisor.core.kinds import kind_row
from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Plan, RunStatus
from advisor.core.workspace import RunFiles
from advisor.llm.models import chat_model
from advisor.runs import processes, store
from advisor.runs.follow import follow
from probes.backbones import catalog
from probes.backbones.weights import weights_hash

#: Far more seconds than any of them takes, however busy the machine.
AMPLE_SECONDS = 1800.0
DIGITS = "sample:digits"
WORKERS, SUPERVISOR = ("advisor.runs.worker",), ("advisor.runs.supervisor",)

#: What happened to a run that was disturbed; ``number`` counts the runs.
Trial = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A run worth disturbing: its rung, its data and the settings that fix its length."""

    rung: RungName
    data: str
    settings: dict[str, Any] = field(default_factory=dict)


KINDS = {
    "frozen": Kind("frozen", DIGITS),
    "fine-tune": Kind("fine-tune", DIGITS, {"steps": 10, "learning_rate": 3e-4}),
    "fine-tune with a race": Kind("fine-tune", DIGITS, {"steps": 4}),
    "few images": Kind("fine-tune", "few images", {"steps": 12, "learning_rate": 3e-4}),
    "crowd": Kind("scratch", "few texts", {"architecture": "words"}),
    "few texts": Kind("fine-tune", "few texts", {"steps": 10}),
    "LoRA": Kind("fine-tune", "questions"),
    "reader": Kind("frozen", "questions"),
    "scratch": Kind("scratch", "few images", {"steps": 10, "architecture": "small", "learning_rate": 1e-3}),
}


def trials(record: Path, n: int, disturb: Callable[[int], Trial]) -> list[Trial]:
    """The first `n` trials: those in `record`, lines of JSON, and the missing ones, each written there as it ends."""
    done = {line["number"]: line for line in storage.read_lines(record)}
    for number in range(n):
        if number not in done:
            done[number] = disturb(number)
            storage.append_line(record, done[number])
            print(json.dumps(done[number]), file=sys.stderr, flush=True)
    return [done[number] for number in range(n)]


def use_workspace(name: str) -> Path:
    """Make `name` below the folder for temporary files the workspace of this process and of those that it starts."""
    home = Path(tempfile.gettempdir()) / "advisor-faults" / name
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(ADVISOR_HOME=str(home), HF_HUB_OFFLINE="1")
    return home


def dataset_of(home: Path, data: str) -> Dataset:
    """A sample, or one of the small sets that are made here."""
    if data.startswith("sample:"):
        return api.read(data)
    path = home / "data" / data
    if not path.exists():
        {"few images": _few_images, "few texts": _few_texts, "questions": _questions}[data](path)
    return api.read(path)


def _few_images(folder: Path) -> None:
    from sklearn.datasets import load_digits

    data = load_digits(n_class=3)
    for index in range(120):
        place = folder / f"digit {data.target[index]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((16 * data.images[index]).clip(0, 255).astype(np.uint8)).save(place / f"{index}.png")


def _few_texts(folder: Path) -> None:
    items = api.read("sample:topics").items
    folder.mkdir(parents=True)
    counts = items["label"].value_counts()
    common = items[items["label"].isin(counts.index[:3])].groupby("label").head(24)
    pd.DataFrame({"text": common["text"], "label": common["label"]}).to_csv(folder / "texts.csv", index=False)


def _questions(folder: Path) -> None:
    """Museums with two facts each, and two questions on them."""
    folder.mkdir(parents=True)
    asked = []
    for number in range(40):
        name, year = f"Museum {chr(65 + number % 26)}{number}", 1900 + 3 * number
        text = f"{name} was opened in {year}. Its first director was Ada Miller the {number}th, a baker's child."
        (folder / f"{number}.txt").write_text(text)
        asked.append({"question": f"When was {name} opened?", "answers": [str(year)], "document": f"{number}.txt"})
        asked.append({"question": f"Who first directed {name}?", "answers": [f"Ada Miller the {number}th"]})
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(row) for row in asked))


def plan_of(home: Path, name: str, seed: int = 1, budget: float = AMPLE_SECONDS) -> Plan:
    """The plan of a run of that kind, on the CPU, with a fresh id."""
    kind = KINDS[name]
    dataset = dataset_of(home, kind.data)
    entry = catalog.default("language" if dataset.kind == "qa" else kind_row(dataset.kind).modality)
    sha256 = chat_model().identity if dataset.kind == "qa" else weights_hash(entry)
    return Plan(
        run=store.new_run_id(kind.rung), rung=kind.rung, dataset_folder=dataset.folder, dataset_name=dataset.name,
        fingerprint=dataset.fingerprint, kind=dataset.kind, metric=dataset.metric, backbone=entry.name,
        backbone_hash=sha256, input_size=0 if dataset.kind == "qa" else 64, device="cpu", budget_seconds=budget,
        seed=seed, settings=kind.settings,
    )  # fmt: skip


def ended(run: str, seconds: float) -> RunStatus:
    """The run's last status; after so many seconds, whatever it is by then."""
    until = time.monotonic() + seconds
    for status in follow(run):
        if status.state in store.ENDED or time.monotonic() > until:
            return status
    raise AssertionError("a followed run ends")


def running(home: Path, *modules: str) -> list[psutil.Process]:
    """The living processes of this workspace whose command line names one of the modules; all of them without any."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            own = process.environ().get("ADVISOR_HOME") == str(home) and process.pid != os.getpid()
            words = " ".join(process.cmdline())
            alive = process.status() != psutil.STATUS_ZOMBIE
            if own and alive and (any(module in words for module in modules) if modules else "advisor.runs" in words):
                found.append(process)
    return found


def weights_of(run: str) -> dict[str, np.ndarray]:
    """The tensors of a run's model by name; empty where it has none."""
    from safetensors.numpy import load_file

    path = RunFiles(store.runs_folder() / run).weights
    return load_file(path) if path.is_file() else {}


def same_weights(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Whether both hold the same tensors, bit by bit."""
    return bool(one) and one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def left_behind(run: str) -> Iterator[str]:
    """What a run that has ended should not have left in its folder or in memory, a few words for each."""
    folder = store.runs_folder() / run
    yield from (f"temporary file {path.name}" for path in folder.rglob(".*") if path.is_file())
    yield from (f"checkpoint {path.name}" for path in RunFiles(folder).checkpoint.rglob("*") if path.is_file())
    if processes.is_locked(RunFiles(folder).lock):
        yield "a held lock"
    row, own = store.row(run)["state"], store.read_state(folder).get("state")
    if row != own:
        yield f"{row!r} in the store and {own!r} in the folder"

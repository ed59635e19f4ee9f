"""Small real records in the workspace for the pages: digits as images, texts with hostile names, and runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor import __version__
from advisor.core.records import (
    Advice,
    Dataset,
    Estimate,
    Evidence,
    Finding,
    Goal,
    Mistake,
    Plan,
    ProbeResult,
    Profile,
    RunReport,
    WhatIf,
)
from advisor.runs import store
from advisor.ui import frame, workers
from advisor.ui.worker import Work, outcome
from probes.progress import Progress
from tests.ui import qa_records
from tests.ui.ui_records import share, write_dataset


@pytest.fixture(autouse=True)
def failures_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails inside the program fails its test; a visitor sees a box instead."""

    def again() -> None:
        error = sys.exception()
        assert error is not None
        raise error

    monkeypatch.setattr(frame, "broken", again)


FLIP = WhatIf(
    what="target", value=0.953, low=0.94, high=0.97, rung="fine-tune",
    sentence="A target above 95.3 %: Fine-tuning would be recommended.",
)  # fmt: skip
HOSTILE = ("<b>bold</b> & co", "*stars* `code`", ":red[danger] :dog:", "[link](http://x.y) $x^2$")


def write_profile(dataset: Dataset) -> Profile:
    """A profile with findings of every severity and one cluster of duplicates."""
    table = pd.crosstab(dataset.items["label"], dataset.items["part"])
    n = dataset.n_used
    images = {"width_px": [8.0] * n, "height_px": [8.0] * n}
    lengths = [float(len(str(t).split())) for t in dataset.items.get("text", [])]
    sizes = images if dataset.kind == "image" else {"n_words": lengths, "n_characters": lengths}
    keys = tuple(dataset.items["key"].iloc[:2])
    profile = Profile(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        counts={c: {str(p): int(table[p][i]) for p in table} for i, c in enumerate(dataset.classes)},
        imbalance=1.0,
        n_inspected=n,
        sizes=sizes,
        duplicates=(keys,),
        duplicate_kind=("exact",),
        program=__version__,
        findings=(
            Finding(check="duplicates", severity="note", sentence=f"2 items of {dataset.classes[0]} are the same."),
            Finding(check="aside", severity="problem", sentence="1 file is set aside.", n_items=1, items=keys[:1]),
        ),
    )
    profile.save(Path(dataset.folder) / "profile.json")
    return profile


def write_evidence(dataset: Dataset) -> Evidence:
    """Three probes, one of them with values per class."""
    results = (
        ProbeResult(name="majority", title="Always the largest class", measured=share(0.26)),
        ProbeResult(name="neighbours", title="Nearest neighbours", measured=share(0.91)),
        ProbeResult(
            name="linear", title="Linear probe", measured=share(0.95), per_class=dict.fromkeys(dataset.classes, 0.95)
        ),
    )
    evidence = Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone="efficientnet-lite0",
        backbone_hash="ab" * 32,
        device="cpu",
        device_reason="float32 was the fastest of two candidates.",
        input_size=128,
        n_train=80,
        n_test=20,
        n_test_per_class=(5,) * len(dataset.classes),
        results=results,
        seconds=12.0,
    )
    evidence.save(Path(dataset.folder) / "evidence.json")
    return evidence


def write_advice(dataset: Dataset, target: float | None = None) -> Advice:
    """Frozen is recommended, fine-tuning is the runner-up, scratch has no number."""
    values = {"prompting": (0.30, 0.0), "rag": (0.91, 0.0), "frozen": (0.95, 20.0), "fine-tune": (0.955, 300.0)}
    estimates = [
        Estimate(
            rung=rung,  # type: ignore[arg-type]
            available=True,
            value=value,
            low=value - 0.03,
            high=value + 0.03,
            n=200,
            provenance="predicted" if rung == "fine-tune" else "measured",
            train_seconds=seconds,
            peak_memory_bytes=1.2e9,
            energy_wh=65 * seconds / 3600,
            milliseconds_per_prediction=4.0,
            gain_error=0.0 if rung == "frozen" else 0.02,
            p_target=None if target is None else 0.6,
            labels_missing=None if target is None else 120,
            usual_gain={"frozen": 0.0, "fine-tune": 0.02}.get(rung, -0.1),
            kept_chance=0.6 if rung == "fine-tune" else None,
            utility=100 * value - place,
            reason=f"The reason of {rung}.",
        )
        for place, (rung, (value, seconds)) in enumerate(values.items())
    ]
    none = Estimate(rung="scratch", available=False, reason="Too few items.")
    advice = Advice(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        question=Goal(target=target),
        recommended="frozen",
        runner_up="fine-tune",
        headline="Frozen features are recommended: expected accuracy 95.0 %.",
        sentences=("Fine-tuning may bring 0.5 points more.",),
        flips=(FLIP,),
        estimates=(*estimates, none),
        seconds=40.0,
    )
    advice.save(Path(dataset.folder) / "advice.json")
    return advice


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have their work done in this process: another takes seconds to start, and sees no patch of a test's.

    Nothing is loaded ahead. The browser has real processes, and so has a test that asks for `own_processes`.
    """

    def do(title: str, work: Work, tell: Progress, workspace: Path, held: object = None, about: str = "") -> Any:
        return workers.result_of(title, outcome(work, tell))

    if "own_processes" not in request.fixturenames:
        monkeypatch.setattr(workers, "_do", do)
        monkeypatch.setattr(workers, "load_ahead", lambda about, *works: None)


@pytest.fixture
def own_processes(workspace: Path) -> Iterator[None]:
    """Work is done by real processes, ended after the test."""
    yield
    for worker in workers._idle:
        worker.end()
    workers._idle.clear()


@pytest.fixture
def images(workspace: Path) -> Dataset:
    """100 of scikit-learn's digits as PNG files, with profile, evidence and advice."""
    from sklearn.datasets import load_digits

    digits = load_digits(n_class=4)
    rows = []
    for i, (pixels, label) in enumerate(zip(digits.images[:100], digits.target[:100], strict=True)):
        path = workspace / "pictures" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray((pixels * 15).astype(np.uint8)).save(path)
        rows.append((f"{label}/{i}.png", int(label), str(path)))
    items = pd.DataFrame(rows, columns=["key", "label", "path"])
    return finished(write_dataset(workspace, "digits", "image", ("0", "1", "2", "3"), items))


@pytest.fixture
def texts(workspace: Path) -> Dataset:
    """100 texts whose name, classes and words are Markdown and HTML, with profile, evidence and advice."""
    items = pd.DataFrame(
        {
            "key": [f"row {i}" for i in range(100)],
            "label": [i % len(HOSTILE) for i in range(100)],
            "text": [f"**word** <script>alert({i})</script> " * (1 + i % 7) for i in range(100)],
        }
    )
    return finished(write_dataset(workspace, "<i>reviews</i> *hot*.csv", "text", HOSTILE, items))


@pytest.fixture
def questions(workspace: Path) -> Dataset:
    """Thirty questions over three documents, full of Markdown and HTML, with profile, evidence and advice."""
    dataset = qa_records.write_questions(workspace)
    qa_records.write_profile(dataset)
    qa_records.write_evidence(dataset)
    write_advice(dataset)
    return dataset


def finished(dataset: Dataset) -> Dataset:
    """The dataset with all its records beside it."""
    write_profile(dataset)
    write_evidence(dataset)
    write_advice(dataset)
    return dataset


@pytest.fixture
def write_run() -> Callable[..., str]:
    """A function that puts a run into the store in a given state, with metrics, a log and a report."""

    def write(dataset: Dataset, state: str, cause: str = "") -> str:
        run = store.submit(make_plan(dataset, store.new_run_id("frozen")))
        folder = store.directory(run)
        (folder / "log.txt").write_text("one line of the log\n")
        lines = [f'{{"stage": "training", "step": {i}, "seconds": {i}, "train_loss": {1 / i}}}' for i in range(1, 5)]
        (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
        made = qa_records.make_report if dataset.kind == "qa" else make_report
        made(dataset, run).save(folder / "report.json")
        if state != "queued":
            store.change(run, "queued", state, cause=cause)
        return run

    return write


def make_plan(dataset: Dataset, run: str) -> Plan:
    """A plan for the frozen rung."""
    return Plan(
        run=run,
        rung="frozen",
        dataset_folder=dataset.folder,
        dataset_name=dataset.name,
        fingerprint=dataset.fingerprint,
        kind=dataset.kind,
        metric=dataset.metric,
        backbone="efficientnet-lite0",
        backbone_hash="ab" * 32,
        input_size=128,
        promised=share(0.95),
    )


def make_report(dataset: Dataset, run: str) -> RunReport:
    """A report with two mistakes and a class that nobody was assigned to."""
    classes = dataset.classes
    rows = [int(row) for row in dataset.where("test")[:2]]
    lines = [
        {"class": c, "precision": 0.9 if i else None, "recall": 0.9, "f1": 0.9, "n": 5} for i, c in enumerate(classes)
    ]
    return RunReport(
        run=run,
        rung="frozen",
        metric=dataset.metric,
        test=share(0.94, n=20),
        promised=share(0.95),
        classes=classes,
        confusion=[[5 if i == j else int(i == 0) for j in range(len(classes))] for i in range(len(classes))],
        per_class=lines,
        mistakes=tuple(
            Mistake(key=str(r), row=r, label=classes[0], predicted=classes[1], probability=0.8) for r in rows
        ),
        seconds=9.0,
        device="cpu",
        precision="float32",
        sentences=("Expected 95.0 % (93.0 to 97.0) before training; it reached 94.0 %, inside the interval.",),
    )

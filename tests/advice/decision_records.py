"""A decision about a dataset whose names and sentences are Markdown and HTML."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from advisor.advice.outlook.cost import priced
from advisor.advice.record.decision import DecisionRecord, decision_record
from advisor.core.ladder import RungName
from advisor.core.records import (
    Advice,
    Constraints,
    Dataset,
    Estimate,
    Evidence,
    Exchange,
    Finding,
    Goal,
    Plan,
    Prices,
    ProbeResult,
    Profile,
    ReadOptions,
    WhatIf,
)
from probes.measured import Measured

NAME = "<script>alert(1)</script> *hot* | `x` [l](http://a.b) & <b>co</b>"
FINDING = "2 items of <i>one</i> | **class** are the same."
CLASSES = ("<b>a</b>", "*b*")
PRINT = "ab" * 32
QUESTION = Goal(
    target=0.925,
    budget_seconds=120,
    prices=Prices(point=40.0, hour=2.0, label=0.5, predictions_per_month=1_000_000, currency="EUR"),
    constraints=Constraints(no_gpu=True, latency_ms=50.0),
)


def share(value: float, n: int) -> Measured:
    """A measured share with an interval of four points."""
    return Measured(value=value, low=value - 0.02, high=value + 0.02, n=n, seconds=1.5)


def dataset(home: Path) -> Dataset:
    """Ten texts in two classes, read from a table with named columns."""
    folder = home / "datasets" / PRINT[:16]
    folder.mkdir(parents=True)
    parts = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
    pd.DataFrame({"key": range(10), "label": [0, 1] * 5, "text": "x", "part": parts}).to_parquet(
        folder / "items.parquet"
    )
    return Dataset(
        name=NAME, kind="text", source="/data/my hot; set.csv", folder=str(folder),
        options=ReadOptions(text_column="the text"), classes=CLASSES, n_in=11, n_used=10, n_set_aside=1,
        fingerprint=PRINT, official_split=False, has_groups=False,
    )  # fmt: skip


def evidence() -> Evidence:
    """Two probes."""
    results = (
        ProbeResult(
            name="neighbours", title="Nearest <b>neighbours</b>", backbone="minilm", measured=share(0.8123, 77)
        ),
        ProbeResult(name="linear", title="Linear probe", backbone="minilm", measured=share(0.8765, 88)),
    )
    return Evidence(
        fingerprint=PRINT, metric="accuracy", backbone="minilm", backbone_hash="cd" * 32, device="cpu",
        device_reason="float32 was the fastest of two candidates.", input_size=128, n_train=8, n_test=2,
        n_test_per_class=(1, 1), results=results, notes=("A note | with a bar.",), seconds=3.0,
    )  # fmt: skip


def advice() -> Advice:
    """Five rungs, one of them without a number; frozen and fine-tuning are a coin toss."""
    values: dict[RungName, float] = {"prompting": 0.4321, "rag": 0.8123, "frozen": 0.8765, "fine-tune": 0.8912}
    made = [
        Estimate(
            rung=rung, available=True, value=value, low=value - 0.031, high=value + 0.027, n=10 + place,
            provenance="predicted" if rung == "fine-tune" else "measured", train_seconds=40.0 * place,
            gain_error=0.01, peak_memory_bytes=1.23e9, milliseconds_per_prediction=7.5, reason=f"Because of {rung}.",
            details="Rests on <u>this</u>.",
        )
        for place, (rung, value) in enumerate(values.items())
    ]  # fmt: skip
    none = Estimate(rung="scratch", available=False, reason="Too few items.")
    return Advice(
        fingerprint=PRINT, metric="accuracy", question=QUESTION, recommended="frozen", runner_up="fine-tune",
        race=("frozen", "fine-tune"), headline="Frozen features are recommended.", sentences=("A second sentence.",),
        flips=(
            WhatIf(what="tolerance", now=1.0, value=0.4, rung="fine-tune",
                 sentence="With a tolerance of 0.4 points a step or less, fine-tuning would be recommended."),
            WhatIf(what="labels per class", now=4, value=180, low=90, high=400, rung="fine-tune",
                 sentence="From about 180 labels per class on, fine-tuning would be recommended."),
        ),
        exchange=Exchange(n=8, fine_tuned=0.89, from_scratch=0.5, times=3.2, low=2.0, high=4.0, furthest=4.0,
                          provenance="predicted", sentence="From scratch needs 3.2 times the labels."),
        estimates=(*priced(made, QUESTION, 8), none), seconds=40.0,
    )  # fmt: skip


def plan(folder: str) -> Plan:
    """The recommended rung's plan."""
    return Plan(
        run="", rung="frozen", dataset_folder=folder, dataset_name=NAME, fingerprint=PRINT, kind="text",
        metric="accuracy", backbone="minilm", backbone_hash="cd" * 32, input_size=128, settings={"depth": "```"},
        seed=7, budget_seconds=90.0, promised=share(0.8765, 88),
    )  # fmt: skip


def record(home: Path) -> DecisionRecord:
    """The decision on record."""
    read = dataset(home)
    profile = Profile(
        fingerprint=PRINT, metric="accuracy", counts={}, imbalance=1.0, n_inspected=10, sizes={},
        findings=(Finding(check="duplicates", severity="warning", sentence=FINDING, n_items=2),),
    )  # fmt: skip
    return decision_record(read, profile, evidence(), advice(), plan(read.folder))

"""Advice, the rungs and LoRA on one device, in a process that sees no other; a line of JSON as each is done.

``python -m benchmarks.gpu_check.line images|texts DEVICE small|full CORES FILE``. Every run has its steps fixed, so
that both devices do the same work on the same batches.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.core import storage
from advisor.core.ladder import RungName

if TYPE_CHECKING:
    from advisor.core.records import Advice, Dataset

#: What is read in full; the small ones are made here.
SAMPLES = {"images": "sample:digits", "texts": "sample:topics"}
MADE = {"images": "few images", "texts": "few texts"}
RUNGS: tuple[RungName, ...] = ("frozen", "fine-tune", "scratch")
LORA = "LoRA"
#: Settings of the runs, by kind and rung; steps without a GPU are few.
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "images": {
        "fine-tune": {"learning_rate": 6e-4, "steps": 40},
        "scratch": {"learning_rate": 2e-3, "steps": 60, "architecture": "small"},
    },
    "texts": {"fine-tune": {"learning_rate": 2e-4, "steps": 40}, "scratch": {"architecture": "words"}},
}
LORA_RATE, LORA_STEPS, FEW_STEPS = 1e-3, 60, 6
#: Seconds for measuring, and far more than a run takes.
ADVICE_SECONDS, AMPLE_SECONDS = 6.0, 300.0


def names(kind: str) -> tuple[str, ...]:
    """What a line says, in order."""
    return ("advice", *RUNGS, *((LORA,) if kind == "texts" else ()))


def main() -> None:
    """Carry out the line."""
    kind, device, size, cores, lines = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    small = size == "small"

    def say(name: str, **values: Any) -> None:
        storage.append_line(Path(lines), {"name": name, **values})

    started = time.monotonic()
    dataset, advice = _advised(kind, small)
    say("advice", seconds=time.monotonic() - started, recommended=advice.recommended)
    for rung in RUNGS:
        say(rung, **_run(dataset, advice, rung, SETTINGS[kind].get(rung, {}), device, small))
    if kind == "texts":
        say(LORA, **_lora(dataset, str(advice.measured_with), device, FEW_STEPS if small else LORA_STEPS))


def _advised(kind: str, small: bool) -> tuple[Dataset, Advice]:
    from advisor import api
    from benchmarks.faults.short_runs import dataset_of
    from benchmarks.gpu_check.weights import stand_in, text_backbone

    if kind == "images":
        stand_in()
    home = Path(os.environ["ADVISOR_HOME"])
    dataset = dataset_of(home, MADE[kind] if small else SAMPLES[kind])
    backbone = text_backbone() if kind == "texts" else None
    return dataset, api.advise(dataset, budget=ADVICE_SECONDS, backbone=backbone, backbones="none")


def _run(
    dataset: Dataset, advice: Advice, rung: RungName, settings: dict[str, Any], device: str, small: bool
) -> dict[str, Any]:
    """Test value with half of its 90 % interval, seconds, and the most memory beside its forecast."""
    from advisor import api
    from advisor.core.records import RunReport
    from advisor.runs.follow import follow

    plan = api.plan(dataset, rung=rung, budget=AMPLE_SECONDS, advice=advice, device=device)
    fixed = {**settings, "steps": FEW_STEPS} if small and "steps" in settings else settings
    peak, status = 0.0, None
    for status in follow(api.start(plan.model_copy(update={"settings": {**plan.settings, **fixed}}))):
        peak = max(peak, status.memory_bytes or 0)
    if status is None or status.state != "done":
        raise RuntimeError(
            f"The {rung} run ended as {status.state if status else 'nothing'}: {status and status.cause}"
        )
    report = RunReport.load(status.files.report)
    return {
        "value": report.test.value, "half": (report.test.high - report.test.low) / 2, "n": report.test.n,
        "seconds": report.seconds, "device": report.device, "precision": report.precision, "peak": peak,
        "forecast": advice.estimate(rung).peak_memory_bytes,
        "taken_home": taken_home(dataset, report.run, device) if device == "cuda" else None,
    }  # fmt: skip


def taken_home(dataset: Dataset, run: str, device: str) -> float:
    """The largest difference of a test item's probability when the run's model predicts on the processor."""
    from advisor.rungs.saved.loading import load
    from advisor.rungs.saved.predictor import Predictor
    from advisor.runs import store

    rows = dataset.where("test")
    models = [load(store.directory(run), place) for place in ("cpu", device)]
    here, there = (model.predict_rows(dataset, rows)[0] for model in models if isinstance(model, Predictor))
    return float(abs(here - there).max())


def _lora(dataset: Dataset, backbone_name: str, device: str, steps: int) -> dict[str, Any]:
    """Validation value of an encoder with adapters after so many steps; half of a 90 % interval of such a share."""
    from advisor.data.features import load_backbone
    from advisor.training.loop import fit
    from advisor.training.network import build
    from advisor.training.problems import insert_adapters, problem_of
    from advisor.training.recipes import training_precision
    from advisor.training.settings import Settings
    from probes.backbones import catalog

    backbone = load_backbone(catalog.find(backbone_name, "text"), 128, device)
    network = build(backbone, len(dataset.classes), hold_batch_norm=False)
    task, _ = problem_of(dataset, "fine-tune", network, backbone, dataset.where("train"), dataset.where("val", "test"))
    insert_adapters(task, seed=0)
    precision = training_precision(device)
    settings = Settings(
        learning_rate=LORA_RATE, head_learning_rate=LORA_RATE, batch_size=16, steps=steps, n_evaluations=1,
        first_look=False, autocast=precision,
    )  # fmt: skip
    result = fit(task, settings)
    n = len(task.val)
    half = 1.645 * float((result.value * (1 - result.value) / n) ** 0.5)
    return {"value": result.value, "half": half, "n": n, "seconds": result.seconds, "device": device,
            "precision": precision}  # fmt: skip


if __name__ == "__main__":
    main()

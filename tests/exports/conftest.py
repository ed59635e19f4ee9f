"""Real models of every sort, trained in moments, and a Python that knows nothing but an exported folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from advisor.core.records import Dataset
from advisor.exports import parity, quantised
from advisor.rungs import common, registry, saving
from advisor.rungs.context import RunContext
from advisor.training.network import at_layers, build
from probes.hooks import LAST
from tests.rungs.test_rungs_line import context_of, digits, sentences

#: Fails where ONNX Runtime is imported before it is told to report nothing.
UNTOLD = """
import os, sys
os.environ.pop("ORT_DISABLE_TELEMETRY", None)
def watch(event, values):
    if event == "import" and values[0] == "onnxruntime":
        assert os.environ.get("ORT_DISABLE_TELEMETRY") == "1", "ONNX Runtime reports its use"
sys.addaudithook(watch)
"""
#: Asks an exported predict.py about items in a process of its own: Python's isolated mode, only the folder on its path.
ALONE = (
    UNTOLD
    + """
import json
sys.path.insert(0, sys.argv[1])
import numpy as np, predict
np.save(sys.argv[2], predict.probabilities(json.loads(sys.stdin.read())))
ours = [name for name in sys.modules if name.split(".")[0] in ("advisor", "probes", "torch", "transformers", "sklearn")]
assert not ours, ours
"""
)


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace that the models of all tests here share."""
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def quick(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared workspace, short timings, and no int8 version but in its own test: that halves the work."""
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    monkeypatch.setattr(quantised, "quantise", lambda *_: None)
    monkeypatch.setattr(parity, "TIMING_SECONDS", 0.05)


@pytest.fixture(scope="package")
def images(home: Path) -> Dataset:
    """Three digits, 78 pictures."""
    return digits(home)


@pytest.fixture(scope="package")
def texts(home: Path) -> Dataset:
    """Sport and cooking, 40 sentences."""
    return sentences(home)


@pytest.fixture(scope="package")
def run_of(home: Path) -> Callable[..., Path]:
    """Carries out a rung once and gives its folder; the same one for the same question."""
    known: dict[str, Path] = {}

    def carry_out(dataset: Dataset, rung: str, **settings: Any) -> Path:
        name = f"{dataset.kind}-{rung}-{'-'.join(sorted(settings))}"
        if name not in known:
            context = context_of(dataset, home / name, rung, seconds=20.0, settings=settings)
            _whole(context) if settings.get("whole") else registry.execute(context)
            context.plan.save(context.directory / "plan.json")
            known[name] = context.directory
        return known[name]

    return carry_out


def _whole(context: RunContext) -> None:
    """A fine-tuned model as a run saves it: every weight is its own, here after a small push in a random direction."""
    backbone = at_layers(
        common.open_backbone(context), ["block 3", LAST] if context.dataset.kind == "image" else [LAST]
    )
    network = build(backbone, len(context.dataset.classes), True).eval()
    with torch.no_grad():
        torch.manual_seed(0)
        for parameter in network.parameters():
            parameter.add_(0.01 * parameter.std(correction=0) * torch.randn_like(parameter))
        network.head.weight.normal_(std=0.05)
    saving.save_whole(context, backbone, network, {"seed": 0}, temperature=1.3)


def alone(folder: Path, items: Sequence[str], out: Path) -> np.ndarray:
    """What an exported folder says of items where nothing of this program can be imported. Shape: (n, C)."""
    import json

    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(folder), str(out)], input=json.dumps(list(items)), text=True,
        capture_output=True, cwd=out.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return np.asarray(np.load(out))


def alone_words(folder: Path, expression: str, items: Sequence[str]) -> Any:
    """What an expression of ``predict`` and ``items`` gives alone, where a language model needs transformers too."""
    import json

    code = (
        f"{UNTOLD}\nimport json; sys.path.insert(0, sys.argv[1]); import predict\n"
        f"items = json.loads(sys.stdin.read()); answer = {expression}\n"
        "print(json.dumps(answer.tolist() if hasattr(answer, 'tolist') else answer))\n"
        "assert not [n for n in sys.modules if n.split('.')[0] in ('advisor', 'probes')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(folder)], input=json.dumps(list(items)), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])

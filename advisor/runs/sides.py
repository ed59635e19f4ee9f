"""A run as it is compared: its plan and report, what it weighs, how fast it predicts, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.core.records import Dataset, Plan, RunReport, RunStatus
from advisor.core.wording import short
from advisor.runs import latency as timing
from advisor.runs import store
from advisor.runs.latency import Latency
from advisor.runs.processes import read_small
from advisor.runs.settings import n_learned
from probes.progress import Progress

if TYPE_CHECKING:
    from probes.measured import Measured

#: Gives a dataset by its fingerprint, None where it is gone.
Open = Callable[[str], Dataset | None]


@dataclass(frozen=True)
class Side:
    """A run as it is compared. ``weights_bytes``: of the files that make its model; ``latency`` None: not measured."""

    status: RunStatus
    plan: Plan
    report: RunReport | None
    weights_bytes: int
    latency: Latency | None

    @property
    def run(self) -> str:
        """The run's id."""
        return self.status.run

    @property
    def test(self) -> Measured | None:
        """The test value, None before there is one."""
        return self.report.test if self.report is not None else None


def side_of(run: str) -> Side:
    """A run by its id, as it stands now."""
    status = store.status(run)
    files = status.files
    report = RunReport.load(files.report) if status.state == "done" else None
    weights = sum(path.stat().st_size for path in (files.model, files.weights) if path.is_file())
    return Side(status, Plan.load(files.plan), report, weights, timing.kept(files.folder))


def timed(side: Side, opened: Open, progress: Progress) -> Side:
    """With the time of a prediction, measured where nobody has; without it where there is no model or no dataset."""
    if side.latency is not None or not side.status.files.model.is_file():
        return side
    dataset = opened(side.plan.fingerprint)
    if dataset is None:
        return side
    latency = timing.measure(side.status.files.folder, dataset, progress=progress)
    return replace(side, latency=latency)


def called(side: Side, sides: Sequence[Side]) -> str:
    """A run by the name that its owner gave it, or its rung, with its dataset where the runs are of several; where that
    does not tell it from another, with the end of its id, or the whole of it.
    """
    name, several = _named(side), len({one.plan.dataset_name for one in sides}) > 1
    same = [one for one in sides if one is not side and _named(one) == name]
    if several:
        same = [one for one in same if one.plan.dataset_name == side.plan.dataset_name]
        name = f"{name} on {short(side.plan.dataset_name, 40)}"
    if not same:
        return name
    end = side.run.rpartition("-")[2]
    return f"{name} ({side.run if any(one.run.rpartition('-')[2] == end for one in same) else end})"


def _named(side: Side) -> str:
    """The name that a run's owner gave it, or its rung."""
    return side.status.name or side.status.title


def learned_from(side: Side) -> tuple[int, int] | None:
    """The training items that a run's model was fitted on, and those that its settings were chosen by, apart from them.

    None where the run did not write it down, as those of questions.
    """
    resolved = read_small(side.status.files.resolved)
    n_fit = n_learned(resolved)
    n_chosen = resolved.get("n_validation")
    return None if n_fit is None else (n_fit, n_chosen if isinstance(n_chosen, int) else 0)


def facts(side: Side) -> dict[str, Any]:
    """What a run cost, by name: seconds of training, device, bytes of the model, milliseconds of a prediction."""
    report, latency = side.report, side.latency
    return {
        "seconds": report.seconds if report is not None else side.status.seconds,
        "device": report.device if report is not None else side.status.device,
        "precision": report.precision if report is not None else "",
        "model_bytes": side.weights_bytes,
        "single_ms": latency.single_ms if latency is not None else None,
        "p95_ms": latency.p95_ms if latency is not None else None,
        "batch_ms": latency.batch_ms if latency is not None else None,
    }

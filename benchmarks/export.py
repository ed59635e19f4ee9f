"""Every rung leaves as ONNX: how far it is from the trained model, how large, how quick, and what int8 costs.

    python -m benchmarks.export                      every rung on two samples, in a workspace of its own
    python -m benchmarks.export --data PATH ...      every rung on these datasets instead
    python -m benchmarks.export RUN [RUN ...]        these runs of the workspace in use

The bound: no probability differs by more than 1e-4 in float32, and no label.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from advisor.core.errors import PeopleError
from advisor.exports.records import BOUND, Exported

SAMPLES = ("sample:digits", "sample:topics")
RUNGS = ("prompting", "rag", "frozen", "fine-tune", "scratch")
#: Of each run; there are ten, each with its export.
BUDGET_SECONDS = 40.0
HEADINGS = (
    "run", "n", "largest difference", "same label", "MB", "MB int8", "ms one", "ms one in torch", "ms 32",
    "ms 32 in torch", "float32", "int8", "n",
)  # fmt: skip


def main() -> None:
    """Print the table, and whether the bound holds for all."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("runs", nargs="*", metavar="RUN", help="a run's id")
    asked.add_argument("--data", nargs="+", default=SAMPLES, metavar="PATH", help="datasets to train on")
    options = asked.parse_args()
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    broken: list[str] = []
    whole: list[str] = []
    with tempfile.TemporaryDirectory() as room:
        for title, run in runs(Path(room), options.runs, options.data):
            try:
                done = exported(run, Path(room) / run)
            except PeopleError as error:  # a language model leaves as a folder; anything else is a fault of the row
                print(f"| {title} | {error} |", flush=True)
                (whole if as_folder(run, Path(room) / f"{run}-folder") else broken).append(title)
                continue
            print(row(title, done), flush=True)
            if done.parity is None or not done.parity.good:
                broken.append(title)
    held = f"broken by {', '.join(broken)}" if broken else "held by all"
    print(f"\nBound {BOUND:.0e} and the same label on all: {held}.")
    if whole:
        print(f"Left as a folder, without ONNX: {', '.join(whole)}.")


def runs(room: Path, ids: Sequence[str], datasets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What each run is called, and its id: those named, or one of each rung and dataset, trained now."""
    from advisor import api

    if ids:
        yield from ((run, run) for run in ids)
        return
    os.environ["ADVISOR_HOME"] = str(room / "home")
    for dataset in datasets:
        name = Path(dataset.removeprefix("sample:")).stem
        for rung in RUNGS:
            report = api.train(dataset, rung=rung, budget=BUDGET_SECONDS)
            kept = "" if report.served == rung else f", which kept {report.served}"
            yield f"{name} {rung}{kept}", report.run


def exported(run: str, to: Path) -> Exported:
    """The run as ONNX."""
    from advisor import leaving

    return leaving.export(run, "onnx", to)


def as_folder(run: str, to: Path) -> bool:
    """Whether the run leaves as a folder."""
    from advisor import leaving

    try:
        return Path(leaving.export(run, "folder", to).folder).exists()
    except PeopleError:
        return False


def row(title: str, done: Exported) -> str:
    """One line of the table."""
    parity, int8 = done.parity, done.quantised
    cells = [title]
    if parity is None:
        return f"| {title} | {' | '.join(['–'] * (len(HEADINGS) - 1))} |"
    cells += [f"{parity.n:,}", f"{parity.difference:.1e}", f"{parity.n_same:,}", f"{parity.file_bytes / 1e6:.1f}"]
    cells.append(f"{int8.file_bytes / 1e6:.1f}" if int8 else "–")
    cells += [f"{ms:.1f}" for ms in (parity.runtime.one_ms, parity.torch.one_ms, parity.runtime.batch_ms,
                                     parity.torch.batch_ms)]  # fmt: skip
    cells += [f"{100 * int8.full.value:.1f}", f"{100 * int8.int8.value:.1f}", f"{int8.int8.n:,}"] if int8 else ["–"] * 3
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()

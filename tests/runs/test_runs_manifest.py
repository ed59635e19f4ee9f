"""What a finished run wrote is checked against its manifest wherever it is read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor import api
from advisor.cli.output import console
from advisor.cli.show_runs import report_of, runs
from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.records import Plan, RunReport
from advisor.runs import follow, store
from advisor.ui import how_trained

READ: dict[str, Callable[[str, Path], Any]] = {
    "report.json": lambda run, folder: report_of(store.status(run)),
    "plan.json": lambda run, folder: Plan.load(folder / "plan.json"),
    "model.json": lambda run, folder: api.load(run),
    "model.safetensors": lambda run, folder: api.load(run),
    "metrics.jsonl": lambda run, folder: follow.metrics(run),
}


@pytest.mark.slow
def test_a_damaged_file_of_a_finished_run_is_refused_by_whoever_reads_it(
    plan_of: Callable[..., Plan], tmp_path: Path
) -> None:
    run = store.submit(plan_of("scratch", settings={"steps": 6, "architecture": "same", "learning_rate": 1e-3}))
    assert api.wait(run).run == run
    folder = store.directory(run)
    for name, read in READ.items():
        path, whole = folder / name, (folder / name).read_bytes()
        read(run, folder)
        path.write_bytes(_changed(whole))
        with pytest.raises(StorageError, match=name.replace(".", r"\.")):
            read(run, folder)
        path.write_bytes(whole)
        read(run, folder)
    assert isinstance(report_of(store.status(run)), RunReport)
    _the_settings_and_the_list_do_without(run, folder, tmp_path)


def _changed(content: bytes) -> bytes:
    """A digit replaced by another: JSON stays JSON, and only a hash can tell."""
    place = next(i for i in range(len(content) - 1, 0, -1) if content[i : i + 1].isdigit())
    return content[:place] + bytes([ord("0") + (content[place] - ord("0") + 1) % 10]) + content[place + 1 :]


def _the_settings_and_the_list_do_without(run: str, folder: Path, tmp_path: Path) -> None:
    assert how_trained.resolved(folder)["rung"] == "scratch"
    for name in ("resolved.json", "report.json"):
        (folder / name).write_bytes(_changed((folder / name).read_bytes()))
    assert how_trained.resolved(folder) == {}
    with (tmp_path / "list.txt").open("w") as stream:
        runs(console(stream), store.runs())
    assert run in (tmp_path / "list.txt").read_text()
    with pytest.raises(StorageError, match=r"re(port|solved)\.json"):
        storage.check_manifest(folder)

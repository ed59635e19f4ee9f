"""A run's model at work: every row of a table predicted, and the model behind an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.runs.model_folder import model_folder
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.batch.predict import Predicted
    from advisor.core.records import Threshold
    from advisor.rungs.saved.loading import Model

#: The share of right answers that is asked for where none is named.
RIGHT = 0.95
#: What the package itself offers of this module.
PUBLIC = ("predict_table", "threshold")


def predict_table(
    run: str | Path,
    source: str | Path | Sequence[Any],
    out: str | Path,
    *,
    column: str | None = None,
    replace: bool = False,
    device: str = "cpu",
    progress: Progress = silent,
) -> Predicted:
    """Predict each row of a table, or each file of a folder or an archive, into a file beside the row's own columns.

    run: as `advisor.load` takes it. source: a path, or a list of items as `predict` takes them. out: answers.csv, .tsv,
    .jsonl or .parquet. column: of the items, where it is not the one of training. replace: write over a file that is
    there. The same call goes on where a former one was ended. Raises DatasetError, RunError, StorageError.
    """
    from advisor.batch.predict import predict_rows
    from advisor.batch.rows import rows_of, rows_of_items
    from advisor.batch.trained import trained_columns

    folder = model_folder(run)
    model = _loaded(folder, device)
    if isinstance(source, (str, Path)):
        rows = rows_of(source, model.kind, column, trained_columns(folder, model.spec), progress)
    else:
        rows = rows_of_items(source)
    return predict_rows(model, rows, Path(out), replace=replace, progress=progress)


def serve(
    run: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    without_key: bool = False,
    device: str = "cpu",
    ready: Callable[[str, str], None] = lambda title, address: None,
) -> None:
    """Serve a model over HTTP until SIGINT or SIGTERM (docs/serving.md).

    run: as `advisor.load` takes it. without_key: listen beyond loopback though ADVISOR_API_KEY is not set. ready: gets
    the model's title and the address. Raises RunError where it may not listen or an extra is missing.
    """
    from advisor.serve.server import serve as serve_model

    folder = model_folder(run)
    serve_model(partial(_loaded, folder, device), host=host, port=port, without_key=without_key, ready=ready)


def threshold(
    run: str | Path, right: float | str = RIGHT, *, keep: bool = True, progress: Progress = silent
) -> Threshold:
    """The probability from which on a model should answer so that a share `right` of its answers will be right.

    right: 0.95, 95 or "95%". keep: apply it from now on, wherever the model predicts. Chosen on held-out items, with
    90 % certainty, and checked on the test part (docs/confidence.md). Raises RunError where no threshold promises that
    share, or nothing is held out; AdviceError for what is no number.
    """
    from advisor.advice.wishes import share_of
    from advisor.runs import threshold as thresholds

    share, folder = share_of(str(right)), model_folder(run)
    share = share / 100 if 1 < share < 100 else share
    chosen = thresholds.choose(folder, thresholds.held_out_of(folder, progress), share)
    if keep:
        thresholds.keep(folder, chosen)
    return chosen


def forget_threshold(run: str | Path) -> None:
    """Let the model of a run answer as it did before a threshold was kept. Raises RunError for an unknown run."""
    from advisor.runs import threshold as thresholds

    thresholds.forget(model_folder(run))


def _loaded(folder: Path, device: str) -> Model:
    from advisor.rungs.saved.loading import load
    from probes.device import pick

    return load(folder, pick(device))

"""Rows that came through the dashboard: what they are, their answers in the run's folder, and what lies there."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core import storage
from advisor.core.errors import DatasetError, PeopleError, StorageError
from advisor.core.workspace import RunFiles
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

#: What was predicted, beside the file of answers; written last, so its presence says that the rest is whole.
ABOUT = "about.json"
#: Answers are written as the table came, where that is written at all; else as CSV.
_ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Seen:
    """What an upload holds. ``columns``: of its table, none of files; ``chosen``: of the items; ``clear``: whether
    training or a name tells them; ``n_rows``: 0 where the column has to be named first."""

    columns: tuple[str, ...]
    chosen: tuple[str, ...]
    clear: bool
    n_rows: int


@dataclass(frozen=True)
class Done:
    """Answers in a run's folder. ``name``: of the upload; ``file``: of the answers, inside ``folder``."""

    folder: Path
    name: str
    file: str
    n_rows: int
    n_not_sure: int
    n_problems: int
    counted: dict[str, int]
    seconds: float

    @property
    def path(self) -> Path:
        """The answers."""
        return self.folder / self.file


def look(run: Path, source: str, hidden: str, progress: Progress) -> Seen:
    """What the rows of a source are. hidden: left out of messages, since the visitor never saw that path."""
    from advisor.batch.columns import ColumnUnclear
    from advisor.batch.rows import FILE, rows_of
    from advisor.batch.trained import trained_columns

    spec = storage.read_object(RunFiles(run).model)
    with _without(hidden):
        try:
            rows = rows_of(source, spec["kind"], None, trained_columns(run, spec), progress)
        except ColumnUnclear as unclear:
            return Seen(unclear.columns, (unclear.likely,) if unclear.likely else (), False, 0)
    chosen = tuple(rows.identity.get("columns", ()))
    return Seen(() if rows.columns == [FILE] else tuple(rows.columns), chosen, True, rows.n_rows)


def predict(run: Path, model: Model, source: str, hidden: str, column: str | None, progress: Progress) -> Done:
    """Predict the rows of a source into the run's folder; what a former process has begun is taken up."""
    from advisor.batch.predict import predict_rows
    from advisor.batch.rows import rows_of
    from advisor.batch.trained import trained_columns
    from advisor.rungs.saved.held_out import kept_threshold
    from advisor.rungs.saved.predictor import Predictor

    if isinstance(model, Predictor):
        model.threshold = kept_threshold(run)  # which may have been chosen since the model was loaded
    name = source.removeprefix(hidden)
    mark = hashlib.sha256(f"{source}\0{column or ''}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    folder = RunFiles(run).answered / mark
    ending = Path(name).suffix.lower()
    file = f"{Path(name).stem} answers{ending if ending in _ENDINGS else '.csv'}"
    with _without(hidden):
        rows = rows_of(source, model.kind, column, trained_columns(run, model.spec), progress)
        came = predict_rows(model, rows, folder / file, replace=True, progress=progress)
    done = Done(folder, name, file, came.n_rows, came.n_not_sure, came.n_problems, came.counted, came.seconds)
    storage.write_json(folder / ABOUT, {key: value for key, value in asdict(done).items() if key != "folder"})
    return done


def answered(run: Path) -> list[Done]:
    """What was predicted, the latest first; what is damaged or unfinished is left out."""
    found = []
    for about in RunFiles(run).answered.glob(f"*/{ABOUT}"):
        with contextlib.suppress(StorageError, TypeError, OSError):
            done = Done(about.parent, **storage.read_object(about))
            if done.path.is_file():
                found.append((about.stat().st_mtime, done))
    return [done for _, done in sorted(found, key=lambda pair: -pair[0])]


def forget(done: Done) -> None:
    """Delete answers."""
    shutil.rmtree(done.folder, ignore_errors=True)


@contextlib.contextmanager
def _without(hidden: str) -> Iterator[None]:
    """Messages inside without a path that their reader never saw."""
    try:
        yield
    except DatasetError as error:
        if not hidden or hidden not in str(error):
            raise
        raise PeopleError(str(error).replace(hidden, "")) from error

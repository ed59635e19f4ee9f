"""Predict every row: part by part, taken up after a kill, and a file that appears whole."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.batch.answers import answer_columns, free_names
from advisor.batch.formats import Header, Line, format_of
from advisor.batch.parts import Parts, Tally
from advisor.batch.rows import Item, Rows
from advisor.core.errors import DatasetError
from advisor.core.wording import count
from advisor.rungs.saved.verdicts import LEAST_SURE
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

#: Rows of a part, and of one where each is asked of a language model.
ROWS, ROWS_ASKED = 512, 32


@dataclass(frozen=True)
class Predicted:
    """What became of the rows. ``n_taken_up``: those that a former process had predicted before it ended.

    ``counted``: how often each label was given, the most frequent first; of answers whether one was supported.
    """

    path: Path
    n_rows: int
    n_not_sure: int
    n_problems: int
    n_taken_up: int
    counted: dict[str, int]
    seconds: float


def predict_rows(
    model: Model,
    rows: Rows,
    out: Path,
    least: float | None = None,
    replace: bool = False,
    progress: Progress = silent,
) -> Predicted:
    """Predict all rows into a file; the same call goes on where a former one was ended.

    least: the probability from which on a label is sure, that of the run by default; replace: whether a file that is
    there may be written over. Raises DatasetError for a file that is there or has an ending that is not written,
    RunError, StorageError.
    """
    form, begun = format_of(out), time.monotonic()
    if out.is_dir() or (out.exists() and not replace):
        raise DatasetError(f"{out} is there already. Give another name, or write over it: --replace")
    kind = answer_columns(model.kind, getattr(model, "threshold", None) is not None)
    least = getattr(model, "least_sure", LEAST_SURE) if least is None else least
    header = Header(rows.columns, kind, free_names(kind.order, rows.columns))
    parts = Parts(out, {"rows": rows.identity, "model": _identity(model), "least": least, "format": out.suffix.lower()})
    with parts.held():
        n_taken_up = parts.tally.n_rows
        every = itertools.islice(rows.items(), n_taken_up, None)
        for some in _in_parts(every, _part_rows(model)):
            step = _Within(progress, parts.tally.n_rows, len(some), rows.n_rows)
            lines = _lines(model, kind.method, some, header, least, step)
            parts.add(form.part(header, lines), _tally(lines, kind.counted))
        progress("Writing the file", 1.0)
        parts.finish(form, header)
    tally = parts.tally
    counted = dict(sorted(tally.counted.items(), key=lambda entry: (-entry[1], entry[0])))
    seconds = time.monotonic() - begun
    return Predicted(out, tally.n_rows, tally.n_not_sure, tally.n_problems, n_taken_up, counted, seconds)


class _Within:
    """Progress within a part as that of the whole; `progress` of the model tells the share of its part."""

    def __init__(self, progress: Progress, n_before: int, n_part: int, n_rows: int) -> None:
        self.progress, self.n_before, self.n_part, self.n_rows = progress, n_before, n_part, max(n_rows, 1)

    def __call__(self, sentence: str, share: float) -> None:
        done = self.n_before + min(1.0, max(0.0, share)) * self.n_part
        self.progress(f"Predicting, {count(int(done))} of {count(self.n_rows)} rows", min(1.0, done / self.n_rows))


def _lines(
    model: Model, method: str, some: Sequence[Item], header: Header, least: float, progress: Progress
) -> list[Line]:
    progress("Predicting", 0.0)
    said: Sequence[Any] = getattr(model, method)([one.item for one in some], progress)
    return [(one.cells, header.answers.cells(answer, least)) for one, answer in zip(some, said, strict=True)]


def _tally(lines: Sequence[Line], counted: str) -> Tally:
    tally = Tally(n_rows=len(lines))
    for _, answer in lines:
        if answer.get("problem"):
            tally.n_problems += 1
            continue
        tally.n_not_sure += bool(answer["not_sure"])
        value = answer[counted]
        name = value if isinstance(value, str) else counted if value else f"not {counted}"
        tally.counted[name] = tally.counted.get(name, 0) + 1
    return tally


def _in_parts(items: Iterator[Item], n: int) -> Iterator[list[Item]]:
    while some := list(itertools.islice(items, n)):
        yield some


def _part_rows(model: Model) -> int:
    """Few where each row takes long, so that a kill loses little."""
    asks = "language_model" in model.spec or model.spec.get("weights") == "prompt"
    return ROWS_ASKED if asks else ROWS


def _identity(model: Model) -> dict[str, Any]:
    """What tells a model apart from another one, also from the same run trained anew."""
    return {name: model.spec.get(name) for name in ("run", "sha256", "seal")}

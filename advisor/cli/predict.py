"""`advisor predict`: label new items on the screen, or every row of a table, a folder or an archive into a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.inputs import Meaning
from advisor.cli.options import Device, Json
from advisor.cli.output import Output, command
from probes.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.batch.predict import Predicted
    from advisor.rungs.saved.loading import Model

#: A share below this says too little of the time left.
TRUSTED_SHARE = 0.02


def predict(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, the word last, or the folder of a run or of an export.")
    ],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Tables, image files, folders, texts or questions; - reads one from each line of stdin.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Predict every row of a table, a folder or an archive into this file (.csv, .tsv, .jsonl, .parquet).",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The table's column with the items.", show_default="as in training"),
    ] = None,
    meaning: Annotated[
        Meaning | None,
        typer.Option("--as", help="What the name of a text file means: a text on each line, one text, or itself."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a FILE that is there.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Say which words of each text decided for its label.")] = False,
    device: Device = "cpu",
    json: Json = False,
) -> None:
    """Label new images or texts with the model of a finished run, or answer questions with it."""
    with command(json) as output:
        from advisor import api
        from advisor.batch.trained import trained_columns
        from advisor.cli.inputs import items_of
        from advisor.core.errors import DatasetError
        from advisor.core.wording import counted
        from advisor.runs.model_folder import model_folder

        if why and out is not None:
            raise DatasetError("--why is shown on the screen and not written with --out. Leave one of them out.")
        if out is not None and len(inputs) == 1 and meaning is None and _is_whole(inputs[0]):
            n_bad, n = _into_a_file(output, run, inputs[0], out, column, replace, device)
        else:
            model = api.load(run, device=device)
            known = trained_columns(model_folder(run), model.spec)
            items = items_of(inputs, model.kind, column, meaning, known)
            if why:
                n_bad, n = _explained(output, model, items)
            elif out is None:
                n_bad, n = _on_the_screen(output, model, items)
            else:
                n_bad, n = _into_a_file(output, run, _usable(items), out, column, replace, device)
        if n_bad:  # the others are answered, but a script has to notice
            output.note(f"{counted(n_bad, 'input')} of {n:,} could not be used.")
            raise typer.Exit(1)


def _is_whole(argument: str) -> bool:
    """Whether an argument is something with many items in it: a table, a folder, an archive or a sample."""
    from advisor.data.read.names import is_archive, table_format
    from advisor.data.read.source import SAMPLE

    path = Path(argument)
    try:
        named = table_format(path.name) is not None or is_archive(path.name)
        return argument.startswith(SAMPLE) or path.is_dir() or (named and path.is_file())
    except (OSError, ValueError):
        return False


def _usable(items: list[Any]) -> list[Any]:
    """The items, one of which can be used. Raises DatasetError with the first reason where none can."""
    from advisor.rungs.saved.inputs import Unusable, check_any

    check_any([item.reason if isinstance(item, Unusable) else "" for item in items])
    return items


def _on_the_screen(output: Output, model: Model, items: list[Any]) -> tuple[int, int]:
    """Answer with each item's label; how many could not be used, and of how many."""
    from advisor.cli.tasks import shown_task

    document, draw = shown_task(model.kind).applied(model, items, output.progress)
    output.answer(document, draw)
    return sum("problem" in row for row in document), len(document)


def _explained(output: Output, model: Model, items: list[Any]) -> tuple[int, int]:
    """Answer with each text's label and its words; how many could not be used, and of how many."""
    from advisor.cli import show_why

    document, draw = show_why.applied(model, items, output.progress)
    output.answer(document, draw)
    return sum("problem" in row for row in document), len(document)


def _into_a_file(
    output: Output, run: str, source: Any, out: Path, column: str | None, replace: bool, device: str
) -> tuple[int, int]:
    """Predict every row into a file and answer with what came of it; as `_on_the_screen`."""
    from advisor import using

    tell = timed(output.progress) if output.stderr.is_terminal else output.progress
    try:
        done = using.predict_table(run, source, out, column=column, replace=replace, device=device, progress=tell)
    except KeyboardInterrupt:
        output.note(f"What is predicted so far is kept beside {out}. The same command goes on from there.")
        raise
    output.answer(document_of(done), lambda to: draw(to, done))
    return done.n_problems, done.n_rows


def timed(progress: Progress) -> Progress:
    """Progress with the time left, from the pace since the first call."""
    first: list[tuple[float, float]] = []

    def tell(sentence: str, share: float) -> None:
        from advisor.core.wording import about

        now = time.monotonic()
        begun, before = first[0] if first else (now, share)
        if not first and share > 0:
            first.append((now, share))
        done = share - before
        left = f", {about((now - begun) * (1 - share) / done)} left" if done > TRUSTED_SHARE and share < 1 else ""
        progress(sentence + left, share)

    return tell


def document_of(done: Predicted) -> dict[str, Any]:
    """What `advisor predict --out --json` prints."""
    return {
        "path": str(done.path),
        "n_rows": done.n_rows,
        "n_not_sure": done.n_not_sure,
        "n_problems": done.n_problems,
        "n_taken_up": done.n_taken_up,
        "counted": done.counted,
        "seconds": done.seconds,
    }


def draw(to: Console, done: Predicted) -> None:
    """Where the answers are, and how often each label was given."""
    from advisor.cli.tables import LISTED, safe, table
    from advisor.core.wording import count, counted, duration, percent

    pace = (done.n_rows - done.n_taken_up) / done.seconds if done.seconds > 0 else 0.0
    to.print(safe(f"{counted(done.n_rows, 'row')} in {duration(done.seconds)} ({pace:,.0f} a second): {done.path}"))
    if done.n_taken_up:
        to.print(safe(f"{count(done.n_taken_up)} of them had been predicted before."), style="dim")
    if done.n_not_sure:
        share = percent(done.n_not_sure / max(1, done.n_rows))
        to.print(safe(f"{counted(done.n_not_sure, 'row')} ({share}) not sure: look at them yourself."))
    rows = table("given", ">rows", ">share")
    for name, n in list(done.counted.items())[: 2 * LISTED]:
        rows.add_row(safe(name), f"{n:,}", percent(n / max(1, done.n_rows)))
    to.print(rows)

"""`advisor prompt`: show the prompts of a dataset, or measure one of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.options import Json, PathArgument, Reading, reads_data
from advisor.cli.output import command

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.core.records import Dataset, ProbeResult

#: A template may have 20,000 characters, of up to four bytes each.
MOST_BYTES = 80_000


@reads_data
def prompt(
    path: PathArgument,
    reading: Reading,
    show: Annotated[
        bool, typer.Option("--show", help="Show what was measured. The default where nothing else is given.")
    ] = False,
    template: Annotated[
        str | None, typer.Option(metavar="FILE", help="Measure this template, with {labels}, {examples} and {text}.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="A language model: a name, a folder, or the word endpoint.")
    ] = None,
    shots: Annotated[int, typer.Option(help="Labelled examples in the prompt; 0 for none.", min=0, max=64)] = 16,
    seconds: Annotated[float, typer.Option(help="Seconds for measuring.", min=1)] = 20.0,
    json: Json = False,
) -> None:
    """Show the prompts that were measured on a dataset of texts, or measure one of your own and keep it."""
    with command(json) as output:
        from advisor import api
        from advisor.llm import models

        models.check(model)
        dataset = api.read(path, **reading, progress=output.progress)
        if show or (template is None and model is None):
            results = api.prompts(dataset, progress=output.progress)
        else:
            text = _read(template) if template is not None else None
            results = [api.prompt(dataset, text, model=model, shots=shots, seconds=seconds, progress=output.progress)]
        output.answer([prompt_json(result) for result in results], lambda to: prompts(to, dataset, results))


def prompt_json(result: ProbeResult) -> dict[str, Any]:
    """One measured prompt."""
    kept = ("method", "raw", "seconds_per_item", "prompt", "gain", "gain_error")
    return {
        "name": result.name,
        **result.measured.model_dump(mode="json"),
        **{name: result.settings[name] for name in kept},
        "template": result.settings["ask"]["template"],
    }


def prompts(to: Console, dataset: Dataset, results: list[ProbeResult]) -> None:
    """Each prompt with its score, calibrated and raw, and its text."""
    from advisor.cli.show import heading
    from advisor.cli.tables import safe
    from advisor.core.wording import between, counted, percent

    heading(to, dataset)
    for result in results:
        number, settings = result.measured, result.settings
        score = f"{percent(number.value)} {dataset.metric} ({between(number.low, number.high)})"
        sample = f"{counted(number.n, 'item')}, {settings['seconds_per_item']:.2f} s each"
        to.print(safe(f"{settings['method']}: {score} on {sample}; {percent(settings['raw'])} uncalibrated."))
        for row in settings["prompt"].splitlines():
            to.print(safe(f"    {row}"), style="dim")
    if not results:
        to.print("No prompt was measured, because the language model is not installed. See: advisor weights")


def _read(path: str) -> str:
    from advisor.core.errors import AdviceError

    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise AdviceError(f"The template {path} has {size:,} bytes. Keep it below {MOST_BYTES:,}.")
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdviceError(f"The template {path} cannot be read ({error}). Give a text file in UTF-8.") from error

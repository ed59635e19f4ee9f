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


@reads_data
def prompt(
    path: PathArgument,
    reading: Reading,
    show: Annotated[bool, typer.Option("--show", help="Show what was measured; the default without a change.")] = False,
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
            found = api.prompts(dataset, progress=output.progress)
        else:
            text = _read(template) if template is not None else None
            found = [api.prompt(dataset, text, model=model, shots=shots, seconds=seconds, progress=output.progress)]
        output.answer([prompt_json(one) for one in found], lambda to: prompts(to, dataset, found))


def prompt_json(one: ProbeResult) -> dict[str, Any]:
    """One measured prompt."""
    kept = ("method", "raw", "seconds_per_item", "prompt", "gain", "gain_error")
    return {
        "name": one.name,
        **one.measured.model_dump(mode="json"),
        **{name: one.settings[name] for name in kept},
        "template": one.settings["ask"]["template"],
    }


def prompts(to: Console, dataset: Dataset, found: list[ProbeResult]) -> None:
    """Each prompt with what it reached, calibrated and raw, and its text."""
    from advisor.cli.show import heading
    from advisor.cli.tables import between, safe
    from advisor.core.wording import percent

    heading(to, dataset)
    for one in found:
        number, settings = one.measured, one.settings
        to.print(
            safe(
                f"{settings['method']}: {percent(number.value)} {dataset.metric} ({between(number.low, number.high)}) "
                f"on {number.n} items, {percent(settings['raw'])} uncalibrated, {settings['seconds_per_item']:.2f} s "
                f"each."
            )
        )
        for row in settings["prompt"].splitlines():
            to.print(safe(f"    {row}"), style="dim")
    if not found:
        to.print("No prompt was measured: the language model is not here. See: advisor weights.")


def _read(path: str) -> str:
    from advisor.core.errors import AdviceError

    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdviceError(f"The template {path} cannot be read ({error}). Give a text file in UTF-8.") from error

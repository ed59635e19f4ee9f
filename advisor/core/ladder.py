"""The five rungs as data, from the cheapest to the dearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

RungName = Literal["prompting", "rag", "frozen", "fine-tune", "scratch"]
RUNG_NAMES: tuple[RungName, ...] = get_args(RungName)


@dataclass(frozen=True)
class Rung:
    """One rung: its title, what it changes and when it pays, in one sentence each."""

    name: RungName
    title: str
    changes: str
    pays: str


LADDER: tuple[Rung, ...] = (
    Rung("prompting", "Prompting", "No weights change.", "An answer today from the class names alone, without labels."),
    Rung("rag", "Retrieval", "No weights change.", "The nearest labelled examples decide; new labels count at once."),
    Rung(
        "frozen",
        "Frozen features",
        "Only a new head is trained.",
        "Minutes of training when the task is close to pre-training.",
    ),
    Rung(
        "fine-tune",
        "Fine-tuning",
        "Some or all layers change.",
        "A related but distinct task, with the labels to show it.",
    ),
    Rung(
        "scratch",
        "From scratch",
        "Everything is learned anew.",
        "A novel domain with very many labels and a large budget.",
    ),
)


def rung(name: str) -> Rung:
    """The rung called `name`; raises AdviceError with the full list for an unknown one."""
    from advisor.core.errors import AdviceError

    for entry in LADDER:
        if entry.name == name:
            return entry
    raise AdviceError(f"There is no rung called {name!r}. The rungs are {', '.join(RUNG_NAMES)}.")


def run_title(planned: RungName, kept: RungName | None) -> str:
    """What a run is called: by the rung of the model that it kept, and what was tried where that is another.

    >>> run_title("frozen", None), run_title("fine-tune", "frozen")
    ('Frozen features', 'Frozen features (fine-tuning was tried)')
    """
    if kept is None or kept == planned:
        return rung(planned).title
    return f"{rung(kept).title} ({rung(planned).title.lower()} was tried)"


def dropped_sentence(why: str) -> str:
    """What a run of fine-tuning says when it went back to the frozen model.

    >>> dropped_sentence("the training diverged")
    'Fine-tuning was dropped for the frozen model: the training diverged.'
    """
    return f"Fine-tuning was dropped for the frozen model: {why}."

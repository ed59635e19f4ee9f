"""The five rungs as data, from the cheapest to the most expensive.

A row says all that the other rooms ask of a rung. Outside this file a rung is named in the literal registries of what
carries it out, and in the rules of thumb that LadderBench scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from advisor.core.kinds import Kind, TaskName

RungName = Literal["prompting", "rag", "frozen", "fine-tune", "scratch"]
RUNG_NAMES: tuple[RungName, ...] = get_args(RungName)
#: Three that others speak of by their part: the measured rung that gains are counted from, the one that tunes
#: pre-trained weights, and the one that starts from random weights.
BASE: Final = "frozen"
TUNED: Final = "fine-tune"
FRESH: Final = "scratch"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung: its words, what it is made of, and how its number is known.

    ``title``: on a page; ``subject``: as the subject of a sentence, whose verb is in the plural where ``plural`` says
    so; ``changes`` and ``pays``: what it changes and when it pays, in a sentence each.

    ``trains``: something is fitted, a head at least. ``changes_weights``: the backbone's own weights change.
    ``starts_pretrained``: it stands on pre-trained weights. ``needs_labels``: it learns from labels, and more of them
    improve it. ``stays_current``: new knowledge counts at once. ``asks_per_call``: every prediction may be a call of an
    endpoint.

    ``measured_on``: the kinds of data on which the probes measure it; on the others it is predicted. ``steps_on``: the
    kinds on which its training takes steps through a network. ``probes``: the evidence that measures it, by task.
    ``falls_back_to``: the rung that its run starts from and rolls back to when training does not help, by task.
    """

    name: RungName
    title: str
    subject: str
    plural: bool = False
    changes: str
    pays: str
    trains: bool = True
    changes_weights: bool = False
    starts_pretrained: bool = True
    needs_labels: bool = True
    stays_current: bool = False
    asks_per_call: bool = False
    measured_on: tuple[Kind, ...] = ()
    steps_on: tuple[Kind, ...] = ()
    probes: Mapping[TaskName, tuple[str, ...]] = field(default_factory=dict)
    falls_back_to: Mapping[TaskName, RungName] = field(default_factory=dict)

    @property
    def place(self) -> int:
        """Steps up the ladder: 0 for the cheapest."""
        return RUNG_NAMES.index(self.name)

    @property
    def tunes(self) -> bool:
        """Whether pre-trained weights are changed."""
        return self.changes_weights and self.starts_pretrained

    @property
    def in_text(self) -> str:
        """The rung in the middle of a sentence."""
        return self.subject.lower()

    def verb(self, singular: str, plural: str) -> str:
        """The form of a verb that goes with the rung.

        >>> [rung(name).verb("is", "are") for name in ("frozen", "scratch")]
        ['are', 'is']
        """
        return plural if self.plural else singular


LADDER: tuple[Rung, ...] = (
    Rung(
        name="prompting",
        title="Prompting",
        subject="Prompting",
        changes="No weights change.",
        pays="An answer today from the class names alone, without labels.",
        trains=False,
        needs_labels=False,
        asks_per_call=True,
        measured_on=("image", "text", "qa", "image-multilabel", "text-multilabel", "tags"),
        probes={
            "classification": ("zero-shot", "prompt-zero", "prompt-few", "prompt-own", "prompt-clip"),
            "answering": ("closed book",),
            "multilabel": ("zero-shot",),
            "tagging": ("type names",),
        },
    ),
    Rung(
        name="rag",
        title="Retrieval",
        subject="Retrieval",
        changes="No weights change.",
        pays="The nearest labelled examples decide; new labels count at once.",
        trains=False,
        stays_current=True,
        asks_per_call=True,
        measured_on=("image", "text", "qa", "image-multilabel", "text-multilabel", "tags"),
        probes={
            "classification": ("knn", "prompt-nearest"),
            "answering": ("retrieved",),
            "multilabel": ("knn",),
            "tagging": ("word memory",),
        },
    ),
    Rung(
        name="frozen",
        title="Frozen features",
        subject="Frozen features",
        plural=True,
        changes="Only a new head is trained.",
        pays="Minutes of training when the task is close to pre-training.",
        measured_on=("image", "text", "qa", "image-multilabel", "text-multilabel", "tags"),
        probes={
            "classification": ("linear", "joined"),
            "answering": ("reader",),
            "multilabel": ("linear", "joined"),
            "tagging": ("word head",),
        },
    ),
    Rung(
        name="fine-tune",
        title="Fine-tuning",
        subject="Fine-tuning",
        changes="Some or all layers change.",
        pays="A related but distinct task, with the labels to show it.",
        changes_weights=True,
        steps_on=("image", "text", "qa", "image-multilabel", "text-multilabel", "tags"),
        falls_back_to={"classification": "frozen", "answering": "rag", "multilabel": "frozen", "tagging": "frozen"},
    ),
    Rung(
        name="scratch",
        title="From scratch",
        subject="Training from scratch",
        changes="All weights are learned from random ones.",
        pays="A novel domain with very many labels and a large budget.",
        changes_weights=True,
        starts_pretrained=False,
        measured_on=("text", "text-multilabel", "tags"),  # as counted words with a linear model, and as a random field
        steps_on=("image", "image-multilabel"),
        probes={"classification": ("tfidf",), "multilabel": ("tfidf",), "tagging": ("random field",)},
    ),
)


def rung(name: str) -> Rung:
    """The rung of a name or a title, in capitals or not; raises AdviceError with the full list for an unknown one.

    >>> rung("Retrieval").name
    'rag'
    """
    from advisor.core.errors import AdviceError

    wanted = name.strip().lower()
    for row in LADDER:
        if wanted in (row.name, row.title.lower()):
            return row
    listed = ", ".join(f"{row.name} ({row.title})" for row in LADDER)
    raise AdviceError(f"There is no rung called {name!r}. The rungs are {listed}.")


def run_title(planned: RungName, kept: RungName | None) -> str:
    """What a run is called: by the rung of the model that it kept, and instead of which, where another was planned.

    >>> run_title("frozen", None), run_title("fine-tune", "frozen")
    ('Frozen features', 'Frozen features (instead of fine-tuning)')
    """
    if kept is None or kept == planned:
        return rung(planned).title
    return f"{rung(kept).title} (instead of {rung(planned).title.lower()})"


def dropped_sentence(why: str) -> str:
    """What a run of fine-tuning says when it went back to the frozen model.

    >>> dropped_sentence("the training diverged")
    'Fine-tuning was rolled back to the frozen model: the training diverged.'
    """
    return f"Fine-tuning was rolled back to the frozen model: {why}."

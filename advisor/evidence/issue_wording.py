"""The sentences about what is wrong with labels and items, each with its numbers and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted, listed
from advisor.data.profile.findings import finding

if TYPE_CHECKING:
    from probes.labels import PlantedCheck
    from probes.shortcuts import Shortcut

#: Properties that come from how the data was made and hardly ever belong to the task.
TECHNICAL = frozenset(
    ["image size", "bytes per pixel", "the file format", "JPEG quality", "an even margin", "the camera",
     "a source in front of the text", "line breaks and markup"]
)  # fmt: skip
#: Share of suspect labels from which they are worth a warning.
MANY = 0.02
HARD = "Most of what it lists here may be hard and not wrong; look from the top."


def suspect_labels(keys: Sequence[str], n: int, check: PlantedCheck | None) -> Finding | None:
    """How many labels look wrong, and what such a list was worth on labels flipped on purpose."""
    if not keys:
        return None
    m = len(keys)
    sentence = f"{m:,} of {counted(n, 'label')} look{'s' if m == 1 else ''} wrong."
    grave = m > MANY * n
    if check is None:
        return finding(
            "suspect label", "note", f"{sentence} There are too few items to say how good this list is.", keys
        )
    sentence += (
        f" When {check.n_planted:,} labels were flipped on purpose, such a list held "
        f"{100 * check.recall.value:.0f} % of them"
    )
    if check.precision is None:
        return finding("suspect label", "note", f"{sentence}.", keys)
    right = check.precision.value
    low, high = (round(10 * end) for end in (check.precision.low, check.precision.high))
    ends = f" ({low} to {high})" if low < high else ""
    sentence += f", and about {round(10 * right)} of 10 on it were flipped{ends}."
    if right < 0.5:
        found = finding("suspect label", "note", f"{sentence} {HARD}", keys)
        return found.model_copy(update={"mostly_hard": True})
    if m <= n * MANY:
        sentence += " With fewer mistakes in the data, more of the list is hard and not wrong."
    return finding("suspect label", "warning" if grave else "note", sentence, keys)


def mostly_hard(findings: Sequence[Finding]) -> bool:
    """Whether the list of suspect labels was found to hold more hard items than wrong labels."""
    return any(one.mostly_hard for one in findings)


def lonely_labels(keys: Sequence[str], n: int) -> Finding | None:
    """Items of which no neighbour carries the label."""
    if not keys:
        return None
    m = len(keys)
    has = "has" if m == 1 else "have"
    sentence = f"{m:,} of {counted(n, 'item')} {has} none of their own class among their 10 nearest neighbours."
    return finding(
        "lonely label", "note", f"{sentence} Their labels are wrong, or they are unusual for their class.", keys
    )


def outliers(keys: Sequence[str], n: int) -> Finding | None:
    """Items unlike all others."""
    if not keys:
        return None
    m = len(keys)
    sentence = f"{m:,} of {counted(n, 'item')} {'is' if m == 1 else 'are'} unlike all others"
    return finding(
        "outlier", "note", f"{sentence}; see whether {'it belongs' if m == 1 else 'they belong'} here.", keys
    )


def look_alikes(keys: Sequence[str], torn: int, n: int) -> Finding | None:
    """Items that features cannot tell from another one; `torn` of them have another label than that one."""
    if not keys:
        return None
    m = len(keys)
    sentence = (
        f"{m:,} of {counted(n, 'item')} {'is' if m == 1 else 'are'} so like another that both may be the same thing, "
        f"changed or put in other words."
    )
    if torn:
        sentence += f" {torn:,} of them {'has' if torn == 1 else 'have'} another label than the one they are like."
    return finding("look-alike", "note", sentence, keys)


def shortcut(dataset: Dataset, one: Shortcut) -> Finding:
    """A property that predicts nearly as well as the probe: a warning, and no verdict."""
    technical = one.name in TECHNICAL
    name = one.name[0].upper() + one.name[1:]
    if one.overall:
        sentence = (
            f"{name} alone tells the classes apart: {100 * one.measured.value:.1f} % {dataset.metric}, "
            f"where the linear probe reaches {100 * one.probe:.1f} % and guessing {100 * one.chance:.1f} %."
        )
    elif one.classes:
        told = [
            f"{dataset.classes[c]} ({100 * recall:.0f} % found, {100 * false:.0f} % false alarms)"
            for c, recall, false in zip(one.classes, one.recalls, one.false_alarms, strict=True)
        ]
        sentence = f"{name} alone tells {listed(told, most=3)} from the rest nearly as well as the linear probe does."
    else:
        side = listed([dataset.classes[c] for c in one.side], most=4)
        sentence = f"{name} alone tells {side} from the other classes nearly as well as the linear probe does."
    if technical:
        sentence += " A model may learn how the data was made and not what it shows; see how each class was collected."
    else:
        sentence += " That is fine if it is what the classes mean; if not, a model will learn it all the same."
    return finding("shortcut", "warning" if technical else "note", sentence)

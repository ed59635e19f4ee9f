"""What is wrong with labels and items, in sentences: each with its numbers and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.core.records import Dataset, Finding
from advisor.core.wording import capital, counted, listed, percent
from advisor.data.profile.findings import finding

if TYPE_CHECKING:
    from probes.labels import PlantedCheck
    from probes.shortcuts import Shortcut

#: Properties that come from how the data was made and hardly ever belong to the task.
TECHNICAL = frozenset(
    ["image size", "bytes per pixel", "the file format", "JPEG quality", "a plain border", "the camera",
     "a source in front of the text", "line breaks and markup"]
)  # fmt: skip
#: Share of suspect labels from which they are worth a warning.
MANY = 0.02
#: Of suspect labels, the share that must be wrong for a list that is worth a warning.
MOSTLY_WRONG = 0.5
#: Where the probe errs on more of the items, most suspect labels are hard items (docs/instruments.md).
UNSURE = 0.15


def suspect_labels(keys: Sequence[str], n: int, check: PlantedCheck | None, probe_error: float = 0.0) -> Finding | None:
    """How many labels look wrong, and how good such a list is at finding labels that were flipped on purpose.

    probe_error: the share of the items that the probe gets wrong. It says whether the labels listed are merely hard
    items where there is no check, and where most entries of the check's list were not flipped: labels that were wrong
    before count as its false alarms.
    """
    if not keys:
        return None
    m = len(keys)
    sentence = f"{m:,} of {counted(n, 'label')} look{'s' if m == 1 else ''} wrong."
    if check is None:
        sentence += " With so few items, the reliability of this list could not be checked."
        hard = probe_error > UNSURE
        if hard:
            sentence += (
                f" The probe errs on {percent(probe_error)} of the items; most suspect labels are then hard items, not "
                f"wrong ones."
            )
        return finding("suspect label", "note", sentence, keys).model_copy(update={"mostly_hard": hard})
    sentence += (
        f" In a test with {counted(check.n_planted, 'label')} flipped on purpose, the list caught "
        f"{percent(check.recall.value, 0)} of them"
    )
    if check.precision is None:
        return finding("suspect label", "note", f"{sentence}.", keys)
    right = check.precision.value
    low, high = (round(10 * end) for end in (check.precision.low, check.precision.high))
    ends = f" ({low} to {high})" if low < high else ""
    sentence += f", and about {round(10 * right)} in 10 of its entries were flipped{ends}."
    if right < MOSTLY_WRONG:
        hard = probe_error > UNSURE
        sentence += (
            " So most of these labels may be right, and the items merely hard. Start at the top."
            if hard
            else " The others may have been wrong before the test, so look at these from the top."
        )
        return finding("suspect label", "note", sentence, keys).model_copy(update={"mostly_hard": hard})
    many = m > MANY * n
    if not many:
        sentence += " Here fewer labels are wrong than in that test, so more of the list is merely hard."
    return finding("suspect label", "warning" if many else "note", sentence, keys)


def mostly_hard(findings: Sequence[Finding]) -> bool:
    """Whether the list of suspect labels holds more hard items than wrong labels."""
    return any(one.mostly_hard for one in findings)


def lonely_labels(keys: Sequence[str], n: int) -> Finding | None:
    """Items none of whose neighbours carries the label."""
    if not keys:
        return None
    m = len(keys)
    sentence = (
        f"{m:,} of {counted(n, 'item')} {'has' if m == 1 else 'have'} no item of the same class among the 10 nearest "
        f"neighbours: a wrong label, or an unusual item."
    )
    return finding("lonely label", "note", sentence, keys)


def outliers(keys: Sequence[str], n: int) -> Finding | None:
    """Items unlike all others."""
    if not keys:
        return None
    m = len(keys)
    are, they_belong = ("is", "it belongs") if m == 1 else ("are", "they belong")
    sentence = f"{m:,} of {counted(n, 'item')} {are} unlike all others. Check that {they_belong} here."
    return finding("outlier", "note", sentence, keys)


def look_alikes(keys: Sequence[str], torn: int, n: int) -> Finding | None:
    """Items that features cannot tell from another one; `torn` of them have another label than that one."""
    if not keys:
        return None
    m = len(keys)
    sentence = (
        f"{m:,} of {counted(n, 'item')} closely {'resembles' if m == 1 else 'resemble'} another item and may be "
        f"{'an edited or reworded copy' if m == 1 else 'edited or reworded copies'} of it"
    )
    if torn:
        whose = "it has" if m == 1 else f"{torn:,} of them {'has' if torn == 1 else 'have'}"
        sentence += f"; {whose} a different label from it"
    sentence += "."
    return finding("look-alike", "note", sentence, keys)


def shortcut(dataset: Dataset, one: Shortcut) -> Finding:
    """A property that predicts nearly as well as the probe: a warning, and no verdict."""
    technical = one.name in TECHNICAL
    name = capital(one.name)
    if one.overall:
        sentence = (
            f"{name} alone tells the classes apart: {percent(one.measured.value)} {dataset.metric}, "
            f"against {percent(one.probe)} for the linear probe and {percent(one.chance)} for guessing."
        )
    elif one.classes:
        classes = [
            f"{dataset.classes[c]} ({percent(recall, 0)} found, {percent(false, 0)} false alarms)"
            for c, recall, false in zip(one.classes, one.recalls, one.false_alarms, strict=True)
        ]
        sentence = (
            f"{name} alone tells {listed(classes, most=3)} from the rest nearly as well as the linear probe does."
        )
    else:
        side = listed([dataset.classes[c] for c in one.side], most=4)
        sentence = f"{name} alone tells {side} from the other classes nearly as well as the linear probe does."
    if technical:
        sentence += " A model may learn how the data was made, not what it shows. Check how each class was collected."
    else:
        sentence += " This is fine if the property defines the classes; if not, a model will learn it all the same."
    return finding("shortcut", "warning" if technical else "note", sentence)

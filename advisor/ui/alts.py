"""What a chart says, in a sentence, for those who cannot see it: the finding, not the kind of chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from advisor.core.records import Profile, RunReport
from advisor.core.wording import between, capital, count, counted, listed, percent, short

PARTS = {"train": "training", "val": "validation", "test": "test"}


def counts(profile: Profile) -> str:
    """How many items each part has, and the largest and the smallest class."""
    of_part: dict[str, int] = {}
    for parts in profile.counts.values():
        for part, n in parts.items():
            of_part[part] = of_part.get(part, 0) + n
    split = listed(f"{count(n)} for {PARTS.get(part, part)}" for part, n in of_part.items())
    sizes = {name: sum(parts.values()) for name, parts in profile.counts.items()}
    if len(sizes) < 2:
        return f"{counted(sum(sizes.values()), 'item')}: {split}."
    most, least = max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__)
    return (
        f"{counted(sum(sizes.values()), 'item')} in {counted(len(sizes), 'class', 'classes')}: {split}. The largest "
        f"class, {short(most)}, has {count(sizes[most])}; the smallest, {short(least)}, {count(sizes[least])}."
    )


def sizes(title: str, values: Sequence[float]) -> str:
    """Where the middle and the ends of some sizes are.

    >>> sizes("Words in a text", [2, 4, 9])
    'Words in a text: half are at most 4, from 2 to 9.'
    """
    if not values:
        return f"{title}: none."
    return f"{title}: half are at most {count(median(values))}, from {count(min(values))} to {count(max(values))}."


def image_sizes(profile: Profile) -> str:
    """Widths and heights of images."""
    width, height = profile.sizes.get("width_px", []), profile.sizes.get("height_px", [])
    return f"{sizes('Widths in pixels', width)} {sizes('Heights in pixels', height)}"


def versus(report: RunReport) -> str:
    """The test value beside the forecast."""
    measured = f"{capital(report.metric)} measured on the test part: {percent(report.test.value)}"
    if report.promised is None:
        return f"{measured}."
    promised = report.promised
    return f"{measured}; forecast: {percent(promised.value)} ({between(promised.low, promised.high)})."


def probabilities(shares: Mapping[str, float], most: int = 3) -> str:
    """The likeliest classes.

    >>> probabilities({"cat": 0.9, "dog": 0.1})
    'cat 90 % and dog 10 %.'
    """
    top = sorted(shares.items(), key=lambda item: -item[1])[:most]
    return f"{listed(f'{short(name)} {percent(share, 0)}' for name, share in top)}."


def race(laps: Sequence[Mapping[str, Any]]) -> str:
    """How many candidates ran and the best validation value."""
    names = {tuple(sorted((k, str(v)) for k, v in lap.items() if k in ("depth", "learning_rate"))) for lap in laps}
    best = max((lap["value"] for lap in laps), default=0.0)
    return f"{counted(len(names), 'candidate')} raced; the best reached {percent(best)} on the validation part."

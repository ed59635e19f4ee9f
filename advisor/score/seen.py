"""What a rule can read off a situation: the rungs' measured values, and those of the short runs."""

from __future__ import annotations

from advisor.advice.outlook.experience import CompletedTask
from advisor.core.ladder import RungName
from advisor.core.records import Situation


def measured(s: Situation) -> dict[RungName, float]:
    """The rungs that the probes measure themselves, as measured: prompting, retrieval and frozen."""
    if s.kind == "qa":
        return known({"prompting": s.closed_book, "rag": s.retrieved, "frozen": s.reader})
    return known(
        {
            "prompting": s.zero_shot if s.asked_prompting is None else s.asked_prompting,
            "rag": s.knn if s.asked_rag is None else s.asked_rag,
            "frozen": s.linear if s.joined is None else s.joined,
        }
    )


def short_runs(case: CompletedTask) -> dict[RungName, float]:
    """The same with short runs: fine-tuning on a few items, images from scratch likewise, and counted words.

    The short fine-tuning was scored on items of its own, so its gain over the frozen head there is added to the frozen
    value.
    """
    s = case.situation
    found = measured(s)
    frozen, gain = found.get("frozen"), case.short.get("tuned_gain")
    tuned = None if frozen is None or gain is None else frozen + gain
    fresh = s.tfidf if s.kind == "text" else case.short.get("fresh_value")
    return found | known({"fine-tune": tuned, "scratch": fresh})


def known(values: dict[RungName, float | None]) -> dict[RungName, float]:
    """Without what is None."""
    return {rung: value for rung, value in values.items() if value is not None}

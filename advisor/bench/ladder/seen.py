"""What a rule can read off a situation: the rungs' measured values, and those of the short runs."""

from __future__ import annotations

from advisor.ladder import RungName
from advisor.records import Situation


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


def short_runs(s: Situation) -> dict[RungName, float]:
    """The same with the short runs that the advice pays for: fine-tuning on a few items, from scratch, counted words.

    The short fine-tuning was scored on items of its own, so its gain over the frozen head there is added to the frozen
    value.
    """
    found = measured(s)
    frozen = found.get("frozen")
    tuned = None if frozen is None or s.pilot_gain is None else frozen + s.pilot_gain
    return found | known({"fine-tune": tuned, "scratch": s.tfidf if s.kind == "text" else s.fresh_value})


def known(values: dict[RungName, float | None]) -> dict[RungName, float]:
    """Without what is None."""
    return {rung: value for rung, value in values.items() if value is not None}
